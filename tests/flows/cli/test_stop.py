"""Signals to a real retrain: it ends in order, says what is kept, and the same command goes on."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time

import pytest

from tests.flows.conftest import COMMAND, ROOT


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_retrain_says_what_is_kept_and_goes_on(desk, number: signal.Signals, code: int) -> None:
    retrain = ("retrain", str(desk.spec), "--set", "train.epochs=4000", "--set", "train.patience=4000")
    run = subprocess.Popen(
        [*COMMAND, *retrain], cwd=ROOT, env=desk.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 200
    while not list(desk.home.glob("cache/train/*/checkpoint*")):
        assert run.poll() is None and time.monotonic() < deadline
        time.sleep(0.1)
    run.send_signal(number)
    _, told = run.communicate(timeout=60)
    assert (run.returncode, told) == (
        code,
        "trunkline: stopped. Finished and kept: validating rows. Training goes on from its last checkpoint. "
        "The same command goes on from here.\n",
    )
    planned = json.loads(desk.run("plan", *retrain[1:], "--json").stdout)["steps"]
    assert [(step["step"], step["why"]) for step in planned][1] == ("train", "begun before, not finished")
    assert not planned[0]["runs"]


def run_with(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command with its process, or a part of it, changed by code."""
    program = f"import os, signal, sys\nfrom flows.cli import app\n{code}\napp.main()"
    return subprocess.run(
        [sys.executable, "-P", "-c", program, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60
    )


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_any_command_that_is_stopped_says_so(number: signal.Signals, code: int) -> None:
    hit = f"import flows.cli.champions as c; c.show_history = lambda *_, **__: os.kill(os.getpid(), {number:d})"
    run = run_with(hit, "history")
    assert (run.returncode, run.stderr) == (code, "trunkline: stopped. The same command goes on from here.\n")


@pytest.mark.parametrize(
    "late",
    [
        "import atexit; atexit.register(os.kill, os.getpid(), {number:d})",
        "class Late:\n"
        "    def __del__(self, kill=os.kill, pid=os.getpid()):\n"
        "        kill(pid, {number:d})\n"
        "app.late = Late()",
    ],
    ids=["while servers are left", "while Python takes itself down"],
)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_after_the_work_changes_nothing(late: str, number: signal.Signals) -> None:
    run = run_with(late.format(number=number), "--version")
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.startswith("trunkline ")
