"""Servers that commands share, with real processes: a small server for the rules, Prefect's for the whole."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from flows.cli.servers import is_left_behind, noted
from tasks.processes import is_alive_here, pid_of

ROOT = Path(__file__).parents[3]
USER = """
import sys
from pathlib import Path
from flows.cli.servers import Start, free_port, share

folder, port, idle = Path(sys.argv[1]), str(free_port()), sys.argv[2]
url = f"http://127.0.0.1:{port}"
start = Start(
    folder / "server.json", "http.server", (port, "--bind", "127.0.0.1"), url, url, folder / "server.log", {}, folder,
    idle_s=float(idle) if idle else None, release=sys.argv[3], is_pinned=sys.argv[4] == "pinned",
)
print(*share(start, lasting=bool(idle)), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def users() -> Iterator[list[subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []
    yield started
    for user in started:
        user.kill()
        user.communicate()


@pytest.fixture
def note(tmp_path: Path) -> Iterator[Path]:
    note = tmp_path / "server.json"
    yield note
    left = noted(note)
    if left is not None and is_alive_here(left.process):
        os.kill(pid_of(left.process), signal.SIGKILL)


def come(
    users: list[subprocess.Popen[str]], folder: Path, *, idle: str = "", release: str = "1", place: str = "anywhere"
) -> subprocess.Popen[str]:
    """Start a process that shares the server of `folder` until its input ends; with `idle` it leaves it to others."""
    command = [sys.executable, "-c", USER, str(folder), idle, release, place]
    user = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    users.append(user)
    return user


def address(user: subprocess.Popen[str]) -> str:
    assert user.stdout is not None
    return user.stdout.readline().strip()


def go(user: subprocess.Popen[str]) -> None:
    user.communicate(timeout=60)
    assert user.returncode == 0


def test_those_who_come_at_once_share_one_server_until_the_last_has_gone(users, note: Path) -> None:
    everyone = [come(users, note.parent) for _ in range(4)]
    assert len({address(user) for user in everyone}) == 1
    server = noted(note)
    assert server is not None
    for user in everyone:
        assert is_alive_here(server.process), "somebody who left stopped it although others use it"
        go(user)
    assert not is_alive_here(server.process)
    assert not note.exists()


def test_the_server_of_a_killed_command_is_taken_over_and_then_stopped(users, note: Path) -> None:
    owner = come(users, note.parent)
    url = address(owner)
    owner.kill()
    owner.wait()
    left = noted(note)
    assert left is not None and is_left_behind(left)
    heir = come(users, note.parent)
    assert address(heir) == url
    assert not is_left_behind(left := noted(note))
    go(heir)
    assert not is_alive_here(left.process)


def test_a_killed_owner_takes_the_server_from_nobody(users, note: Path) -> None:
    owner, other = come(users, note.parent), come(users, note.parent)
    assert address(owner) == address(other)
    owner.kill()
    owner.wait()
    server = noted(note)
    assert server is not None and is_alive_here(server.process)
    go(other)
    assert not is_alive_here(server.process), "a user that was killed is still counted"


def test_a_server_that_died_is_replaced(users, note: Path) -> None:
    first = come(users, note.parent)
    address(first)
    died = noted(note)
    assert died is not None
    os.kill(pid_of(died.process), signal.SIGKILL)
    second = come(users, note.parent)
    address(second)
    server = noted(note)
    assert server is not None and server.process != died.process and is_alive_here(server.process)


def test_a_lasting_server_waits_for_the_next_user_and_ends_itself_when_none_comes(users, note: Path) -> None:
    first = come(users, note.parent, idle="3")
    url = address(first)
    go(first)
    waiting = noted(note)
    assert waiting is not None and is_alive_here(waiting.process) and not is_left_behind(waiting)
    second = come(users, note.parent, idle="3")
    assert address(second) == url
    time.sleep(5)
    assert is_alive_here(waiting.process), "it ended although somebody uses it"
    go(second)
    ends(waiting.process)
    assert not note.exists() and not servers_in(note.parent)


def test_a_server_that_a_killed_user_has_left_ends_itself(users, note: Path) -> None:
    user = come(users, note.parent, idle="1")
    address(user)
    server = noted(note)
    user.kill()
    user.wait()
    ends(server.process)
    assert not note.exists()


def test_a_server_whose_home_is_gone_ends_itself(users, note: Path) -> None:
    user = come(users, note.parent, idle="900")
    address(user)
    server = noted(note)
    note.unlink()
    ends(server.process)
    go(user)


def test_a_server_of_another_release_is_replaced_once_nobody_uses_it(users, note: Path) -> None:
    old = come(users, note.parent, idle="900", release="1")
    url = address(old)
    beside = come(users, note.parent, idle="900", release="2")
    assert address(beside) == url, "a server is taken from somebody who uses it"
    go(old)
    go(beside)
    new = come(users, note.parent, idle="900", release="2")
    assert address(new) != url
    go(new)


def test_a_server_that_waits_elsewhere_makes_way_for_one_at_an_address(users, note: Path) -> None:
    first = come(users, note.parent, idle="900")
    url = address(first)
    beside = come(users, note.parent, idle="900", place="pinned")
    assert address(beside) == url, "a server is taken from somebody who uses it"
    go(first)
    go(beside)
    pinned = come(users, note.parent, idle="900", place="pinned")
    assert address(pinned) != url
    go(pinned)


def ends(process: str) -> None:
    """Wait until it has ended by itself."""
    deadline = time.monotonic() + 30
    while is_alive_here(process):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_wherever_its_starter_is_killed_a_server_is_written_down_or_ends(users, note: Path) -> None:
    for delay_ms in range(0, 400, 25):
        user = come(users, note.parent)
        time.sleep(delay_ms / 1000)
        user.kill()
        user.wait()
        server = noted(note)
        known = pid_of(server.process) if server is not None else None
        deadline = time.monotonic() + 10
        while (strangers := servers_in(note.parent) - {known}) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not strangers, f"killed after {delay_ms} ms"


def servers_in(folder: Path) -> set[int]:
    """Processes whose working directory it is; users have another."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/cwd"):
        with suppress(OSError):
            if path.readlink() == folder:
                found.add(int(path.parent.name))
    return found


def test_a_command_without_memory_to_stop_its_server_says_so_and_the_next_one_stops_it(users, note: Path) -> None:
    full = "import psutil\ndef pids():\n    raise OSError(12, 'Cannot allocate memory')\npsutil.pids = pids\n"
    done = subprocess.run(
        [sys.executable, "-c", full + USER, str(note.parent), "", "1", "anywhere"],
        cwd=ROOT,
        input="",
        capture_output=True,
        text=True,
    )
    said = "trunkline: a server may be left running ([Errno 12] Cannot allocate memory); the next command stops it\n"
    assert (done.returncode, done.stderr) == (0, said)
    left = noted(note)
    assert left is not None and is_left_behind(left)
    heir = come(users, note.parent)
    assert address(heir) == left.url
    go(heir)
    assert not is_alive_here(left.process)


def test_a_server_that_cannot_start_says_where_its_log_is(tmp_path: Path) -> None:
    code = USER.replace('"--bind"', '"--no-such-option"')
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path), "", "", ""], cwd=ROOT, capture_output=True, text=True
    )
    assert f"did not start; its log {tmp_path / 'server.log'} says why: " in done.stderr
    assert "unrecognized arguments" in done.stderr.splitlines()[-1]
    assert "unrecognized arguments" in (tmp_path / "server.log").read_text()
    assert not (tmp_path / "server.json").exists()


@pytest.mark.slow
def test_two_first_retrains_share_prefects_server_and_a_killed_ones_is_ended_by_the_next(bare) -> None:
    note, log = bare.home / "prefect" / "server.json", bare.home / "logs" / "prefect-server.log"
    short, long = (
        bare.start("retrain", str(bare.spec)),
        bare.start("retrain", str(bare.spec), "--set", "train.epochs=60"),
    )
    assert (short.wait(), long.wait()) == (0, 0)
    assert log.read_text().count("Check out the dashboard at") == 1
    assert not note.exists()

    bare = replace(bare, environment=bare.environment | {"TRUNKLINE_SERVER_IDLE_S": "900"})
    killed = bare.start("retrain", str(bare.spec), "--set", "train.epochs=4000")
    while noted(note) is None or not list(bare.home.glob("cache/train/*/*")):
        assert killed.poll() is None
        time.sleep(0.1)
    killed.kill()
    killed.wait()
    left = noted(note)
    assert left is not None and is_left_behind(left)
    done = bare.run("retrain", str(bare.spec), "--set", "export.opset=18")
    assert done.returncode == 0, done.stderr
    heir = noted(note)
    assert heir is not None and heir.process == left.process and heir.users == ()

    owner = come([], bare.home / "prefect", idle="900", release=heir.release)  # any process that uses it
    assert address(owner) == heir.url
    refused = bare.run("down")
    assert refused.returncode == 2 and f"still used: Prefect by process {owner.pid}" in refused.stderr
    go(owner)
    assert bare.run("down").stdout == "Prefect stopped\n"
    assert not is_alive_here(left.process) and not note.exists()
    assert bare.run("down").stdout == f"nothing runs for {bare.home}\n"
