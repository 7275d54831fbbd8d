"""The study of a sweep on real trainings, in this process: an executor may do them wherever it likes."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import cloudpickle
import optuna
import pytest

from model.training.failed import TrainingDiverged
from schemas.errors import UserError
from schemas.spec.load import load_spec, parse_spec
from schemas.spec.product import Spec
from schemas.spec.search import Search, plan_search
from tasks.chain import Link, last_step, walk
from tasks.processes import this_process
from tasks.progress import reporting_as
from tasks.records import Validated
from tasks.reports.sweep import publish
from tasks.rows import validate
from tasks.settings import Settings
from tasks.tracking import runs as tracking
from tasks.trials.processes import Work
from tasks.trials.sweep import OWNER, attempts_of, sweep_run, trials_left, try_next

RATES = "train.learning_rate=1e-4..1e-2,log"


def here(work: Sequence[Work], jobs: int, chain: tuple[Link, ...]) -> None:
    for trial, data in work:
        with reporting_as(trial.title, last_step(chain)), suppress(TrainingDiverged):
            walk({"spec": trial.spec, "data": data}, lambda task: task.fn, chain)


def run_trials(search: Search, data: Validated, trials: int) -> str:
    with sweep_run(search, data, 1) as run_id:
        for _ in range(trials_left(search, data, trials)):
            try_next.fn(search, data, run_id, here)
    return run_id


def study_of(home: Path) -> optuna.Study:
    storage = Settings.from_environment().sweeps_uri
    (summary,) = optuna.get_all_study_summaries(storage)
    return optuna.load_study(study_name=summary.study_name, storage=storage)


@pytest.fixture
def searched(home: Path, tiny: Spec) -> tuple[Search, Validated]:
    search = plan_search(tiny, [RATES])
    return search, validate(tiny)


def test_the_first_trial_is_the_spec_itself_and_the_best_one_becomes_a_spec(home: Path, searched) -> None:
    search, data = searched
    run_id = run_trials(search, data, 3)
    attempts = attempts_of(search, data)
    assert attempts[0].values == {"train.learning_rate": 0.002}
    assert len({attempt.values["train.learning_rate"] for attempt in attempts}) == 3
    done = publish.fn(search, data, attempts, run_id)
    assert done.best is not None and done.best.score == max(attempt.score for attempt in attempts)
    assert done.own == attempts[0]
    written = load_spec(home / done.spec)
    assert written.digest() == search.at(done.best.values).digest() and written.name == "tiny"
    assert f"Score there: {done.best.score:.4f}" in (home / done.spec).read_text()
    client = tracking.connect()
    runs = client.search_runs([tracking.experiment_of("tiny-sweep")])
    children = {run.info.run_name for run in runs if run.data.tags.get("mlflow.parentRunId") == run_id}
    assert children == {"trial 0", "trial 1", "trial 2"}
    assert [file.path for file in client.list_artifacts(run_id, "pictures")] == ["pictures/parallel_coordinates.png"]


def test_a_sweep_with_more_trials_goes_on_from_those_that_are_there(searched) -> None:
    search, data = searched
    run_trials(search, data, 2)
    before = attempts_of(search, data)
    assert trials_left(search, data, 2) == 0 and trials_left(search, data, 3) == 1
    run_trials(search, data, 3)
    assert attempts_of(search, data)[:2] == before and len(attempts_of(search, data)) == 3


@pytest.mark.parametrize("left_by", ["nobody", "the dead", "the living"])
def test_a_trial_that_was_left_behind_is_taken_over(home: Path, searched, left_by: str) -> None:
    search, data = searched
    run_trials(search, data, 1)
    study = study_of(home)
    left = study.ask()
    rate = left.suggest_float("train.learning_rate", 1e-4, 1e-2, log=True)
    host, pid, start = this_process().rsplit("/", 2)
    if left_by != "nobody":
        left.set_user_attr(OWNER, f"{host}/{pid}/{start if left_by == 'the living' else int(start) + 1}")
    run_trials(search, data, 2)
    numbers = {attempt.number: attempt.values["train.learning_rate"] for attempt in attempts_of(search, data)}
    assert numbers.get(1) == (None if left_by == "the living" else rate)
    assert len(numbers) == 2


def test_a_trial_that_is_worse_than_the_median_ends_early(home: Path, searched) -> None:
    search, data = searched
    run_trials(search, data, 1)
    study = study_of(home)
    for _ in range(4):  # others that no training of ours can come up to
        other = study.ask()
        other.suggest_float("train.learning_rate", 1e-4, 1e-2, log=True)
        for epoch in range(1, 5):
            other.report(2.0, epoch)
        study.tell(other, 2.0)
    run_trials(search, data, 6)
    last = attempts_of(search, data)[-1]
    assert (last.end, last.epochs) == ("pruned", 2)
    assert last.score is not None and last.score <= 1


def test_a_trial_that_fails_tells_why_and_the_sweep_goes_on(home: Path, tiny: Spec) -> None:
    # Each is well alone; together, the heads would never share.
    stitched = parse_spec(tiny.model_dump(mode="json", by_alias=True) | {"sharing": {"kind": "cross_stitch"}})
    search = plan_search(stitched, ["sharing.solo_epochs=[0, 2]", "train.epochs=[2, 4]"])
    data = validate(stitched)
    run_trials(search, data, 1)
    study_of(home).enqueue_trial({"sharing.solo_epochs": "2", "train.epochs": "2"})
    run_trials(search, data, 3)
    first, failed, last = attempts_of(search, data)
    assert (first.end, failed.end, failed.score) == ("finished", "failed", None) and last.number == 2
    assert "the heads would never share" in failed.why


def test_a_sweep_without_valid_rows_is_refused(searched) -> None:
    search, data = searched
    without = replace(data, counts={"train": 50, "valid": 0, "test": 10})
    with pytest.raises(UserError, match="no valid rows"), sweep_run(search, without, 1):
        pass


def test_a_trial_can_be_sent_to_a_worker_elsewhere() -> None:
    sent = cloudpickle.loads(cloudpickle.dumps(try_next))  # as Dask and Ray do
    assert sent.name == try_next.name and sent.retries == 1
