"""The updater is killed at random moments: the device starts with a whole bundle, and the next check finishes."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from deploy.edge.tests.update.fleet import GOOD, NEXT, Fleet
from deploy.edge.tests.update.web import web
from trunkline_edge.bundle.store import read_state
from trunkline_edge.errors import UpdateRunning
from trunkline_edge.update.agent import Agent
from trunkline_edge.update.home import is_whole
from trunkline_edge.update.progress import Outcome, read_progress
from trunkline_edge.update.recovery import boot
from trunkline_edge.update.remote import RemoteSource

KILLS = int(os.environ.get("TRUNKLINE_KILLS", "300"))
FINISHED = int(os.environ.get("TRUNKLINE_KILLS_FINISHED", "10"))
"""Of these, how many also finish the update, which takes a second each."""


def started(agent: Agent) -> int:
    """Let a process of its own check once; returns its id, which is also that of its group."""
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        try:
            agent.check()
        finally:
            os._exit(0)
    return child


def killed(child: int) -> bool:
    """Kill a check and all it has started, as a service manager does; returns whether it was still at work."""
    for kill in (os.killpg, os.kill):  # it may not have its group yet
        try:
            kill(child, signal.SIGKILL)
        except ProcessLookupError:
            continue
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def booted(home: Path) -> Outcome:
    """Start the device; what was killed lets go of the lock when all of it is gone, which may be a moment later."""
    deadline = time.monotonic() + 10
    while True:
        try:
            return boot(home)
        except UpdateRunning:
            assert time.monotonic() < deadline
            time.sleep(0.01)


@pytest.mark.slow
@pytest.mark.timeout(1800)  # minutes on a quiet machine
def test_killed_at_any_moment_the_device_starts_whole_and_finishes_later(
    fleet: Fleet, capsys: pytest.CaptureFixture[str]
) -> None:
    first = fleet.release(GOOD).bundle_id
    fleet.agent().check()
    second = fleet.release(NEXT).bundle_id
    before = shutil.copytree(fleet.home, fleet.folder / "before")
    chance, found = Random(0), Counter[str]()
    with web(fleet.repository.folder) as (url, _):

        def agent() -> Agent:
            return Agent(fleet.home, RemoteSource(url, fleet.root, fleet.home, "tiny", "stable"))

        begun = time.monotonic()
        os.waitpid(started(agent()), 0)
        whole_s = time.monotonic() - begun
        assert fleet.active() == second
        while found["killed"] < KILLS:  # those that came after its end do not count
            shutil.rmtree(fleet.home)
            shutil.copytree(before, fleet.home)
            child = started(agent())
            # Most of the time goes into the test of the bundle: half of the kills are before it.
            time.sleep(chance.uniform(0, whole_s * chance.choice((0.3, 1.0))))
            found["killed"] += killed(child)
            found["half-written files"] += len(list(fleet.home.rglob("*.part")))
            assert booted(fleet.home).code is None
            state = read_state(fleet.home)
            assert state.active in (first, second)
            assert is_whole(fleet.home, state.active)
            assert not list(Path(fleet.home).rglob("*.part"))
            found["on the new bundle"] += state.active == second
            found["in the test"] += read_progress(fleet.home).testing == second
            found["moments"] += 1
            if found["moments"] % max(1, KILLS // max(1, FINISHED)) == 0:
                agent().check()
                assert fleet.active() == second
                found["finished the update"] += 1
    with capsys.disabled():
        print(f"\nwhole every time; {dict(found)}")
