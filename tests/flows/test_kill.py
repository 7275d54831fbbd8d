"""`kill -9` at random moments: the work goes on where it stopped, and nothing is ever half promoted."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from subprocess import TimeoutExpired

import pytest

KILLS = 12
SEED = 7
EPOCHS = "train.epochs=40"  # long enough that some kills fall into the training


def seals(home: Path) -> dict[str, float]:
    """Finished steps and when they were finished; a step that ran twice would have a later time."""
    found = {}
    for path in (home / "cache").glob("*/*/sealed.json"):
        found[str(path.parent.relative_to(home / "cache"))] = json.loads(path.read_bytes())["finished_at"]
    return found


def pointer(home: Path) -> str | None:
    path = home / "repository" / "channels" / "tiny" / "local.json"
    return json.loads(path.read_bytes())["bundle_id"] if path.exists() else None


def weights(home: Path) -> str:
    (path,) = (home / "cache" / "train").glob("*/sealed.json")
    return str(json.loads(path.read_bytes())["record"]["weights"])


@pytest.mark.slow
@pytest.mark.timeout(1_800)
def test_a_run_killed_anywhere_ends_as_an_undisturbed_one(desk, tmp_path: Path) -> None:
    retrain = ("retrain", str(desk.spec), "--set", EPOCHS)
    whole = replace(
        desk, home=tmp_path / "whole", environment=desk.environment | {"TRUNKLINE_HOME": f"{tmp_path}/whole"}
    )
    begun = time.monotonic()
    undisturbed = whole.run(*retrain)
    assert undisturbed.returncode == 0, undisturbed.stderr
    duration = time.monotonic() - begun

    moments = random.Random(SEED)
    killed = replace(
        desk, home=tmp_path / "killed", environment=desk.environment | {"TRUNKLINE_HOME": f"{tmp_path}/killed"}
    )
    finished: dict[str, float] = {}
    reached = []
    for _ in range(KILLS):
        child = killed.start(*retrain)
        try:
            child.wait(moments.uniform(0.1, 0.9) * duration)
        except TimeoutExpired:
            child.kill()
        ended = child.wait()
        now = seals(killed.home)
        assert finished.items() <= now.items(), "a finished step was done again"
        finished = now
        reached.append((ended, sorted(step.split("/")[0] for step in now), pointer(killed.home) is not None))
    print(f"undisturbed {duration:.0f} s; after each kill: {reached}")
    assert sum(ended == -signal.SIGKILL for ended, *_ in reached) >= 10

    last = killed.run(*retrain, "--json")
    assert last.returncode == 0, last.stderr
    assert finished.items() <= seals(killed.home).items()
    assert weights(killed.home) == weights(whole.home)
    assert_nothing_is_half_promoted(killed, json.loads(last.stdout))


def assert_nothing_is_half_promoted(desk, done: dict) -> None:
    code = (
        "import json\n"
        "from tasks import tracking\n"
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
