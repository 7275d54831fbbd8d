"""`python -m model.training.on_ray SPEC ROWS FOLDER`: a training on `train.workers` workers of a Ray cluster.

Ray places them on its machines, makes their group, and starts them again from the last checkpoint where one dies; they
do what workers of `torchrun` do. All machines see ROWS, a validated data set, and FOLDER, where the training goes.
`RAY_ADDRESS` names the cluster; without it Ray starts one on this machine. Needs `pip install 'trunkline[ray]'`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ray.train import FailureConfig, RunConfig, ScalingConfig
from ray.train.torch import TorchConfig, TorchTrainer
from torch import distributed

from model.training.device import choose_compute
from model.training.launch import MOST_RESTARTS
from model.training.loop import train
from model.training.reports import EpochReport
from schemas.data.dataset import Dataset
from schemas.spec.load import load_spec


def main(spec_path: str, rows: str, folder: str) -> None:
    """Train; the first worker prints a line an epoch."""
    spec = load_spec(Path(spec_path))
    is_cuda = choose_compute(spec.train).device.type == "cuda"
    with TemporaryDirectory() as kept:  # Ray's own records
        TorchTrainer(
            _work,
            train_loop_config={"spec": spec, "rows": Path(rows).absolute(), "folder": Path(folder).absolute()},
            torch_config=TorchConfig(backend="nccl" if is_cuda else "gloo"),
            scaling_config=ScalingConfig(num_workers=spec.train.workers, use_gpu=is_cuda),
            run_config=RunConfig(storage_path=kept, failure_config=FailureConfig(max_failures=MOST_RESTARTS)),
        ).fit()


def _work(given: dict[str, Any]) -> None:
    for report in train(given["spec"], Dataset.load(given["rows"]), given["folder"]):
        if isinstance(report, EpochReport) and distributed.get_rank() == 0:
            print(f"epoch {report.epoch} of {report.epochs}: score {report.score:.4f}", flush=True)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit("usage: python -m model.training.on_ray SPEC ROWS FOLDER")
    main(*sys.argv[1:])
