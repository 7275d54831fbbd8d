"""What a net's heads are once spec and data have met: kinds, label sets, weights."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from schemas.data.dataset import Dataset
from schemas.perturb.weak_labels import WEAK_LABELS, WORD_LABELS, WeakLabel
from schemas.spec.bounded_yaml import SpecError
from schemas.spec.heads import HeadKind, HeadSpec
from schemas.spec.product import Spec


@dataclass(frozen=True)
class HeadPlan:
    """One head of a net to be built."""

    name: str
    kind: HeadKind
    labels: tuple[str, ...]
    """Label set in output order; empty for `score` and where the labels are words."""
    weight: float
    auxiliary: bool
    depth: int | None = None
    """Layer that it reads, from 1; None: the last."""
    weak_label: WeakLabel | None = None
    """Rule that makes its labels from the text."""
    reads: Literal["source", "lang"] | None = None
    """Column of the rows that holds its labels; None: a field of `labels`."""
    adversarial: bool = False
    """Its gradient reaches the trunk reversed."""
    stop_after: int | None = None
    """Epochs of negative affinity on the main heads after which it trains no more."""
    twin_of: str | None = None
    """Class head whose labels, as numbers, are its own."""
    numbers: tuple[tuple[str, float], ...] = ()
    """These labels, and the number of each."""


def plan_heads(spec: Spec, dataset: Dataset) -> tuple[HeadPlan, ...]:
    """Fix every head's label set from the data; heads come in the spec's order.

    Raises `SpecError` when a column that a head reads has nothing to tell apart, or labels make no numbers.
    """
    return tuple(
        HeadPlan(
            name=name,
            kind=head.kind,
            labels=_labels(name, head, dataset),
            weight=head.weight,
            auxiliary=head.auxiliary,
            depth=head.depth,
            weak_label=head.weak_label,
            reads=head.reads,
            adversarial=head.adversarial,
            stop_after=head.stop_after,
            twin_of=head.twin_of,
            numbers=_numbers(name, head.twin_of, spec, dataset) if head.twin_of else (),
        )
        for name, head in spec.heads.items()
    )


def _numbers(name: str, twin: str, spec: Spec, dataset: Dataset) -> tuple[tuple[str, float], ...]:
    """Return what each label of a class head is as a number: what it reads as, else its place in the spec's order."""
    labels = spec.heads[twin].labels or tuple(dataset.labels.get(twin, ()))
    try:
        numbers = [float(label) for label in labels]
    except ValueError:
        if spec.heads[twin].labels is None:
            raise SpecError(
                f"heads.{name} is a twin of {twin}, whose labels are no numbers ({', '.join(labels[:3])}, ...): "
                f"list them in their order under heads.{twin}.labels, from the least to the most"
            ) from None
        numbers = [float(place) for place in range(len(labels))]
    if not all(map(math.isfinite, numbers)):
        raise SpecError(
            f"heads.{name} is a twin of {twin}, one of whose labels is no finite number: leave the twin out"
        )
    return tuple(zip(labels, numbers, strict=True))


def _labels(name: str, head: HeadSpec, dataset: Dataset) -> tuple[str, ...]:
    if head.twin_of is not None:
        return ()
    if head.weak_label is not None:
        return (WORD_LABELS if head.kind == "tag" else WEAK_LABELS)[head.weak_label]
    if head.reads is None:
        return tuple(dataset.labels.get(name, ()))
    values = dataset.values("train", head.reads)
    if len(values) < 2:
        found = f"only `{values[0]}`" if values else "nothing"
        raise SpecError(
            f"heads.{name} reads `{head.reads}`, which says {found} in all train rows; expected two values or more: "
            f"name `{head.reads}` for each entry of `data`, or leave the head out"
        )
    return values
