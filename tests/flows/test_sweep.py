"""`trunkline sweep` as people run it: real Prefect, real MLflow, real workers, and a kill."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flows.conftest import Desk, on_cluster

pytestmark = [pytest.mark.long, pytest.mark.timeout(1_800)]
LONG = ("--set", "train.epochs=30", "--set", "train.patience=30")
LOOK = """
import json
from tasks.tracking import runs as tracking
client = tracking.connect()
runs = client.search_runs([tracking.experiment_of("tiny-sweep")])
print(json.dumps({run.info.run_name: {
    "status": run.info.status, "parent": run.data.tags.get("mlflow.parentRunId"), "id": run.info.run_id,
    "epochs": [point.step for point in client.get_metric_history(run.info.run_id, "valid.score")],
} for run in runs}))
"""


def trials_in(home: Path) -> dict[int, tuple[str, float]]:
    """Number -> state and learning rate of each trial, as the database has them."""
    with sqlite3.connect(home / "sweeps.db") as database:
        rows = database.execute(
            "select t.number, t.state, p.param_value from trials t join trial_params p on p.trial_id = t.trial_id "
            "where p.param_name = 'train.learning_rate'"
        )
        return {number: (state, rate) for number, state, rate in rows}


def test_a_killed_sweep_goes_on_with_the_trials_that_were_under_way(desk) -> None:
    command = ("sweep", str(desk.spec), "--trials", "3", "--jobs", "2", *LONG)
    run = desk.start(*command)
    deadline = time.monotonic() + 600
    while len(list(desk.home.glob("cache/train/*/checkpoint*"))) < 2:
        assert run.poll() is None and time.monotonic() < deadline
        time.sleep(0.1)
    run.kill()
    run.wait()
    before = trials_in(desk.home)
    assert {state for state, _ in before.values()} == {"RUNNING"} and set(before) == {0, 1}
    begun = set(desk.home.glob("cache/train/*"))

    done = desk.run(*command, "--json", timeout=900)
    assert done.returncode == 0, done.stderr
    value = json.loads(done.stdout)
    assert [(each["number"], each["end"]) for each in value["attempts"]] == [(n, "finished") for n in range(3)]
    after = trials_in(desk.home)
    assert {number: after[number][1] for number in before} == {number: rate for number, (_, rate) in before.items()}
    assert len(set(desk.home.glob("cache/train/*")) - begun) == 1, "the two that were under way were begun anew"

    found = json.loads(desk_python(desk, LOOK))
    assert {name for name, each in found.items() if each["parent"] == value["run_id"]} == {
        f"trial {n}" for n in range(3)
    }
    assert {each["status"] for each in found.values()} == {"FINISHED"}
    for number in range(3):
        assert found[f"trial {number}"]["epochs"] == sorted(set(found[f"trial {number}"]["epochs"]))

    best = desk.home / value["spec"]
    steps = json.loads(desk.run("plan", str(best), "--json").stdout)["steps"]
    assert {step["step"]: step["runs"] for step in steps}["train"] is False, "the best trial is trained already"
    again = desk.run(*command, timeout=300)
    assert again.returncode == 0 and str(best) in again.stdout.replace("\n", "")


def owners_in(home: Path) -> set[int]:
    """Return the processes that worked on the trials."""
    with sqlite3.connect(home / "sweeps.db") as database:
        rows = database.execute("select value_json from trial_user_attributes where key = 'process'")
        return {int(json.loads(owner).split("/")[1]) for (owner,) in rows}


@pytest.fixture(params=["dask", "ray"])
def elsewhere(request: pytest.FixtureRequest, desk: Desk) -> Iterator[Desk]:
    """A desk whose tasks run on a cluster."""
    pytest.importorskip(f"prefect_{request.param}", reason=f"prefect-{request.param} is not installed")
    with on_cluster(desk, request.param) as there:
        yield there


def test_a_sweep_comes_to_its_end_on_a_cluster(elsewhere: Desk) -> None:
    command = ("sweep", str(elsewhere.spec), "--trials", "3", "--jobs", "2", "--json")
    run = subprocess.Popen(
        [*elsewhere.command, *command], cwd=elsewhere.folder, env=elsewhere.environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    answer, said = run.communicate(timeout=1500)
    assert run.returncode == 0, said
    value = json.loads(answer)
    assert [(each["number"], each["end"]) for each in value["attempts"]] == [(n, "finished") for n in range(3)], said
    owners = owners_in(elsewhere.home)
    assert owners and run.pid not in owners, "trials ran in the process of the command"
    found = json.loads(desk_python(elsewhere, LOOK))
    assert {name for name, each in found.items() if each["parent"] == value["run_id"]} == {
        f"trial {n}" for n in range(3)
    }
    best = elsewhere.home / value["spec"]
    steps = json.loads(elsewhere.run("plan", str(best), "--json").stdout)["steps"]
    assert {step["step"]: step["runs"] for step in steps}["train"] is False, "the best trial is trained already"


def desk_python(desk, code: str) -> str:
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=desk.folder, env=desk.environment, capture_output=True, text=True, check=True)
    return done.stdout.strip().splitlines()[-1]
