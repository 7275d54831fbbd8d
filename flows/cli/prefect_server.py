"""A Prefect server of this home: the one that runs, or one of our own for as long as we need it.

Prefect would start a temporary server by itself, but that one prints to the terminal and outlives a killed parent
unseen. Ours logs to a file and is written down, so that the next command uses it and then stops it.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

from schemas.errors import UserError
from tasks.processes import is_dead, this_process
from tasks.settings import Settings
from trunkline_edge.bundle.store import write_atomic

START_TIMEOUT_S = 180
"""The first start makes the database: 22 s on two idle cores."""


def use_prefect_server(settings: Settings, *, port: int | None = None, ui: bool = False) -> str:
    """Return the API address of a server, and set it in the environment for Prefect to find.

    The user's own `PREFECT_API_URL` wins. Call before Prefect is imported. A server of ours is stopped at the very end
    of this process, after Prefect's threads have sent their last records to it (they do so before `atexit` has its
    turn).
    """
    own = os.environ.get("PREFECT_API_URL")
    if own:
        return own
    note = settings.prefect_home / "server.json"
    url, pid = _running(note) or _start(settings, note, port or free_port(), ui)
    os.environ["PREFECT_API_URL"] = url
    if pid is not None:
        atexit.register(_dismiss, note, pid)
    return url


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def is_free(port: int) -> bool:
    """Can we listen on this port?"""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def wait_until_up(url: str, child: subprocess.Popen[bytes], log: Path) -> None:
    """Return when `url` answers; raises `UserError` when the server has ended instead."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while not answers(url):
        if child.poll() is not None or time.monotonic() > deadline:
            stop(child.pid)
            raise UserError(f"the server at {url} did not start; its log {log} says why")
        time.sleep(0.1)


def answers(url: str) -> bool:
    """Does a server answer there?"""
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def stop(pid: int) -> None:
    """End a server that we started."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    with suppress(ChildProcessError):  # adopted, so not our child
        os.waitpid(pid, 0)


def _dismiss(note: Path, pid: int) -> None:
    note.unlink(missing_ok=True)
    stop(pid)


def _running(note: Path) -> tuple[str, int | None] | None:
    """Return the server that is written down, and its process when its starter has died: then it is ours to stop."""
    try:
        value = json.loads(note.read_bytes())
        url, server, owner = value["url"], value["server"], value["owner"]
    except (OSError, ValueError, KeyError):
        return None
    if is_dead(server) or not answers(f"{url}/health"):
        return None
    if not is_dead(owner):
        return url, None
    write_atomic(note, json.dumps({**value, "owner": this_process()}).encode())
    return url, int(server.rsplit("/", 2)[1])


def _start(settings: Settings, note: Path, port: int, ui: bool) -> tuple[str, int]:
    settings.logs.mkdir(parents=True, exist_ok=True)
    log = settings.logs / "prefect-server.log"
    url = f"http://127.0.0.1:{port}/api"
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    environment = {**os.environ, "PREFECT_UI_API_URL": url}
    with log.open("ab") as file:
        child = subprocess.Popen(
            [*command, "--ui" if ui else "--no-ui"],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            env=environment,
            start_new_session=True,  # Ctrl-C is for us; we stop the server when we are done with it
        )
    write_atomic(note, json.dumps({"url": url, "server": this_process(child.pid), "owner": this_process()}).encode())
    wait_until_up(f"{url}/health", child, log)
    return url, child.pid
