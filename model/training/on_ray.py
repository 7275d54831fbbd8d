"""Several workers for one training, placed by Ray Train on the machines of a Ray cluster.

They do what workers of `model.training.launch` do, and Ray starts them again where one dies. All machines need this
checkout, and see the data set and the folder of the training under the same paths. Ray is an extra (`.[ray]`), and
nothing else of `model` knows it.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from typing import Any

import ray
from ray.train import FailureConfig, RunConfig, ScalingConfig, TrainingFailedError
from ray.train.torch import TorchConfig, TorchTrainer
from ray.util.queue import Empty, Queue
from torch import distributed

from model.training.device import choose_compute
from model.training.launch import JOIN, MOST_RESTARTS, WorkersFailed
from model.training.loop import train
from model.training.reports import EpochReport, StepReport
from schemas.data.dataset import Dataset
from schemas.errors import TrunklineError, UserError
from schemas.spec.product import Spec

START_TIMEOUT = "RAY_TRAIN_WORKER_GROUP_START_TIMEOUT_S"
"""How long Ray waits for workers that start and load torch: a minute unless told, too short on a busy machine."""
RECORDS = "ray"
"""Ray's own, below the folder of the training while it lasts, as all machines must see it. Checkpoints are ours."""


@dataclass(frozen=True)
class _Work:
    """What each worker is given."""

    spec: Spec
    dataset: Dataset
    folder: Path
    teachers: Mapping[str, Path]
    start: Path | None
    where: Path
    """The folder that relative paths of the spec begin at."""
    reports: Queue


def train_on_ray(
    address: str, spec: Spec, dataset: Dataset, folder: Path, teachers: Mapping[str, Path], start: Path | None
) -> Iterator[StepReport | EpochReport]:
    """Do what `model.training.loop.train` does, in `spec.train.workers` workers of the cluster at `address`."""
    is_cuda = choose_compute(spec.train).device.type == "cuda"
    os.environ.setdefault(START_TIMEOUT, str(JOIN.total_seconds()))
    try:
        # Leaving the cluster ends whoever still works there, and only then the thread that waits for them.
        with ThreadPoolExecutor(1) as thread, _joined(address):
            reports = Queue(actor_options={"num_cpus": 0})
            trainer = TorchTrainer(
                _work,
                train_loop_config={"work": _Work(spec, dataset, folder, teachers, start, Path.cwd(), reports)},
                torch_config=TorchConfig(backend="nccl" if is_cuda else "gloo", timeout_s=int(JOIN.total_seconds())),
                scaling_config=ScalingConfig(num_workers=spec.train.workers, use_gpu=is_cuda),
                run_config=RunConfig(
                    storage_path=str(folder.absolute() / RECORDS),
                    failure_config=FailureConfig(max_failures=MOST_RESTARTS),
                ),
            )
            running = thread.submit(trainer.fit)
            yield from _heard(reports, running)
            running.result()
    except TrainingFailedError as error:
        raise WorkersFailed(
            f"workers on Ray ended {MOST_RESTARTS + 1} times: {error}; train.workers 1 trains in one process"
        ) from error
    finally:
        rmtree(folder / RECORDS, ignore_errors=True)


def _heard(reports: Queue, running: Future[Any]) -> Iterator[StepReport | EpochReport]:
    """Yield what the first worker reports until all are done; raise what one of them has sent."""
    while not running.done() or not reports.empty():
        try:
            told = reports.get(timeout=0.5)
        except Empty:
            continue
        if isinstance(told, TrunklineError):
            raise told
        yield told


@contextmanager
def _joined(address: str) -> Iterator[None]:
    """Be a member of a cluster; when the block is left, what this process has begun there ends."""
    try:
        ray.init(address, log_to_driver=False, logging_level=logging.ERROR)
    except Exception as error:  # Ray has no class of its own for it
        place = f"no Ray cluster answers at {address}"
        raise UserError(f"{place}: {error}; docs/scaling.md tells how one is started") from error
    try:
        yield
    finally:
        ray.shutdown()


# What follows runs in the workers.


def _work(given: dict[str, _Work]) -> None:
    work = given["work"]
    os.chdir(work.where)
    try:
        for report in train(work.spec, work.dataset, work.folder, work.teachers, work.start):
            if distributed.get_rank() == 0:
                work.reports.put(report)
    except TrunklineError as error:  # to start again would not help
        work.reports.put(error)
