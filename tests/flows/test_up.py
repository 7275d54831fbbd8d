"""`trunkline up`, for real: servers, a worker, a retrain through it, a run cut off, and nothing left behind."""

from __future__ import annotations

import json
import signal
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import StateType

from tests.flows.conftest import TINY
from tests.flows.up import PATIENCE_S, addresses, family, start, wait_for


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture(autouse=True)
def nothing_left(home: Path) -> Iterator[None]:
    """Whatever a failed test leaves is killed."""
    yield
    for process in family(home):
        process.kill()


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_a_team_of_one_machine(home: Path, tmp_path: Path) -> None:
    log = tmp_path / "up.log"
    up = start(home, log)
    found = addresses(up, log)
    with urllib.request.urlopen(found["MLflow"], timeout=30) as page:
        assert page.status == 200
    with SyncPrefectClient(f"{found['Prefect']}/api") as client:
        retrain = client.read_deployment_by_name("retrain/retrain")
        run = client.create_flow_run_from_deployment(retrain.id, parameters={"spec_path": str(TINY)})
        done = wait_for(client, run, StateType.COMPLETED, StateType.FAILED)
        assert done.state_type == StateType.COMPLETED, done.state
        assert (home / "repository" / "channels" / "tiny" / "local.json").exists()
        cut = client.create_flow_run_from_deployment(
            retrain.id, parameters={"spec_path": str(TINY), "overrides": ["train.epochs=5000"]}
        )
        wait_for(client, cut, StateType.RUNNING)
        time.sleep(5)
    up.send_signal(signal.SIGINT)
    assert up.wait(timeout=120) == 0
    assert family(home) == []

    up = start(home, log)
    found = addresses(up, log)
    with SyncPrefectClient(f"{found['Prefect']}/api") as client:
        assert "The server" not in log.read_text()  # nothing to change: its lines are the addresses
        deadline = time.monotonic() + PATIENCE_S
        while (again := client.read_flow_run(cut.id)).run_count < 2:
            assert time.monotonic() < deadline, f"a run cut off goes on: {again.state}"
            time.sleep(0.5)
    up.send_signal(signal.SIGTERM)
    assert up.wait(timeout=120) == 0
    assert family(home) == []
    assert json.loads((home / "repository" / "channels" / "tiny" / "local.json").read_text())["bundle_id"]
