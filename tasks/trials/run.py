"""Trials from net to scores, as many at once as there is room for.

An executor goes ahead of the flow and does whole trials, without Prefect, wherever it likes. All that it must do is to
fill the step cache that the flow's steps look at; so the flow finds what is done, a killed run goes on where it
stopped, and the flow would come to the same end without an executor.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Protocol

from model.training.failed import TrainingDiverged
from schemas.spec.variants import Trial, Trials
from tasks.cache.store import FinishedStep
from tasks.chain import CHAIN, TRAINING, Link, last_step, look_up, make, walk
from tasks.progress import Skipped, SourcedEvent, reporting_as, tell
from tasks.records import Made, Tried, Validated
from tasks.settings import Settings
from tasks.trials.processes import Work, in_processes


class Executor(Protocol):
    """What does trials ahead of the flow."""

    def __call__(self, work: Sequence[Work], jobs: int, chain: tuple[Link, ...]) -> None:
        """Do all trials, each on its rows, `jobs` at once (0: as many as there is room for).

        Raises what one of them raised. Finished steps of the others stay. A training that diverged is no failure: the
        flow will find it so.
        """


def run_trials(
    trials: Sequence[Trial], data: Validated, jobs: int = 0, executor: Executor = in_processes
) -> dict[str, Made]:
    """Return title -> what became of the trial, all on the same rows."""
    return run_each([(trial, data) for trial in trials], jobs, executor)


def run_each(work: Sequence[Work], jobs: int = 0, executor: Executor = in_processes) -> dict[str, Made]:
    """Return title -> what became of the trial, each on rows of its own."""
    # Starting a worker to find out that there is nothing to do would take seconds.
    executor([(trial, data) for trial, data in work if not _is_done(trial, data, CHAIN)], jobs, CHAIN)
    made = {}
    for trial, data in work:
        with reporting_as(trial.title, last_step()):
            made[trial.title] = make(trial.spec, data=data)
    return made


def try_nets(trials: Trials, nets: Sequence[Trial], data: Validated, jobs: int = 0) -> dict[str, Tried]:
    """Find each net's learning rate on valid rows, and make it with every seed; returns net -> what became of it."""
    scores = _scores_by_rate(trials.grid(nets), data, jobs)
    rates = {name: best_rate(of_net) for name, of_net in scores.items()}
    seeds = {net.name: trials.of(net, rates) for net in nets}
    made = run_trials([trial for of_net in seeds.values() for trial in of_net], data, jobs)
    return {
        name: Tried(of_net[0].spec, rates[name], tuple(scores[name].items()), tuple(made[t.title] for t in of_net))
        for name, of_net in seeds.items()
    }


def best_rate(scores: Mapping[float, float | None]) -> float:
    """Return the rate with the highest score; of equal ones the lowest, which is the steadier."""
    known = {rate: -math.inf if score is None else score for rate, score in scores.items()}
    return min(known, key=lambda rate: (-known[rate], rate))


def _scores_by_rate(
    trials: Sequence[Trial], data: Validated, jobs: int, executor: Executor = in_processes
) -> dict[str, dict[float, float | None]]:  # fmt: skip
    """Train each trial; return net -> rate -> score on valid rows, None where the training diverged."""
    executor([(trial, data) for trial in trials if not _is_done(trial, data, TRAINING)], jobs, TRAINING)
    scores: dict[str, dict[float, float | None]] = {}
    for trial in trials:
        with reporting_as(trial.title, last_step(TRAINING)):
            try:
                score = walk({"spec": trial.spec, "data": data}, chain=TRAINING)["trained"].score
            except TrainingDiverged:
                score = None
        scores.setdefault(trial.name, {})[trial.spec.train.learning_rate] = score
    return scores


def _is_done(trial: Trial, data: Validated, chain: tuple[Link, ...]) -> bool:
    """Do all its outputs lie in the step cache?"""
    *_, looked = look_up({"spec": trial.spec, "data": data}, Settings.from_environment().cache, chain)
    last = looked.found
    if isinstance(last, FinishedStep):
        step = last_step(chain)
        tell(SourcedEvent(trial.title, Skipped(step, last.finished_at), step))
    return isinstance(last, FinishedStep)
