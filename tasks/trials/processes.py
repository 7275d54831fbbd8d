"""Trials in processes of this machine: torch's seed and threads belong to a process, so each worker has its own."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager, suppress
from importlib import import_module
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread

from prefect.runtime import flow_run

from model.training.failed import TrainingDiverged
from schemas.spec.product import Spec
from schemas.spec.variants import Trial
from tasks.chain import Link, last_step, walk
from tasks.logs import log_to
from tasks.machine import gpu_names
from tasks.progress import Event, SourcedEvent, listening, tell
from tasks.records import Validated
from tasks.settings import Settings

Work = tuple[Trial, Validated]
"""A trial, and the rows that it learns from and is asked."""

MOST_JOBS = 8
"""Every worker loads torch and the rows: about a gigabyte."""


def in_processes(work: Sequence[Work], jobs: int, chain: tuple[Link, ...]) -> None:
    """Run trials in workers, `jobs` at once; 0: one a core, or one alone on a GPU. Raises what a trial raised."""
    if not work:
        return
    jobs = min(room_for(jobs), len(work))
    context = get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    lifeline, held = context.Pipe(duplex=False)
    log = Settings.from_environment().logs / f"trial-workers-{os.getpid()}.log"
    try:
        with (
            cores_shared(jobs),
            ProcessPoolExecutor(jobs, context, initializer=_start, initargs=(lifeline, sender, log)) as pool,
        ):
            try:
                running = [pool.submit(_run, trial.title, trial.spec, data, chain) for trial, data in work]
                _listen(receiver, running)
                for future in wait(running, timeout=0).done:
                    future.result()
            except BaseException:
                held.close()  # the workers end at once: leaving this block would wait for their trials
                raise
    finally:
        for end in (receiver, sender, lifeline, held):
            end.close()


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


def room_for(jobs: int) -> int:
    """Return how many trainings may run at once; 0: one a core, or one alone on a GPU."""
    return jobs or (1 if gpu_names() else min(_cores(), MOST_JOBS))


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def cores_shared(jobs: int) -> Iterator[None]:
    """Give workers that start in this block their share of the cores, and the flow run that they work for.

    Of blocks inside each other the outermost counts.
    """
    threads = max(1, _cores() // jobs)
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
    import_module("mlflow")  # brings a handler of its own to the terminal, which `log_to` then takes away
    log_to(log)


def _end_with(lifeline: Connection) -> None:
    """End this process when the flow's has ended or lets go: nobody waits for the rest of the trial then."""
    with suppress(EOFError, OSError):
        lifeline.recv()
    os._exit(1)


def _run(title: str, spec: Spec, data: Validated, chain: tuple[Link, ...]) -> None:
    def pass_on(event: Event) -> None:
        assert _sender is not None
        # Short enough that the kernel writes it whole: workers need no lock, which a killed one would keep.
        _sender.send(SourcedEvent(title, event, last_step(chain)))

    with listening(pass_on), suppress(TrainingDiverged):
        walk({"spec": spec, "data": data}, lambda task: task.fn, chain)
