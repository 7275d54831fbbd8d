"""Every sentence that the commands say, as it was last read by a person."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from getpass import getuser
from pathlib import Path
from socket import gethostname

import pytest

from tests.snapshots import check, normalised

COMMANDS = (
    "plan",
    "validate",
    "retrain",
    "sweep",
    "compare",
    "parse",
    "explain",
    "score",
    "history",
    "promote",
    "rollback",
    "doctor",
)


def printed(desk, *arguments: str) -> str:
    done = desk.run(*arguments)
    assert done.returncode == 0, done.stderr
    return normalised(done.stdout, home=desk.home).replace(f"{getuser()}@{gethostname()}", "USER@HOST")


def test_help(bare) -> None:
    check("help", printed(bare, "--help"))


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command(bare, command: str) -> None:
    check(f"help_{command}", printed(bare, command, "--help"))


def test_a_plan_of_a_fresh_home(bare) -> None:
    check("plan", printed(bare, "plan", str(bare.spec)))


def test_a_plan_after_a_retrain(retrained) -> None:
    check("plan_again", printed(retrained, "plan", str(retrained.spec), "--set", "train.epochs=9"))


def test_validation(bare) -> None:
    rows = bare.home / "rows.jsonl"
    good = (bare.spec.with_suffix(".jsonl")).read_text()
    bad = (
        '{"text": ""}',
        '{"text": "turn on", "split": "tests"}',
        '{"text": "turn on", "labels": {"intent": 3}}',
        '{"text": "turn on", "labels": {"slots": [{"start": 5, "end": 99, "label": "name"}]}}',
    )
    rows.write_text(good + "\n".join(bad) + "\n")
    wide = replace(bare, environment=bare.environment | {"COLUMNS": "400"})  # paths differ in length, and so do lines
    check("validate", printed(wide, "validate", str(bare.spec), "--data", str(rows)))


def test_the_end_of_a_retrain(retrained) -> None:
    check("retrain_again", printed(retrained, "retrain", str(retrained.spec)))


def test_history(retrained) -> None:
    check("history", printed(retrained, "history"))


def test_doctor(bare) -> None:
    lines = printed(bare, "doctor").splitlines()
    # What one machine has: not the wording. Each keeps its first words.
    varying = re.compile(r"^ ?(?:ok|note|bad) (port \d+|gpu|disk|onnxruntime|home) .*$")
    kept = [varying.sub(r"STATE \1 FOUND", line) for line in lines]
    check("doctor", "\n".join(kept) + "\n")


def test_the_readme_shows_what_validate_prints_today(bare) -> None:
    readme = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
    command, _, shown = readme.split("$ trunkline ")[1].split("```")[0].partition("\n")
    narrow = replace(bare, environment=bare.environment | {"COLUMNS": "100"})
    assert normalised(shown, home=Path(".trunkline")) == printed(narrow, *command.split())
    told = json.loads(bare.run("validate", *command.split()[1:], "--json").stdout)
    assert f" digest       {told['digest'][:16]}\n" in shown
