"""Servers on this machine that commands share: the first to need one starts it, the last to leave stops it.

Who uses a server stands beside it in a note, by process and not by name, and is read and written under a lock. A user
that was killed is no user any more: the next command takes the server that it left, and stops it at its own end.
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
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import psutil
from filelock import FileLock

from schemas.errors import UserError
from tasks.processes import is_alive_here, pid_of, this_process
from trunkline_edge.bundle.files import write_atomic

START_TIMEOUT_S = 180
"""The first start makes the database: 22 s on two idle cores."""
STOP_TIMEOUT_S = 30
WHEN_NOTED = (
    "import runpy, sys; module = sys.argv.pop(1); "
    "sys.stdin.buffer.read(1) and runpy.run_module(module, run_name='__main__', alter_sys=True)"
)
"""A server begins when it is told that its process is written down. Its starter may be killed before: then it reads
the end of the file and ends, instead of running where nobody knows of it."""


@dataclass(frozen=True)
class Start:
    """How to start a server."""

    module: str
    arguments: tuple[str, ...]
    url: str
    health: str
    """What answers with 200 once it is up."""
    log: Path
    environment: Mapping[str, str]
    folder: Path
    """Its working directory: not the user's, where a stray `numpy.py` would be imported."""


@dataclass(frozen=True)
class Server:
    """A server that was started, as its note tells."""

    url: str
    health: str
    process: str
    users: tuple[str, ...]


def share(note: Path, start: Start) -> str:
    """Return the address of the server of `note`, started if none runs; this process uses it until its end.

    Raises `UserError` when it does not start.
    """
    note.parent.mkdir(parents=True, exist_ok=True)
    # Before the start, which Ctrl-C may end. Whoever leaves without having come changes nothing.
    atexit.register(_leave_at_exit, note)
    with _lock(note):
        server = _running(note) or _started(note, start)
        _write(note, replace(server, users=(*_living(server), this_process())))
    return server.url


def leave(note: Path) -> bool:
    """Use the server of `note` no longer, and stop it if nobody else does; returns whether it was stopped."""
    with _lock(note):
        server = noted(note)
        if server is None:
            return False
        others = tuple(user for user in _living(server) if user != this_process())
        if others:
            _write(note, replace(server, users=others))
            return False
        _stop(server.process)
        note.unlink(missing_ok=True)
        return True


def _leave_at_exit(note: Path) -> None:
    """Leave, as far as a machine without room or memory lets us: what stays, the next command takes and stops."""
    try:
        leave(note)
    except (OSError, MemoryError) as error:
        print(f"trunkline: a server may be left running ({error}); the next command stops it", file=sys.stderr)


def noted(note: Path) -> Server | None:
    """Return the server that is written down, whether it runs or not."""
    try:
        value = json.loads(note.read_bytes())
        return Server(value["url"], value["health"], value["process"], tuple(value["users"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def is_left_behind(server: Server) -> bool:
    """Does it run for nobody?"""
    return is_alive_here(server.process) and not _living(server)


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


def _lock(note: Path) -> FileLock:
    return FileLock(note.with_suffix(".lock"))


def _living(server: Server) -> tuple[str, ...]:
    return tuple(user for user in server.users if is_alive_here(user))


def _write(note: Path, server: Server) -> None:
    write_atomic(note, json.dumps(asdict(server)).encode(), mode=0o600)


def _running(note: Path) -> Server | None:
    """Return the server that is written down if it answers; one that does not is stopped, as it has the database."""
    server = noted(note)
    if server is None or not is_alive_here(server.process):
        return None
    if _comes_up(server):
        return server
    _stop(server.process)
    return None


def _started(note: Path, start: Start) -> Server:
    start.log.parent.mkdir(parents=True, exist_ok=True)
    with start.log.open("ab") as log:
        child = subprocess.Popen(
            [sys.executable, "-P", "-c", WHEN_NOTED, start.module, *start.arguments],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            env={**os.environ, **start.environment},
            cwd=start.folder,
            start_new_session=True,  # Ctrl-C is for us; we stop the server when we are done with it
        )
    server = Server(start.url, start.health, this_process(child.pid), (this_process(),))
    _write(note, server)
    assert child.stdin is not None
    with suppress(BrokenPipeError), child.stdin as told:  # when it has ended already, as will be seen
        told.write(b"!")
    if not _comes_up(server):
        _stop(server.process)
        note.unlink(missing_ok=True)
        raise UserError(f"the server at {start.url} did not start; its log {start.log} says why")
    return server


def _comes_up(server: Server) -> bool:
    deadline = time.monotonic() + START_TIMEOUT_S
    while not _answers(server.health):
        if not is_alive_here(server.process) or time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def _stop(process: str) -> None:
    """End a server and the processes that it started, and see them gone: the next one wants its database.

    A worker's runs live in sessions of their own, and it would wait for them for hours: they are told as well, and
    have the time to say how they end.
    """
    family: dict[int, str] = {}
    for number in (signal.SIGTERM, signal.SIGKILL):
        told: set[int] = set()
        deadline = time.monotonic() + STOP_TIMEOUT_S
        while time.monotonic() < deadline:
            if is_alive_here(process):  # else its number may be another's by now
                family |= {pid: this_process(pid) for pid in _family(pid_of(process))}
            living = [pid for pid, each in family.items() if is_alive_here(each)]
            if not living:
                return
            for pid in living:
                if pid not in told:
                    told.add(pid)
                    with suppress(ProcessLookupError):
                        os.kill(pid, number)
            time.sleep(0.05)


def _family(leader: int) -> set[int]:
    """Return a server, what descends from it, and what was in its group from the start: some let their parent go."""
    group = set[int]()
    for pid in psutil.pids():
        with suppress(ProcessLookupError, PermissionError):
            if os.getpgid(pid) == leader:
                group.add(pid)
    try:
        return group | {leader, *(child.pid for child in psutil.Process(leader).children(recursive=True))}
    except psutil.NoSuchProcess:
        return group
