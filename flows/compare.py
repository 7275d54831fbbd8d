"""Compare: the same heads under several sharing systems, beside nets that learn each head alone."""

from __future__ import annotations

from pathlib import Path

from prefect import flow

from flows.ahead import run_ahead
from schemas.spec import load_spec
from schemas.trials import Trial, plan_trials
from tasks.compare import measure, weigh
from tasks.compare_records import Compared, Tried
from tasks.compare_report import publish
from tasks.data import validate
from tasks.evaluate import score
from tasks.records import Validated
from tasks.ship import build, export
from tasks.train import record, train


@flow(name="compare", log_prints=False)
def compare(
    spec: Path,
    data: list[Path] | None = None,
    overrides: list[str] | None = None,
    rows: list[str] | None = None,
    seeds: list[int] | None = None,
    jobs: int = 0,
) -> Compared:
    """Train the rows of a spec's `compare` section and a twin for each main head; nothing is registered or promoted.

    Args:
        spec: the spec file, for example specs/compare-small.yaml
        data: files that take the place of the spec's data
        overrides: other fields of the spec, for example train.epochs=3
        rows: those of the section that run; `hard` always does
        seeds: of the trainings, at least three
        jobs: trainings at once; 0: one a core
    """
    trials = plan_trials(load_spec(spec, data=data or (), overrides=overrides or ()), rows or (), seeds or ())
    examples = validate(trials.base)
    run_ahead(trials.all, examples, jobs)
    tried = {trial.title: _try(trial, examples) for trial in trials.all}
    first = {row: trials.of_row(row)[0] for row in trials.rows}
    costs = measure(
        {row: trial.spec for row, trial in first.items()},
        {row: tried[trial.title].bundle for row, trial in first.items()},
        examples,
    )
    return publish(trials, examples, tried, weigh(trials, examples, tried, costs))


def _try(trial: Trial, examples: Validated) -> Tried:
    """Take a trial from its net to its scores; what was done ahead is found and not done again."""
    net = train(trial.spec, examples)
    run_id = record(trial.spec, examples, net)
    bundle = build(trial.spec, examples, net, export(trial.spec, examples, net), run_id)
    return Tried(trial.title, net, run_id, bundle, score(bundle, examples))
