"""Several workers for one training under Ray Train, which puts them on the machines of a cluster.

The same `train` runs in each; Ray makes their group, and starts them again from the last checkpoint where one dies. All
machines see the folders of data set and training under one path. Ray is an extra: `pip install 'trunkline[ray]'`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import ray
from ray.train import FailureConfig, RunConfig, ScalingConfig, get_context
from ray.train.torch import TorchConfig, TorchTrainer
from ray.util.queue import Empty, Queue

from model.training.device import choose_compute
from model.training.launch import MOST_RESTARTS
from model.training.loop import train
from model.training.reports import EpochReport, StepReport
from schemas.data.dataset import Dataset
from schemas.errors import TrunklineError
from schemas.spec.product import Spec


def train_on_ray(
    spec: Spec, dataset: Dataset, folder: Path, teachers: Mapping[str, Path], start: Path | None
) -> Iterator[StepReport | EpochReport]:
    """Do what `model.training.loop.train` does, in `spec.train.workers` Ray workers of the cluster that is connected.

    Where none is, Ray starts one on this machine; `RAY_ADDRESS` names another.
    """
    if not ray.is_initialized():
        ray.init(log_to_driver=False)
    is_cuda = choose_compute(spec.train).device.type == "cuda"
    told = Queue(actor_options={"num_cpus": 0})
    with TemporaryDirectory() as results, ThreadPoolExecutor(1) as thread:
        trainer = TorchTrainer(
            _work,
            train_loop_config={"told": told, "arguments": (spec, dataset, folder, dict(teachers), start)},
            scaling_config=ScalingConfig(num_workers=spec.train.workers, use_gpu=is_cuda),
            torch_config=TorchConfig(backend="nccl" if is_cuda else "gloo"),
            run_config=RunConfig(
                name=folder.name, storage_path=results, failure_config=FailureConfig(max_failures=MOST_RESTARTS)
            ),
        )
        running = thread.submit(trainer.fit)
        yield from _heard(told, running)
        running.result()


def _heard(told: Queue, running: Future[Any]) -> Iterator[StepReport | EpochReport]:
    while not running.done() or not told.empty():
        try:
            report = told.get(timeout=0.2)
        except Empty:
            continue
        if isinstance(report, TrunklineError):
            raise report
        yield report


def _work(config: dict[str, Any]) -> None:
    """Train, in a worker."""
    try:
        for report in train(*config["arguments"]):
            if get_context().get_world_rank() == 0:
                config["told"].put(report)
    except TrunklineError as error:  # to start again would not help
        config["told"].put(error)
