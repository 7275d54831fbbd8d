"""`train.workers`: the ordinary retrain, with the training on several processes."""

from __future__ import annotations

import json

import pytest


@pytest.mark.long
def test_a_retrain_on_two_workers_is_one_that_one_process_finds_done(desk) -> None:
    done = desk.run("retrain", str(desk.spec), "--set", "train.workers=2", timeout=600)
    assert done.returncode == 0, done.stderr
    assert "version 1 of tiny" in done.stdout
    assert done.stderr == "", "what workers have to say stays off the terminal"
    steps = json.loads(desk.run("plan", str(desk.spec), "--json").stdout)["steps"]
    assert {step["step"]: step["runs"] for step in steps}["train"] is False


def test_what_workers_cannot_share_ends_the_command_before_anything_runs(bare) -> None:
    done = bare.run("retrain", str(bare.spec), "--set", "train.workers=2", "--set", "balance.kind=mgda")
    assert done.returncode == 2
    assert "--set train.workers: train.workers is 2, but balance.kind is mgda" in done.stderr
    assert not (bare.home / "cache").exists()
