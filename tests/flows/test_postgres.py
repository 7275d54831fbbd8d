"""Several machines, played on one: PostgreSQL behind Prefect and MLflow, two workers, and one of them dies.

The commands are those of docs/operations.md.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
import yaml
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import DeploymentUpdate
from prefect.client.schemas.objects import FlowRun, StateType

from flows.cli.servers import free_port
from tasks.processes import pid_of
from tests.flows.conftest import ROOT, TINY, environment_for

BINARIES = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)
RUNS = 10
SEEDS = range(1, RUNS + 1)
HEARTBEAT_S = 30
"""The least that Prefect takes."""
PATIENCE_S = 900

LOOK = """
import json
from tasks.tracking import runs as tracking
client = tracking.connect()
runs = client.search_runs([tracking.experiment_of("tiny")], max_results=100)
print(json.dumps({
    "seeds": sorted(int(run.data.params["train.seed"]) for run in runs), "status": [run.info.status for run in runs],
    "epochs": [[p.step for p in client.get_metric_history(run.info.run_id, "valid.score")] for run in runs],
    "versions": len(client.search_model_versions("name = 'tiny'")),
}))
"""


@dataclass(frozen=True)
class Team:
    """Servers that run, and the environment of whoever uses them."""

    home: Path
    environment: dict[str, str]
    logs: Path

    def start(self, name: str, *command: str, **more: str) -> subprocess.Popen[bytes]:
        with (self.logs / name).open("wb") as log:
            return subprocess.Popen(command, cwd=self.home, env=self.environment | more, stdout=log, stderr=log)


def ended(process: subprocess.Popen[bytes], number: int = signal.SIGTERM) -> None:
    """End a process and all below it: a worker's runs live in sessions of their own."""
    family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    for each in family:
        if each.is_running():
            each.send_signal(number)
    _, left = psutil.wait_procs(family, timeout=60)
    for each in left:
        each.kill()
    process.wait(timeout=60)


