"""`trunkline clean` on a home with a champion, one before, a challenger, and what nobody needs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest


def files(home: Path) -> set[str]:
    places = ("cache", "repository/store", "repository/bundles")
    return {str(path.relative_to(home)) for place in places for path in (home / place).rglob("*") if path.is_file()}


def steps(home: Path) -> dict[str, int]:
    return {folder.name: len(list(folder.iterdir())) for folder in (home / "cache").iterdir()}


@pytest.fixture
def worn(retrained, tmp_path: Path):
    """A home after two promotions, with an old step and a bundle that no channel names."""
    desk = retrained.moved_to(tmp_path / "home")
    assert desk.run("retrain", str(desk.spec), "--set", "export.golden=21").returncode == 0
    (desk.home / "cache" / "train" / "0123456789abcdef").mkdir()
    (desk.home / "cache" / "train" / "0123456789abcdef" / "net").write_bytes(b"x" * 2_000_000)
    (desk.home / "repository" / "store" / ("0" * 64)).write_bytes(b"of no bundle")
    return desk


def test_what_champion_and_the_one_before_need_stays_and_all_else_goes(worn) -> None:
    before = files(worn.home)
    told = json.loads(worn.run("clean", "--keep", "0", "--dry-run", "--json").stdout)
    assert told["dry_run"] and [(each["what"], each["count"]) for each in told["removed"]] == [
        ("finished or begun steps", 1),
        ("files of bundles", 1),
        ("MLflow runs that failed", 0),
    ]
    assert files(worn.home) == before

    done = json.loads(worn.run("clean", "--keep", "0", "--json").stdout)
    assert done["removed"] == told["removed"]
    assert before - files(worn.home) == {"cache/train/0123456789abcdef/net", f"repository/store/{'0' * 64}"}
    planned = json.loads(worn.run("plan", str(worn.spec), "--json").stdout)
    assert [step["runs"] for step in planned["steps"]] == [False] * 5
    assert worn.run("parse", "turn on the lamp").returncode == 0
    back = worn.run("rollback", "--why", "the one before is whole")
    assert back.returncode == 0, back.stderr


def test_nothing_goes_while_another_command_works_here(worn) -> None:
    code = (
        "from tasks.settings import Settings\nfrom tasks.cache.in_use import use_home\n"
        "use_home(Settings.from_environment()); print('here', flush=True); input()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code], env=worn.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout is not None and other.stdout.readline() == "here\n"
    before = files(worn.home)
    refused = worn.run("clean")
    other.kill()
    other.communicate()
    assert refused.returncode == 2
    assert refused.stderr == f"trunkline: a command works in {worn.home}; try again when it has ended\n"
    assert files(worn.home) == before
    assert worn.run("clean", "--keep", "1").returncode == 0, "a killed command keeps nobody out"
