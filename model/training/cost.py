"""What nets cost to train: parameters, and the time of a step."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import torch

from model.training.loop import Training
from schemas.data.dataset import Dataset
from schemas.spec.product import Spec

WARM_UP, STEPS = 3, 20


@dataclass(frozen=True)
class TrainingCost:
    """One net."""

    parameters: int
    """All that train, those of auxiliary heads too."""
    step_ms: float
    """Median of an optimiser step. Probes, at every tenth step or so, stay out of it."""


def measure_steps(
    specs: Sequence[Spec],
    dataset: Dataset,
    folder: Path,
    teachers_at: Callable[[Spec], Mapping[str, Path]] = lambda spec: {},
) -> list[TrainingCost]:
    """Train each spec's net for a few steps, turn by turn, so that a busy moment strikes all alike.

    `folder` gets nothing but rows that do not fit into memory. The specs have one batch size and seed; `teachers_at`
    returns name -> folder of the finished training of each of a spec's teachers.
    """
    trainings = [Training(spec, dataset, folder / str(number), teachers_at(spec)) for number, spec in enumerate(specs)]
    times = np.zeros((len(trainings), WARM_UP + STEPS))
    epochs = [each.rows.steps(each.settings.batch_size, each.settings.seed, 1) for each in trainings]
    steps = [list(islice(epoch.after(0), WARM_UP + STEPS)) for epoch in epochs]
    for step in range(WARM_UP + STEPS):
        for number, training in enumerate(trainings):
            training.net.train()
            encoded, rows = steps[number][step % len(steps[number])]
            _wait(training)
            begun = time.perf_counter()
            training.step(encoded, rows, step, len(epochs[number]))
            _wait(training)
            times[number, step] = time.perf_counter() - begun
    medians = np.median(times[:, WARM_UP:], axis=1) * 1e3
    sizes = [sum(parameter.numel() for parameter in training.net.parameters()) for training in trainings]
    return [TrainingCost(size, float(ms)) for size, ms in zip(sizes, medians, strict=True)]


def _wait(training: Training) -> None:
    if training.compute.device.type == "cuda":  # GPU only: kernels run behind the program's back
        torch.cuda.synchronize(training.compute.device)
