"""Servers on this machine that commands share: the first to need one starts it, and the later ones find it.

Who uses a server stands beside it in a note, by process and not by name, and is read and written under a lock. A user
that was killed is no user any more. The last one to leave stops the server, or leaves it for the next command; one that
nobody has used for a while ends itself (`flows.cli.server_process`), and `trunkline down` ends it at once.
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
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import psutil
from filelock import FileLock

from schemas.errors import TrunklineError
from tasks.processes import is_alive_here, pid_of, this_process
from trunkline_edge.bundle.files import write_atomic

START_TIMEOUT_S = 180
"""The first start makes the database: 22 s on two idle cores."""
STOP_TIMEOUT_S = 30


class ServerDown(TrunklineError):
    """A server did not start; the message has its log and the last line of that."""


@dataclass(frozen=True)
class Start:
    """How to start a server."""

    note: Path
    """Where it is written down."""
    module: str
    arguments: tuple[str, ...]
    url: str
    health: str
    """What answers with 200 once it is up."""
    log: Path
    environment: Mapping[str, str]
    folder: Path
    """Its working directory: not the user's, where a stray `numpy.py` would be imported."""
    idle_s: float | None = None
    """How long it waits for users before it ends itself; None: for ever."""
    release: str = ""
    """Of what it runs. One of another release that nobody uses is not taken: a client may not understand it."""
    is_pinned: bool = False
    """Nor is one at another address."""


@dataclass(frozen=True)
class Server:
    """A server that was started, as its note tells."""

    url: str
    health: str
    process: str
    users: tuple[str, ...]
    release: str = ""

    @property
    def living(self) -> tuple[str, ...]:
        """Those of its users that live."""
        return tuple(user for user in self.users if is_alive_here(user))


def share(*wanted: Start, lasting: bool = False) -> list[str]:
    """Return the addresses of these servers, started at once where none runs; this process uses them until its end.

    lasting: what nobody else uses then waits for the next command, and is not stopped.

    Raises `ServerDown` when one does not start.
    """
    with ExitStack() as locks:
        for start in wanted:
            start.note.parent.mkdir(parents=True, exist_ok=True)
            # Before the start, which Ctrl-C may end. Whoever leaves without having come changes nothing.
            atexit.register(_leave_at_exit, start.note, stop=not lasting)
            locks.enter_context(lock_of(start.note))
        servers = [_running(start) or _launched(start) for start in wanted]
        for start, server in zip(wanted, servers, strict=True):
            if not _comes_up(server):
                _stop(server.process)
                start.note.unlink(missing_ok=True)
                last = _last_line(start.log)
                raise ServerDown(f"the server at {server.url} did not start; its log {start.log} says why{last}")
            _write(start.note, replace(server, users=tuple(dict.fromkeys((*server.living, this_process())))))
    return [server.url for server in servers]


def leave(note: Path, *, stop: bool = True) -> bool:
    """Use the server of `note` no longer; stop it, if asked, when nobody else does. Returns whether it was stopped."""
    with lock_of(note):
        server = noted(note)
        if server is None:
            return False
        others = tuple(user for user in server.living if user != this_process())
        if others or (not stop and is_alive_here(server.process)):
            _write(note, replace(server, users=others))
            return False
        _stop(server.process)
        note.unlink(missing_ok=True)
        return True


def _leave_at_exit(note: Path, *, stop: bool) -> None:
    """Leave, as far as a machine without room or memory lets us: what stays, the next command takes and stops."""
    try:
        leave(note, stop=stop)
    except (OSError, MemoryError) as error:
        print(f"trunkline: a server may be left running ({error}); the next command stops it", file=sys.stderr)


def noted(note: Path) -> Server | None:
    """Return the server that is written down, whether it runs or not."""
    try:
        value = json.loads(note.read_bytes())
        return Server(value["url"], value["health"], value["process"], tuple(value["users"]), value.get("release", ""))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def is_left_behind(server: Server) -> bool:
    """Was it left by users that were killed? One whose users have all left waits for the next, as it should."""
    return is_alive_here(server.process) and bool(server.users) and not server.living


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


def lock_of(note: Path) -> FileLock:
    """Guard read-decide-write of a note, and the server's start and end."""
    return FileLock(note.with_suffix(".lock"))


def _write(note: Path, server: Server) -> None:
    write_atomic(note, json.dumps(asdict(server)).encode(), mode=0o600)


def _running(start: Start) -> Server | None:
    """Return the server that is written down if it will do; else it is stopped, as it has the database."""
    server = noted(start.note)
    if server is None or not is_alive_here(server.process):
        return None
    is_wanted = server.release == start.release and (server.url == start.url or not start.is_pinned)
    if (server.living or is_wanted) and _comes_up(server):
        return server
    _stop(server.process)
    return None


def _launched(start: Start) -> Server:
    start.log.parent.mkdir(parents=True, exist_ok=True)
    idle = "never" if start.idle_s is None else str(start.idle_s)
    with start.log.open("ab") as log:
        child = subprocess.Popen(
            [
                *(sys.executable, "-P", "-m", "flows.cli.server_process"),
                *(str(start.note), idle, start.module, *start.arguments),
            ],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            env={**os.environ, **start.environment},
            cwd=start.folder,
            start_new_session=True,  # Ctrl-C is for us; we stop the server when we are done with it
        )
    server = Server(start.url, start.health, this_process(child.pid), (this_process(),), start.release)
    _write(start.note, server)
    assert child.stdin is not None
    with suppress(BrokenPipeError), child.stdin as told:  # when it has ended already, as will be seen
        told.write(b"!")
    return server


def _comes_up(server: Server) -> bool:
    deadline = time.monotonic() + START_TIMEOUT_S
    while not _answers(server.health):
        if not is_alive_here(server.process) or time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def _last_line(log: Path) -> str:
    """Return what a log ends with, to be put behind a sentence; nothing where it is empty, or cannot be read."""
    try:
        lines = log.read_bytes()[-4_000:].decode(errors="replace").split("\n")
    except OSError:
        return ""
    return next((f": {line.strip()[:300]}" for line in reversed(lines) if line.strip()), "")


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def _stop(process: str) -> None:
    """End a server and the processes that it started, and see them gone: the next one wants its database."""
    end_all(lambda: family_of(pid_of(process)) if is_alive_here(process) else ())  # else its number may be another's


def end_all(found: Callable[[], Iterable[int]]) -> None:
    """End processes and see them gone; `found` is asked again and again, as they may start others on the way.

    A worker's runs live in sessions of their own, and it would wait for them for hours: they are told as well, and
    have the time to say how they end.
    """
    family: dict[int, str] = {}
    for number in (signal.SIGTERM, signal.SIGKILL):
        told: set[int] = set()
        deadline = time.monotonic() + STOP_TIMEOUT_S
        while time.monotonic() < deadline:
            family |= {pid: this_process(pid) for pid in found()}
            living = [pid for pid, each in family.items() if is_alive_here(each)]
            if not living:
                return
            for pid in living:
                if pid not in told:
                    told.add(pid)
                    with suppress(ProcessLookupError):
                        os.kill(pid, number)
            time.sleep(0.05)


def family_of(leader: int) -> set[int]:
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
