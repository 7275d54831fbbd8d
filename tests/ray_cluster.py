"""A Ray cluster of one node, as people start one: `ray start`, with a token of its own."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

ROOT = Path(__file__).parents[1]
CORES = 4
"""That it believes to have: two workers and what looks after them, on however few."""
START_S = 300


@dataclass(frozen=True)
class RayCluster:
    """Where it answers, what its members must know, and its first process."""

    address: str
    environment: dict[str, str]
    process: psutil.Process

    def workers(self, of: str) -> list[psutil.Process]:
        """Return the processes that do some work, by a part of the name that Ray gives them."""
        found = []
        for child in self.process.children(recursive=True):
            if child.status() != psutil.STATUS_ZOMBIE and any(of in part for part in child.cmdline()):
                found.append(child)
        return sorted(found, key=lambda child: child.create_time())


@contextmanager
def ray_cluster(beside: Mapping[str, str] = os.environ) -> Iterator[RayCluster]:
    """Start a cluster in the checkout, where its workers run then, and end it with all that runs in it.

    The agents' ports are named: to find out ports that they choose themselves, the node waits 15 seconds and then dies
    (ray issue 65983), and on a busy machine they take longer than that to start.
    """
    gcs, *agents = _free_ports(4)
    environment = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32), "RAY_worker_niceness": "0"}
    named = zip(("dashboard-agent-grpc", "dashboard-agent-listen", "runtime-env-agent"), agents, strict=True)
    with TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as folder:
        log = Path(folder) / "log"
        command = (
            *(sys.executable, "-m", "ray.scripts.scripts", "start", "--head", "--block", "--disable-usage-stats"),
            *("--node-ip-address", "127.0.0.1", "--include-dashboard", "false", "--temp-dir", folder),
            *("--num-cpus", str(CORES), "--object-store-memory", "100000000", "--port", str(gcs)),
            *(f"--{name}-port={port}" for name, port in named),
        )
        with log.open("wb") as out:
            process = subprocess.Popen(command, env={**beside, **environment}, stdout=out, stderr=out, cwd=ROOT)
        try:
            deadline = time.monotonic() + START_S
            while "Ray runtime started" not in log.read_text():
                assert process.poll() is None and time.monotonic() < deadline, log.read_text()
                time.sleep(0.2)
            address = next(line for line in log.read_text().split("'") if line.endswith(f":{gcs}"))
            yield RayCluster(address, environment, psutil.Process(process.pid))
        finally:
            members = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
            process.send_signal(signal.SIGTERM)
            for member in members:
                with suppress(psutil.NoSuchProcess):
                    member.kill()
            process.wait(60)


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()
