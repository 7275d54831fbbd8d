"""`torchrun ... -m model.training SPEC ROWS FOLDER`: a training on workers that somebody else starts, anywhere.

ROWS is a validated data set and FOLDER where the training goes, both seen by all workers. The net starts from nothing
and has no teachers: a champion and other trainings are found by `trunkline retrain` alone.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from torch import distributed
from torch.distributed.elastic.multiprocessing.errors import record

from model.training.launch import group_of_workers
from model.training.loop import train
from model.training.reports import EpochReport
from schemas.data.dataset import Dataset
from schemas.errors import UserError
from schemas.spec.bounded_yaml import SpecError
from schemas.spec.load import load_spec
from schemas.spec.product import Spec
from schemas.spec.workers import why_alone


@record
def main(spec_path: str, rows: str, folder: str) -> None:
    """Train; the first worker prints a line an epoch, and every worker what it cannot do: the first to end ends all."""
    try:
        _train(Path(spec_path), Path(rows), Path(folder))
    except UserError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)


def _train(spec_path: Path, rows: Path, folder: Path) -> None:
    spec = load_spec(spec_path)
    if int(os.environ["WORLD_SIZE"]) > 1 and (why := why_alone(spec)):
        raise SpecError(f"{spec_path} cannot be trained by several workers: {why}")
    if why := _why_not_from_nothing(spec):
        raise SpecError(
            f"{spec_path}: {why}: leave it out, or let one machine train it, `trunkline retrain {spec_path} --set "
            "train.workers=N`"
        )
    try:
        dataset = Dataset.load(rows)
    except FileNotFoundError as error:
        raise UserError(
            f"{rows}: no validated data set, {error.filename} is missing; ROWS is the folder that has it, "
            "cache/validate/KEY/DIGEST of the home, after `trunkline validate`"
        ) from None
    with group_of_workers(spec):
        for report in train(spec, dataset, folder):
            if isinstance(report, EpochReport) and distributed.get_rank() == 0:
                print(f"epoch {report.epoch} of {report.epochs}: score {report.score:.4f}", flush=True)


def _why_not_from_nothing(spec: Spec) -> str | None:
    """Return why a net of this spec needs more than its rows; None: it does not."""
    if spec.train.start_from is not None:
        frozen = f" (with train.freeze {spec.train.freeze})" if spec.train.freeze else ""
        return f"train.start_from is {spec.train.start_from}{frozen}, which torchrun does not find"
    if spec.distill.teachers:
        return f"distill.teachers names {', '.join(spec.distill.teachers)}, which torchrun does not train"
    return None


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit("usage: torchrun [OPTIONS] -m model.training SPEC ROWS FOLDER")
    main(*sys.argv[1:])
