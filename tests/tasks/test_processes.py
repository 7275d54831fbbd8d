from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tasks.processes import is_alive_here, is_dead, this_process


def test_this_process_lives() -> None:
    assert not is_dead(this_process())


def test_a_process_that_ended_is_dead() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    name = this_process(child.pid)
    assert not is_dead(name)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert is_dead(name), "it has ended, though its parent has not asked how"
    child.wait()
    assert is_dead(name)


@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="no /proc here")  # noqa: PTH110
def test_a_later_process_with_the_same_id_is_not_taken_for_the_dead_one() -> None:
    host, pid, start = this_process().rsplit("/", 2)
    assert is_dead(f"{host}/{pid}/{int(start) - 1}")


def test_a_process_of_another_host_counts_as_alive() -> None:
    assert not is_dead("elsewhere/1/1")


def test_nothing_is_known_to_run_that_cannot_be_seen() -> None:
    assert is_alive_here(this_process())
    assert not is_alive_here("elsewhere/1/1")
