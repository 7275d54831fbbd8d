"""Trials from net to scores, as many at once as the machine has cores for.

Workers go ahead of the flow: processes of their own, as torch's seed and threads belong to a process, that do whole
trials without Prefect. They fill the step cache that the flow's steps look at; so the flow finds what they have done, a
killed run goes on where it stopped, and the flow would come to the same end without them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread
from typing import Any

from prefect.runtime import flow_run

from schemas.spec.product import Spec
from schemas.spec.teachers import teachers_of
from schemas.spec.variants import Trial
from tasks.cache.keys import bundle_key, export_key, score_key, training_key
from tasks.cache.store import FinishedStep, StepKey, lookup
from tasks.logs import log_to
from tasks.machine import gpu_names
from tasks.progress import Event, Skipped, SourcedEvent, listening, reporting_as, tell
from tasks.records import Bundled, Exported, Scored, Trained, Validated
from tasks.settings import Settings
from tasks.steps.evaluate import score
from tasks.steps.ship import build, export
from tasks.steps.train import record, train
from tasks.trial_records import Tried

MOST_JOBS = 8
"""Every worker loads torch and the rows: about a gigabyte."""


def run_trials(trials: Sequence[Trial], data: Validated, jobs: int = 0) -> dict[str, Tried]:
    """Return title -> what became of the trial. `jobs`: workers at once; 0: one a core, or one alone on a GPU."""
    _go_ahead([trial for trial in trials if not _is_done(trial, data)], data, jobs)
    tried = {}
    for trial in trials:
        with reporting_as(trial.title):
            tried[trial.title] = _try(trial.title, trial.spec, data, call=lambda step: step)
    return tried


def _try(title: str, spec: Spec, data: Validated, call: Callable[[Any], Any]) -> Tried:
    """Take a trial from its net to its scores. `call` turns a step into what runs it: with Prefect, or without."""
    for teacher in teachers_of(spec).values():
        call(record)(teacher, data, call(train)(teacher, data))
    net = call(train)(spec, data)
    run_id = call(record)(spec, data, net)
    bundle = call(build)(spec, data, net, call(export)(spec, data, net), run_id)
    return Tried(title, net, run_id, bundle, call(score)(bundle, data))


def _go_ahead(trials: Sequence[Trial], data: Validated, jobs: int) -> None:
    """Run trials in workers. Raises what a trial raised; the others' finished steps stay."""
    if not trials:
        return
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    jobs = min(jobs or (1 if gpu_names() else min(cores, MOST_JOBS)), len(trials))
    context = get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    lifeline, held = context.Pipe(duplex=False)
    log = Settings.from_environment().logs / f"compare-workers-{os.getpid()}.log"
    try:
        with (
            _environment(max(1, cores // jobs)),
            ProcessPoolExecutor(jobs, context, initializer=_start, initargs=(lifeline, sender, log)) as pool,
        ):
            try:
                running = [pool.submit(_run, trial.title, trial.spec, data) for trial in trials]
                _listen(receiver, running)
                for future in running:
                    future.result()
            except BaseException:
                held.close()  # the workers end at once: leaving this block would wait for their trials
                raise
    finally:
        for end in (receiver, sender, lifeline, held):
            end.close()


def _is_done(trial: Trial, data: Validated) -> bool:
    """Do all its outputs lie in the step cache? Starting a worker to find out would take seconds."""
    spec = trial.spec
    with suppress(_Missing):
        net = _found(training_key(spec, data), Trained).record
        graphs = _found(export_key(spec, data, net), Exported).record
        bundle = _found(bundle_key(spec, data, net, graphs), Bundled).record
        scored = _found(score_key(bundle, data), Scored)
        tell(SourcedEvent(trial.title, Skipped("score", scored.finished_at)))
        return True
    return False


class _Missing(Exception):
    """A step has to run."""


def _found(key: StepKey, kind: type[Any]) -> FinishedStep:
    found = lookup(Settings.from_environment().cache / key.cache_path, kind)
    if not isinstance(found, FinishedStep):
        raise _Missing
    return found


def _listen(receiver: Connection, running: Sequence[Future[None]]) -> None:
    """Pass on what the workers tell, until all are done or one has failed."""
    while not _is_over(running):
        if receiver.poll(0.2):
            tell(receiver.recv())
    while receiver.poll():
        tell(receiver.recv())


def _is_over(running: Sequence[Future[None]]) -> bool:
    done, waiting = wait(running, timeout=0, return_when=FIRST_EXCEPTION)
    return not waiting or any(future.exception() for future in done)


@contextmanager
def _environment(threads: int) -> Iterator[None]:
    """Give workers that start in this block their share of the cores, and the flow run that they work for."""
    wanted = {"OMP_NUM_THREADS": str(threads), "PREFECT__FLOW_RUN_ID": str(flow_run.id)}
    added = {name: value for name, value in wanted.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]


# What follows runs in the workers.

_sender: Connection | None = None


def _start(lifeline: Connection, sender: Connection, log: Path) -> None:
    global _sender
    _sender = sender
    Thread(target=_end_with, args=(lifeline,), daemon=True).start()
    log_to(log)


def _end_with(lifeline: Connection) -> None:
    """End this process when the flow's has ended or lets go: nobody waits for the rest of the trial then."""
    with suppress(EOFError, OSError):
        lifeline.recv()
    os._exit(1)


def _run(title: str, spec: Spec, data: Validated) -> None:
    def pass_on(event: Event) -> None:
        assert _sender is not None
        # Short enough that the kernel writes it whole: workers need no lock, which a killed one would keep.
        _sender.send(SourcedEvent(title, event))

    with listening(pass_on):
        _try(title, spec, data, call=lambda step: step.fn)
