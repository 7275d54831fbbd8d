"""Partitions judged by the tasks of a real flow run: what comes of them is what comes of them in one process."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.flows.conftest import TINY, Desk, on_cluster

VALIDATE = """
import json, sys
from pathlib import Path
from tasks.settings import Settings
Settings.from_environment().apply()
from prefect import flow
from schemas.spec.load import load_spec
from tasks.rows import open_data, quarantine_of
from tasks.steps.validate import validate
import polars as pl

@flow
def look(spec, rows):
    return validate(load_spec(spec, data=[rows], overrides=["validate.max_reject_share=1"]))

if __name__ == "__main__":
    data = look(*map(Path, sys.argv[1:]))
    found = [batch.to_dicts() for split in data.counts for batch in open_data(data).batches(split)]
    bad = pl.read_parquet(quarantine_of(data)).to_dicts()
    issues = [each.code for each in data.data_issues]
    print(json.dumps([sorted(data.reasons), data.digest, data.read, issues, found, bad]))
"""


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """Partitions: one of them says again what another has said, otherwise and with its ids, and not all is a row."""
    folder = tmp_path / "rows"
    folder.mkdir()
    lines = TINY.with_suffix(".jsonl").read_text().splitlines()
    for number in range(4):
        (folder / f"{number}.jsonl").write_text("\n".join([*lines[number::4], "broken", ""]))
    again = [
        json.loads(line) | {"labels": {"intent": "other"}, "id": str(at % 5)} for at, line in enumerate(lines[:20])
    ]
    (folder / "5.jsonl").write_text("".join(json.dumps(row) + "\n" for row in again))
    return folder


def validated(desk: Desk, rows: Path, runner: str) -> list[object]:
    program = desk.home / "look.py"
    program.write_text(VALIDATE)
    shutil.rmtree(desk.home / "cache", ignore_errors=True)
    shutil.rmtree(desk.home / "quarantine", ignore_errors=True)
    environment = desk.environment | {"TRUNKLINE_RUNNER": runner}
    command = [sys.executable, str(program), str(TINY), str(rows)]
    done = subprocess.run(command, cwd=desk.folder, env=environment, capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stderr
    if not runner.startswith("ray"):  # whose workers keep their logs
        assert ("judge" in done.stderr) == bool(runner), done.stderr  # Prefect's log names the tasks
    found: list[object] = json.loads(done.stdout.splitlines()[-1])
    return found


LONG = [pytest.mark.long, pytest.mark.timeout(900)]


@pytest.mark.parametrize("runner", ["threads", *(pytest.param(kind, marks=LONG) for kind in ("dask", "ray"))])
def test_partitions_judged_by_tasks_give_what_one_process_gives(desk: Desk, rows: Path, runner: str) -> None:
    if runner != "threads":
        pytest.importorskip(f"prefect_{runner}", reason=f"prefect-{runner} is not installed")
    alone = validated(desk, rows, "")
    assert alone[0] == ["conflicting_labels", "duplicate_id", "unparsable"]
    with on_cluster(desk, runner) as elsewhere:
        assert validated(elsewhere, rows, elsewhere.environment["TRUNKLINE_RUNNER"]) == alone


def test_a_runner_that_is_not_known_is_a_users_fault(desk: Desk) -> None:
    desk.environment["TRUNKLINE_RUNNER"] = "spark"
    done = desk.run("retrain", str(TINY))
    assert done.returncode == 2
    assert "TRUNKLINE_RUNNER is 'spark'; expected threads, dask, dask:ADDRESS, ray or ray:ADDRESS" in done.stderr
