"""Several workers of this machine for one training, by the means of `torchrun`.

Where a worker dies, the others are ended, and all start again from the last checkpoint. In this process, the training
looks as one that runs here: it yields the first worker's reports, and raises what a worker raised.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from datetime import timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

import torch
from torch import distributed
from torch.distributed.elastic.multiprocessing import DefaultLogsSpecs, Std
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError, record
from torch.distributed.launcher.api import LaunchConfig, elastic_launch

from model.training.device import choose_compute
from model.training.loop import train
from model.training.reports import EpochReport, StepReport
from schemas.data.dataset import Dataset
from schemas.errors import TrunklineError
from schemas.spec.product import Spec

MOST_RESTARTS = 3
"""Of one training: what kills workers again and again does not pass."""
JOIN = timedelta(minutes=5)
"""How long a worker waits for another, at the start and in each step; then it ends, and all start again. torch's own
limit is half an hour."""


class WorkersFailed(TrunklineError):
    """Workers ended again and again."""


def train_in_workers(
    spec: Spec, dataset: Dataset, folder: Path, teachers: Mapping[str, Path], start: Path | None
) -> Iterator[StepReport | EpochReport]:
    """Do what `model.training.loop.train` does, in `spec.train.workers` processes."""
    context = get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    lifeline, held = context.Pipe(duplex=False)
    config = LaunchConfig(
        min_nodes=1,
        max_nodes=1,
        nproc_per_node=spec.train.workers,
        rdzv_backend="c10d",
        rdzv_endpoint="127.0.0.1:0",
        local_addr="127.0.0.1",
        max_restarts=MOST_RESTARTS,
    )
    with TemporaryDirectory() as logs, ThreadPoolExecutor(1) as thread, _surroundings(spec.train.workers):
        config.logs_specs = DefaultLogsSpecs(log_dir=logs, redirects=Std.ALL)  # off the terminal
        launch = elastic_launch(config, _work)
        running = thread.submit(launch, lifeline, sender, spec, dataset, folder, dict(teachers), start)
        try:
            yield from _heard(receiver, running)
            running.result()
        except ChildFailedError as error:
            rank, failure = error.get_first_failure()
            raise WorkersFailed(
                f"worker {rank} of {spec.train.workers} ended {MOST_RESTARTS + 1} times: {failure.message}; "
                "train.workers 1 trains in one process"
            ) from error
        finally:
            held.close()  # whoever still works ends at once
            wait([running])
            for end in (receiver, sender, lifeline):
                end.close()


def _heard(receiver: Connection, running: Future[object]) -> Iterator[StepReport | EpochReport]:
    """Yield what the first worker reports until all are done; raise what one of them has sent."""
    while not running.done() or receiver.poll():
        if receiver.poll(0.1):
            told = receiver.recv()
            if isinstance(told, TrunklineError):
                raise told
            yield told


@contextmanager
def _surroundings(workers: int) -> Iterator[None]:
    """Give each worker its share of the cores, and those that start again a store of their own to meet in.

    torch 2.13 has them meet in the store of those before, where one that is early finds the address of a dead one
    (pytorch/pytorch#135712).
    """
    wanted = {
        "TORCH_DISABLE_SHARE_RDZV_TCP_STORE": "1",
        "OMP_NUM_THREADS": str(max(1, (os.cpu_count() or 1) // workers)),
    }
    ours = {name: value for name, value in wanted.items() if name not in os.environ}
    os.environ.update(ours)
    try:
        yield
    finally:
        for name in ours:
            del os.environ[name]


# What follows runs in the workers.


@record
def _work(
    lifeline: Connection,
    sender: Connection,
    spec: Spec,
    dataset: Dataset,
    folder: Path,
    teachers: Mapping[str, Path],
    start: Path | None,
) -> None:
    Thread(target=_end_with, args=(lifeline,), daemon=True).start()
    try:
        with group_of_workers(spec):
            for report in train(spec, dataset, folder, teachers, start):
                if distributed.get_rank() == 0:
                    sender.send(report)
    except TrunklineError as error:  # to start again would not help
        sender.send(error)


def _end_with(lifeline: Connection) -> None:
    """End this process when the one that launched it has ended or lets go."""
    with suppress(EOFError, OSError):
        lifeline.recv()
    os._exit(1)


@contextmanager
def group_of_workers(spec: Spec) -> Iterator[None]:
    """Join the group that `torchrun` or its like has written into the environment."""
    is_cuda = choose_compute(spec.train).device.type == "cuda"
    if is_cuda:  # GPU only
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    distributed.init_process_group("nccl" if is_cuda else "gloo", timeout=JOIN)
    try:
        yield
    finally:
        distributed.destroy_process_group()
