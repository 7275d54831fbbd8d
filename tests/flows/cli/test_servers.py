"""Servers that commands share, with real processes: a small server for the rules, Prefect's for the whole."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from flows.cli.servers import is_left_behind, noted
from tasks.processes import is_alive_here, pid_of

ROOT = Path(__file__).parents[3]
USER = """
import sys
from pathlib import Path
from flows.cli.servers import Start, free_port, share

folder, port = Path(sys.argv[1]), str(free_port())
url = f"http://127.0.0.1:{port}"
start = Start("http.server", (port, "--bind", "127.0.0.1"), url, url, folder / "server.log", {}, folder)
print(share(folder / "server.json", start), flush=True)
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


def come(users: list[subprocess.Popen[str]], folder: Path) -> subprocess.Popen[str]:
    """Start a process that shares the server of `folder` until its input ends."""
    command = [sys.executable, "-c", USER, str(folder)]
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
        [sys.executable, "-c", full + USER, str(note.parent)], cwd=ROOT, input="", capture_output=True, text=True
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
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, capture_output=True, text=True)
    assert f"did not start; its log {tmp_path / 'server.log'} says why" in done.stderr
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

    killed = bare.start("retrain", str(bare.spec), "--set", "train.epochs=4000")
    while noted(note) is None or not list(bare.home.glob("cache/train/*/*")):
        assert killed.poll() is None
        time.sleep(0.1)
    killed.kill()
    killed.wait()
    left = noted(note)
    assert left is not None and is_left_behind(left)
    done = bare.run("retrain", str(bare.spec))
    assert done.returncode == 0, done.stderr
    assert not is_alive_here(left.process)
    assert not note.exists()
