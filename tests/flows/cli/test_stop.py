"""Signals to a real retrain: it ends in order, says what is kept, and the same command goes on."""

from __future__ import annotations

import json
import signal
import subprocess
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