@contextmanager
def running(process: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    try:
        yield process
    finally:
        if process.poll() is None:
            ended(process)


def until(holds: Callable[[], bool], seconds: float, log: Path) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, log.read_text()[-3000:]
        time.sleep(0.5)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return bool(response.status == 200)
    except OSError:
        return False


@contextmanager
def postgres() -> Iterator[str]:
    """A PostgreSQL of our own on loopback; yields user, password and place of its address."""
    assert BINARIES is not None
    # It refuses root, and pytest's folders are root's alone.
    user = "postgres" if os.geteuid() == 0 else None
    folder, port, password = Path(tempfile.mkdtemp(prefix="trunkline-postgres-")), free_port(), secrets.token_hex(16)
    secret = folder / "password"
    secret.write_text(password)
    if user:
        for path in (folder, secret):
            shutil.chown(path, user, user)
    try:
        subprocess.run(
            [BINARIES / "initdb", "-D", folder / "data", "-U", "trunkline", "--auth=scram-sha-256",
             f"--pwfile={secret}", "--encoding=UTF8", "--locale=C.UTF-8"],
            cwd=folder, user=user, group=user, extra_groups=[] if user else None, check=True, capture_output=True,
        )  # fmt: skip
        settings = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": folder, "fsync": "off"}
        command = [BINARIES / "postgres", "-D", folder / "data",
                   *(part for name, value in settings.items() for part in ("-c", f"{name}={value}"))]  # fmt: skip
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(command, cwd=folder, user=user, group=user,
                                      extra_groups=[] if user else None, stdout=log, stderr=log)  # fmt: skip
        try:
            until(lambda: _has_databases(port, password), 60, folder / "log")
            yield f"trunkline:{password}@127.0.0.1:{port}"
        finally:
            server.send_signal(signal.SIGINT)  # its fast shutdown
            server.wait(timeout=60)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _has_databases(port: int, password: str) -> bool:
    import psycopg2

    try:
        connection = psycopg2.connect(
            host="127.0.0.1", port=port, user="trunkline", password=password, dbname="postgres"
        )
    except psycopg2.OperationalError:
        return False
    connection.autocommit = True
    with connection.cursor() as cursor:
        for name in ("prefect", "mlflow"):
            cursor.execute(f"CREATE DATABASE {name}")
    connection.close()
    return True


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    pytest.importorskip("psycopg2", reason="no psycopg2")
    pytest.importorskip("asyncpg", reason="no asyncpg")
    home, logs, files = (tmp_path / name for name in ("home", "logs", "files"))
    for folder in (home, logs, files):
        folder.mkdir()
    prefect, mlflow = free_port(), free_port()
    with ExitStack() as stack:
        place = stack.enter_context(postgres())
        environment = environment_for(home) | {
            "PREFECT_API_URL": f"http://127.0.0.1:{prefect}/api",
            "MLFLOW_TRACKING_URI": f"http://127.0.0.1:{mlflow}",
            "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": str(HEARTBEAT_S),
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1", "MLFLOW_DISABLE_TELEMETRY": "true",
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",  # its queues are processes that nobody needs here
            "PREFECT_HOME": str(tmp_path / "prefect"), "OMP_NUM_THREADS": "1",
        }  # fmt: skip
        team = Team(home, environment, logs)
        stack.enter_context(running(team.start(
            "prefect", sys.executable, "-m", "prefect", "server", "start", "--no-ui", "--port", str(prefect),
            PREFECT_SERVER_DATABASE_CONNECTION_URL=f"postgresql+asyncpg://{place}/prefect")))  # fmt: skip
        stack.enter_context(running(team.start(
            "mlflow", sys.executable, "-m", "mlflow", "server", "--artifacts-destination", str(files),
            "--port", str(mlflow), "--workers", "1",
            MLFLOW_BACKEND_STORE_URI=f"postgresql+psycopg2://{place}/mlflow")))  # fmt: skip
        until(lambda: answers(f"http://127.0.0.1:{prefect}/api/health"), 400, logs / "prefect")
        until(lambda: answers(f"http://127.0.0.1:{mlflow}/health"), 400, logs / "mlflow")
        yield team


def deploy(team: Team) -> None:
    """Make the server equal to a page like ours for two machines: two trainings at once."""
    done = subprocess.run([sys.executable, "-c", "from flows.cli.app import main; main()", "sync"], cwd=ROOT,
                          env=team.environment, capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    page = yaml.safe_load((ROOT / "prefect.yaml").read_text())
    (retrain,) = [entry for entry in page["deployments"] if entry["name"] == "retrain"]
    with SyncPrefectClient(team.environment["PREFECT_API_URL"]) as client:
        queue = client.read_work_queue_by_name(retrain["work_pool"]["work_queue_name"], retrain["work_pool"]["name"])
        client.update_work_queue(queue.id, concurrency_limit=2)
        deployment = client.read_deployment_by_name("retrain/retrain")
        client.update_deployment(deployment.id, DeploymentUpdate(concurrency_limit=2))


@pytest.mark.long
@pytest.mark.timeout(1_800)
@pytest.mark.skipif(BINARIES is None, reason="no PostgreSQL; `make system` installs it")
def test_ten_queued_runs_two_workers_one_of_which_dies_and_nothing_is_lost_or_done_twice(team: Team) -> None:
    begun = time.monotonic()
    deploy(team)
    worker = [sys.executable, "-m", "prefect", "worker", "start", "--pool", "trunkline", "--limit", "1"]
    with SyncPrefectClient(team.environment["PREFECT_API_URL"]) as client:
        deployment = client.read_deployment_by_name("retrain/retrain")
        runs = [
            client.create_flow_run_from_deployment(
                deployment.id, parameters={"spec_path": str(TINY), "overrides": [f"train.seed={seed}"]}
            )
            for seed in SEEDS
        ]

        def now() -> list[FlowRun]:
            return [client.read_flow_run(run.id) for run in runs]

        def states(*wanted: StateType) -> list[FlowRun]:
            return [run for run in now() if run.state_type in wanted]

        with running(team.start("worker-1", *worker, "--name", "one")), ExitStack() as stack:
            doomed = stack.enter_context(running(team.start("worker-2", *worker, "--name", "two")))
            until(lambda: _has_its_turn(doomed, team.home), PATIENCE_S, team.logs / "worker-2")
            lost = _of(doomed, states(StateType.RUNNING))
            ended(doomed, signal.SIGKILL)  # as if its machine had lost power: with all that it had started
            killed = time.monotonic()
            until(
                lambda: all(client.read_flow_run(run.id).run_count > 1 for run in lost),
                PATIENCE_S,
                team.logs / "prefect",
            )
            resumed = time.monotonic()
            until(lambda: len(states(StateType.COMPLETED)) == RUNS, PATIENCE_S, team.logs / "worker-1")
        after = {run.id: run for run in now()}
        assert {run.id for run in lost} == {run.id for run in after.values() if run.run_count > 1}
        assert all(run.run_count == 2 for run in after.values() if run.id in {each.id for each in lost})
        for run in lost:
            told = [state.name for state in client.read_flow_run_states(run.id)]
            assert told.count("Crashed") == 1 and told[-1] == "Completed", told
    look = subprocess.run([sys.executable, "-c", LOOK], cwd=ROOT, env=team.environment, capture_output=True, text=True,
                          check=True)  # fmt: skip
    found = json.loads(look.stdout.splitlines()[-1])
    assert found["seeds"] == list(SEEDS) and set(found["status"]) == {"FINISHED"}
    assert all(epochs == list(range(1, len(epochs) + 1)) for epochs in found["epochs"]), "an epoch is there twice"
    assert found["versions"] == RUNS
    champions = [json.loads(line)["version"] for line in (team.home / "promotions.jsonl").read_text().splitlines()]
    assert len(champions) == len(set(champions)) >= 1
    print(f"{time.monotonic() - begun:.0f} s; killed to resumed {resumed - killed:.0f} s; promoted {champions}")


def _has_its_turn(worker: subprocess.Popen[bytes], home: Path) -> bool:
    """Is the retrain that works, while others of the product wait, one of this worker's?"""
    try:
        holder = json.loads((home / "locks" / "retrain-tiny.json").read_bytes())["process"]
    except FileNotFoundError:
        return False
    return pid_of(holder) in {child.pid for child in psutil.Process(worker.pid).children(recursive=True)}


def _of(worker: subprocess.Popen[bytes], runs: list[FlowRun]) -> list[FlowRun]:
    """Return those of the runs whose process a worker has started."""
    children = {child.pid for child in psutil.Process(worker.pid).children(recursive=True)}
    return [run for run in runs if (run.infrastructure_pid or "").isdigit() and int(run.infrastructure_pid) in children]
