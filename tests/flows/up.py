"""`trunkline up` in a process of its own, for tests that need a whole team's machine."""

from __future__ import annotations

import subprocess
import time
from contextlib import suppress
from pathlib import Path

import psutil
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import FlowRun, StateType

from tests.flows.conftest import COMMAND, ROOT, environment_for

PATIENCE_S = 600
"""A machine may have other things to do: a start that takes 30 s on idle cores took 250 s beside ten busy processes."""


def family(home: Path) -> list[psutil.Process]:
    """Return what runs for this home, whoever its parent is."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.status() != psutil.STATUS_ZOMBIE and process.environ().get("TRUNKLINE_HOME") == str(home):
                found.append(process)
    return found


def start(home: Path, log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as out:
        return subprocess.Popen(
            [*COMMAND, "up", "--mlflow-port", "0", "--prefect-port", "0"],
            cwd=ROOT, env=environment_for(home), stdout=out, stderr=out,
        )  # fmt: skip


def addresses(up: subprocess.Popen[bytes], log: Path) -> dict[str, str]:
    deadline = time.monotonic() + PATIENCE_S
    while "Ctrl-C stops all" not in log.read_text():
        assert up.poll() is None and time.monotonic() < deadline, log.read_text()
        time.sleep(0.5)
    return dict(line.split(maxsplit=1) for line in log.read_text().splitlines() if line.startswith(("MLflow", "Pref")))


def wait_for(client: SyncPrefectClient, run: FlowRun, *states: StateType) -> FlowRun:
    deadline = time.monotonic() + PATIENCE_S
    while (now := client.read_flow_run(run.id)).state_type not in states:
        assert time.monotonic() < deadline, now.state
        time.sleep(0.5)
    return now
