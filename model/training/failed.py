"""Trainings that cannot end well with the spec's settings, and which settings to look at. What is wrong is the spec."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import BaseModel

from schemas.errors import UserError
from schemas.spec.net import TrainSpec
from schemas.spec.product import Spec

USUAL: Mapping[str, float] = {
    "learning_rate": 0.02,
    "weight_decay": 0.1,
    "clip_norm": 100,
    "weight": 100,
    "rate_factor": 100,
    "trunk_rate": 20,
    "strength": 100,
    "dirty": 100,
    "mean": 100,
    "between": 100,
    "within": 100,
    "orthogonality": 100,
    "successive": 100,
    "penalty": 10,
    "alpha": 5,
}
"""Field -> the most that trainings are known to go well with, by whatever section it stands in."""


class TrainingDiverged(UserError):
    """The losses, weights or scores are no longer numbers."""


class OutOfMemory(UserError):
    """The net or its batches take more memory than the machine gives."""


def diverged(spec: Spec, epoch: int, what: str) -> TrainingDiverged:
    """Return the error that says what is no longer a number, and which settings to lower."""
    extreme = list(unusual(spec))
    look = f"lower {', '.join(extreme)}" if extreme else f"lower train.learning_rate ({spec.train.learning_rate:g})"
    default = TrainSpec.model_fields["learning_rate"].default
    return TrainingDiverged(
        f"epoch {epoch}: {what}; expected numbers. To mend it, {look}, or look for extreme labels of score heads; "
        f"most nets train with the default train.learning_rate, {default:g}"
    )


def unusual(spec: Spec) -> Iterator[str]:
    """Yield each setting beyond what is usual, with its value: the largest departures first."""
    found = []
    for section in ("heads", "train", "sharing", "balance"):
        found += _numbers(section, getattr(spec, section))
    beyond = [(value / USUAL[path.rpartition(".")[2]], path, value) for path, value in found]
    for times, path, value in sorted(beyond, reverse=True):
        if times > 1:
            yield f"{path} ({value:g})"


def out_of_memory(spec: Spec, error: Exception) -> OutOfMemory | None:
    """Return what to tell if an error is torch's or Python's for too little memory; None for any other error."""
    said = str(error).lower()
    if not isinstance(error, MemoryError) and "can't allocate memory" not in said and "out of memory" not in said:
        return None
    trunk, train = spec.trunk, spec.train
    return OutOfMemory(
        f"the memory is full: a net of trunk.width {trunk.width}, trunk.layers {trunk.layers} and "
        f"trunk.embedding_width {trunk.embedding_width}, sharing.kind {spec.sharing.kind}, trained with "
        f"train.batch_size {train.batch_size}, takes more than this machine gives. Lower train.batch_size first, then "
        "trunk.width; kinds of sharing other than hard may hold a trunk a head"
    )


def _numbers(path: str, value: object) -> list[tuple[str, float]]:
    """Return the fields of `USUAL` in a section, with their paths."""
    if isinstance(value, BaseModel):
        value = dict(value)
    if isinstance(value, Mapping):
        return [found for key, inner in value.items() for found in _numbers(f"{path}.{key}", inner)]
    if isinstance(value, int | float) and path.rpartition(".")[2] in USUAL:
        return [(path, float(value))]
    return []
