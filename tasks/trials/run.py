"""Trials from net to scores, as many at once as there is room for.

An executor goes ahead of the flow and does whole trials, without Prefect, wherever it likes. All that it must do is to
fill the step cache that the flow's steps look at; so the flow finds what is done, a killed run goes on where it
stopped, and the flow would come to the same end without an executor.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from schemas.spec.variants import Trial
from tasks.cache.store import FinishedStep
from tasks.chain import last_step, look_up, make
from tasks.progress import Skipped, SourcedEvent, reporting_as, tell
from tasks.records import Made, Validated
from tasks.settings import Settings
from tasks.trials.processes import in_processes


class Executor(Protocol):
    """What does trials ahead of the flow."""

    def __call__(self, trials: Sequence[Trial], data: Validated, jobs: int) -> None:
        """Do all trials, `jobs` at once (0: as many as there is room for); raises what one of them raised.

        Finished steps of the others stay.
        """


def run_trials(
    trials: Sequence[Trial], data: Validated, jobs: int = 0, executor: Executor = in_processes
) -> dict[str, Made]:
    """Return title -> what became of the trial."""
    # Starting a worker to find out that there is nothing to do would take seconds.
    executor([trial for trial in trials if not _is_done(trial, data)], data, jobs)
    made = {}
    for trial in trials:
        with reporting_as(trial.title, last_step()):
            made[trial.title] = make(trial.spec, data=data)
    return made


def _is_done(trial: Trial, data: Validated) -> bool:
    """Do all its outputs lie in the step cache?"""
    *_, looked = look_up({"spec": trial.spec, "data": data}, Settings.from_environment().cache)
    last = looked.found
    if isinstance(last, FinishedStep):
        tell(SourcedEvent(trial.title, Skipped(last_step(), last.finished_at), last_step()))
    return isinstance(last, FinishedStep)
