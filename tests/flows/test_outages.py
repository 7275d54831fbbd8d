"""What a training needs goes away in its middle and comes back: no epoch is lost, and none is there twice."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from flows.cli.servers import free_port
from tests.flows.conftest import Desk

EPOCHS = 60
LONG = ("--set", f"train.epochs={EPOCHS}", "--set", f"train.patience={EPOCHS}")
PATIENCE_S = 400
GONE_S = 30

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1_200)]


def until(holds: Callable[[], bool], child: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert child.poll() is None and time.monotonic() < deadline
        time.sleep(0.1)


def epochs(database: Path) -> list[int]:
    """Return the epochs whose score MLflow has, as they came."""
    if not database.exists():
        return []
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=30)) as store:
        try:
            return [step for (step,) in store.execute("select step from metrics where key = 'valid.score'")]
        except sqlite3.OperationalError:  # its tables are being made
            return []


@contextmanager
def locked(database: Path) -> Iterator[int]:
    """Keep others from reading and writing a database; yields how many epochs it had by then."""
    with closing(sqlite3.connect(database, timeout=30, isolation_level=None)) as store:
        store.execute("begin exclusive")
        (found,) = store.execute("select count(*) from metrics where key = 'valid.score'").fetchone()
        yield found
        store.execute("rollback")


def statuses(database: Path) -> list[str]:
    with closing(sqlite3.connect(database)) as store:
        return [status for (status,) in store.execute("select status from runs")]


@contextmanager
def mlflow(folder: Path, port: int) -> Iterator[Callable[[], None]]:
    """Run MLflow's server; yields what kills it with all its processes."""
    command = [sys.executable, "-m", "mlflow", "server", "--port", str(port), "--workers", "1",
               "--backend-store-uri", f"sqlite:///{folder / 'store.db'}",
               "--artifacts-destination", str(folder / "files")]  # fmt: skip
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    with (folder / "log").open("ab") as log:
        server = subprocess.Popen(command, env={**os.environ, **quiet}, cwd=folder, stdout=log, stderr=log,
                                  start_new_session=True)  # fmt: skip

    def kill() -> None:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()

    try:
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5).close()
                break
            except OSError:
                assert server.poll() is None and time.monotonic() < deadline, (folder / "log").read_text()[-2000:]
                time.sleep(0.3)
        yield kill
    finally:
        if server.poll() is None:
            kill()


def test_mlflow_may_be_gone_for_half_a_minute_in_the_middle_of_a_training(desk: Desk, tmp_path: Path) -> None:
    folder, port = tmp_path / "mlflow", free_port()
    folder.mkdir()
    desk = replace(desk, environment=desk.environment | {"MLFLOW_TRACKING_URI": f"http://127.0.0.1:{port}"})
    with mlflow(folder, port) as kill:
        child = desk.start("retrain", str(desk.spec), *LONG)
        until(lambda: len(epochs(folder / "store.db")) >= 3, child)
        kill()
        before = len(epochs(folder / "store.db"))
        time.sleep(GONE_S)
        assert before < EPOCHS and child.poll() is None, "it waits"
    with mlflow(folder, port):
        assert child.wait(PATIENCE_S) == 0
    assert sorted(epochs(folder / "store.db")) == list(range(1, EPOCHS + 1))
    assert statuses(folder / "store.db") == ["FINISHED"]


def test_a_locked_database_is_waited_for(desk: Desk) -> None:
    database = desk.home / "mlflow.db"
    child = desk.start("retrain", str(desk.spec), *LONG)
    until(lambda: len(epochs(database)) >= 3, child)
    with locked(database) as before:
        time.sleep(10)
        assert before < EPOCHS and child.poll() is None
    assert child.wait(PATIENCE_S) == 0
    assert sorted(epochs(database)) == list(range(1, EPOCHS + 1))
    assert statuses(database) == ["FINISHED"]


@pytest.mark.long
@pytest.mark.skipif(shutil.which("faketime") is None, reason="no faketime; `make system` installs it")
def test_a_clock_that_stepped_back_a_day_changes_dates_and_nothing_else(desk: Desk) -> None:
    first = desk.run("retrain", str(desk.spec))
    assert first.returncode == 0, first.stderr
    yesterday = replace(desk, command=("faketime", "-f", "-1d", *desk.command))
    done = yesterday.run("retrain", str(desk.spec), "--set", "export.opset=21", "--json", timeout=PATIENCE_S)
    assert done.returncode == 0, done.stderr
    version = json.loads(done.stdout)["registered"]["version"]
    again = desk.run("retrain", str(desk.spec), "--set", "export.opset=21")
    assert again.returncode == 0 and "champion already" in again.stdout, again.stdout + again.stderr
    log = [json.loads(line) for line in (desk.home / "promotions.jsonl").read_text().splitlines()]
    assert [line["version"] for line in log] == [1, version]
    assert log[1]["when"] < log[0]["when"] and log[1]["replaced"] == log[0]["bundle_id"]
    assert set(statuses(desk.home / "mlflow.db")) == {"FINISHED"}


@pytest.mark.long
def test_one_that_stays_locked_ends_the_retrain_in_a_sentence_and_the_next_goes_on(desk: Desk) -> None:
    database = desk.home / "mlflow.db"
    command = [*desk.command, "retrain", str(desk.spec), *LONG]
    child = subprocess.Popen(command, cwd=desk.folder, env=desk.environment, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True)  # fmt: skip
    until(lambda: len(epochs(database)) >= 3, child)
    with locked(database):
        _, said = child.communicate(timeout=PATIENCE_S)
    assert child.returncode == 1
    assert "locked" in said and "Traceback" not in said
    done = desk.run("retrain", str(desk.spec), *LONG)
    assert done.returncode == 0, done.stderr
    assert sorted(epochs(database)) == list(range(1, EPOCHS + 1))
    assert statuses(database) == ["FINISHED"]
