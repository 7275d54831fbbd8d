"""One Prefect server a session, and the command line run as people run it: in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.ray_cluster import ray_cluster

ROOT = Path(__file__).parents[2]
TINY = ROOT / "tests" / "tasks" / "tiny.yaml"
COMMAND = (sys.executable, "-c", "import sys; sys.argv[0] = 'trunkline'; from flows.cli.app import main; main()")


@dataclass(frozen=True)
class Desk:
    """A home and a server to run commands with."""

    home: Path
    environment: dict[str, str]
    spec: Path = TINY
    command: tuple[str, ...] = COMMAND
    folder: Path = ROOT
    """Where commands run."""

    def run(self, *arguments: str, timeout: float = 300) -> subprocess.CompletedProcess[str]:
        """Run `trunkline` to its end."""
        return subprocess.run(
            [*self.command, *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def moved_to(self, home: Path) -> Desk:
        """Return a desk whose home is a copy of this one's."""
        shutil.copytree(self.home, home)
        return Desk(home, self.environment | {"TRUNKLINE_HOME": str(home)}, self.spec)

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start `trunkline` and leave it alone."""
        return subprocess.Popen(
            [*self.command, *arguments],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


@contextmanager
def on_cluster(desk: Desk, runner: str) -> Iterator[Desk]:
    """Have a desk's tasks run elsewhere: Dask starts its own workers, a node of Ray's has been started by somebody."""
    if runner != "ray":
        yield replace(desk, environment=desk.environment | {"TRUNKLINE_RUNNER": runner})
        return
    with ray_cluster(desk.environment) as cluster:
        there = {"TRUNKLINE_RUNNER": f"ray:{cluster.address}"}
        yield replace(desk, environment=desk.environment | cluster.environment | there)


@dataclass(frozen=True)
class Server:
    """A Prefect server."""

    url: str
    environment: dict[str, str] = field(default_factory=dict)


def environment_for(home: Path, server: Server | None = None) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "MLFLOW_", "TRUNKLINE_"))}
    paths = [str(ROOT), str(ROOT / "deploy" / "edge" / "src")]
    environment = {**kept, "PYTHONPATH": os.pathsep.join(paths), "TRUNKLINE_HOME": str(home), "COLUMNS": "120"}
    environment["TRUNKLINE_SERVER_IDLE_S"] = "0"  # a test that wants a server to last says so
    return environment | ({"PREFECT_API_URL": server.url} if server else {})


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("server")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    quiet = {"PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1", "PREFECT_HOME": str(home)}
    command = [
        sys.executable,
        "-m",
        "prefect",
        "server",
        "start",
        "--no-ui",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    with (home / "log").open("wb") as log:
        child = subprocess.Popen(command, env=environment_for(home) | quiet, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}/api"
    try:
        _wait(f"{url}/health", child)
        yield Server(url, quiet | {"PREFECT_API_URL": url})
    finally:
        child.terminate()
        child.wait(timeout=30)


def _wait(url: str, child: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 400  # a machine may have other things to do
    while time.monotonic() < deadline:
        assert child.poll() is None, "the Prefect server has ended"
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise AssertionError("the Prefect server did not start")


@pytest.fixture
def desk(tmp_path: Path, server: Server) -> Desk:
    """A fresh home on the session's server."""
    return Desk(tmp_path, environment_for(tmp_path, server))


@pytest.fixture
def bare(tmp_path: Path) -> Desk:
    """A fresh home without any server, for commands that need none."""
    return Desk(tmp_path, environment_for(tmp_path))


@pytest.fixture(scope="session")
def retrained(tmp_path_factory: pytest.TempPathFactory, server: Server) -> Desk:
    """A home in which `trunkline retrain` has run once."""
    home = tmp_path_factory.mktemp("retrained")
    desk = Desk(home, environment_for(home, server))
    done = desk.run("retrain", str(TINY))
    assert done.returncode == 0, done.stderr
    return desk


@pytest.fixture
def heard_by_people() -> Iterator[tuple[str, list[str]]]:
    """A receiver of messages on loopback."""
    messages: list[str] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            messages.append(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["text"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/hook", messages
        server.shutdown()
