"""`kill -9` at random moments: the work goes on where it stopped, and nothing is ever half promoted."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

KILLS = int(os.environ.get("TRUNKLINE_RETRAIN_KILLS", "4"))
"""Each takes a start of a retrain;"""
SEED = 7
EPOCHS = "train.epochs=40"  # long enough that some kills fall into the training


def finished_steps(home: Path) -> dict[str, float]:
    """Finished steps and when they were finished; a step that ran twice would have a later time."""
    found = {}
    for path in (home / "cache").glob("*/*/finished.json"):
        found[str(path.parent.relative_to(home / "cache"))] = json.loads(path.read_bytes())["finished_at"]
    return found


def pointer(home: Path) -> str | None:
    path = home / "repository" / "channels" / "tiny" / "local.json"
    return json.loads(path.read_bytes())["bundle_id"] if path.exists() else None


def at(desk, home: Path):
    """The same desk with another home."""
    home.mkdir()
    return replace(desk, home=home, environment=desk.environment | {"TRUNKLINE_HOME": str(home)})


def weights(home: Path) -> str:
    (path,) = (home / "cache" / "train").glob("*/finished.json")
    return str(json.loads(path.read_bytes())["record"]["weights"])


@pytest.mark.slow
@pytest.mark.timeout(2_400)
def test_a_run_killed_anywhere_ends_as_an_undisturbed_one(desk, tmp_path: Path) -> None:
    retrain = ("retrain", str(desk.spec), "--set", EPOCHS)
    whole = at(desk, tmp_path / "whole")
    full_s, start_s = (timed(whole, retrain) for _ in range(2))  # the second run has nothing to do but start and look

    moments = random.Random(SEED)
    reached = []
    for number in count():  # a home whose run came to its end between two kills is followed by a fresh one
        killed = at(desk, tmp_path / f"killed-{number}")
        finished: dict[str, float] = {}
        code = -signal.SIGKILL
        while code != 0 and len(reached) < KILLS:
            code = run_for(killed, retrain, moments.uniform(0.4 * start_s, start_s + 0.5 * (full_s - start_s)))
            assert code in (0, -signal.SIGKILL)
            now = finished_steps(killed.home)
            assert finished.items() <= now.items(), "a finished step was done again"
            finished = now
            if code != 0:
                reached.append((len(now), pointer(killed.home) is not None))
        last = killed.run(*retrain, "--json")
        assert last.returncode == 0, last.stderr
        assert finished.items() <= finished_steps(killed.home).items()
        assert weights(killed.home) == weights(whole.home)
        assert pointer(killed.home) == pointer(whole.home), "the bundle that an undisturbed run makes champion"
        assert_nothing_is_half_promoted(killed, json.loads(last.stdout))
        if len(reached) == KILLS:
            break
    print(
        f"undisturbed {full_s:.0f} s, nothing to do {start_s:.0f} s; steps done and pointer set at each kill: {reached}"
    )


def timed(desk, arguments: tuple[str, ...]) -> float:
    begun = time.monotonic()
    done = desk.run(*arguments)
    assert done.returncode == 0, done.stderr
    return time.monotonic() - begun


def run_for(desk, arguments: tuple[str, ...], seconds: float) -> int:
    """Run a command and kill it after a time; returns its exit code."""
    child = desk.start(*arguments)
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        child.kill()
    return child.wait()


def assert_nothing_is_half_promoted(desk, done: dict) -> None:
    code = (
        "import json\n"
        "from tasks.tracking import runs as tracking\n"
        "client = tracking.connect()\n"
        "model = client.get_registered_model('tiny')\n"
        "champion = client.get_model_version_by_alias('tiny', 'champion')\n"
        "versions = client.search_model_versions(\"name = 'tiny'\")\n"
        "runs = client.search_runs([tracking.experiment_of('tiny')])\n"
        "steps = [p.step for p in client.get_metric_history(runs[0].info.run_id, 'valid.score')]\n"
        "print(json.dumps([champion.tags['bundle_id'], len(versions), [r.info.status for r in runs], steps]))"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], env=desk.environment, cwd=desk.home, capture_output=True, text=True, check=True
    )
    bundle_id, versions, statuses, epochs = json.loads(told.stdout.splitlines()[-1])
    assert bundle_id == pointer(desk.home) == done["bundle"]["bundle_id"]
    assert (versions, statuses) == (1, ["FINISHED"])
    assert epochs == list(range(1, done["trained"]["epochs"] + 1)), "an epoch is missing in MLflow, or there twice"
    assert (desk.home / "promotions.jsonl").read_text().count("\n") == 1
    assert not list((desk.home / "promotions").glob("*.json"))
