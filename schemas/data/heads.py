"""What a net's heads are once spec and data have met: kinds, label sets, weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from schemas.data.dataset import Dataset
from schemas.perturb.weak_labels import WEAK_LABELS, WORD_LABELS, WeakLabel
from schemas.spec.bounded_yaml import SpecError
from schemas.spec.product import HeadKind, HeadSpec, Spec


@dataclass(frozen=True)
class HeadPlan:
    """One head of a net to be built."""

    name: str
    kind: HeadKind
    labels: tuple[str, ...]
    """Label set in output order; empty for `score` and `next_word`."""
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


def plan_heads(spec: Spec, dataset: Dataset) -> tuple[HeadPlan, ...]:
    """Fix every head's label set from the data; heads come in the spec's order.

    Raises `SpecError` when a column that a head reads has nothing to tell apart.
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
        )
        for name, head in spec.heads.items()
    )


def _labels(name: str, head: HeadSpec, dataset: Dataset) -> tuple[str, ...]:
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
