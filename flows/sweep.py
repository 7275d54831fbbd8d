"""Sweep: other values for some fields of a spec, tried on valid rows."""

from __future__ import annotations

from pathlib import Path

from prefect import flow
from prefect.futures import wait

from schemas.spec.load import load_spec
from schemas.spec.search import plan_search
from tasks.flow_run import tell_users_faults_in_a_sentence
from tasks.records import Swept
from tasks.reports.sweep import publish
from tasks.steps.validate import validate
from tasks.trials.sweep import attempts_of, sweep_run, trials_left, try_next


@flow(name="sweep", log_prints=False)
def sweep(
    spec_path: Path,
    over: list[str] | None = None,
    data: list[Path] | None = None,
    overrides: list[str] | None = None,
    trials: int = 24,
    jobs: int = 0,
) -> Swept:
    """Try values of some fields, each trial chosen by what the ones before it came to; promotes nothing.

    The flow's task runner decides where trials run and how many at once: `sweep.with_options(task_runner=...)`.

    Args:
        spec_path: the spec file, for example specs/home.yaml
        over: fields and their values, for example train.learning_rate=1e-4..1e-2,log
        data: files that take the place of the spec's data
        overrides: other fields of the spec, for example train.epochs=3
        trials: how many there shall be, those of earlier calls included
        jobs: trials at once that the cores are shared among; 0: one a core
    """
    tell_users_faults_in_a_sentence()
    search = plan_search(load_spec(spec_path, data=data or (), overrides=overrides or ()), over or ())
    examples = validate(search.base)
    with sweep_run(search, examples, jobs) as run_id:
        tried = [try_next.submit(search, examples, run_id) for _ in range(trials_left(search, examples, trials))]
        wait(tried)
        for each in tried:
            each.result()
        return publish(search, examples, attempts_of(search, examples), run_id)
