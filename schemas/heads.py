"""What a net's heads are once spec and data have met: kinds, label sets, weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from schemas.dataset import Dataset
from schemas.spec import HeadKind, Spec


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

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> HeadPlan:
        """Rebuild from `to_json`."""
        return cls(**{**value, "labels": tuple(value["labels"])})


def plan_heads(spec: Spec, dataset: Dataset) -> tuple[HeadPlan, ...]:
    """Fix every head's label set from the data; heads come in the spec's order."""
    return tuple(
        HeadPlan(
            name=name,
            kind=head.kind,
            labels=tuple(dataset.labels.get(name, ())),
            weight=head.weight,
            auxiliary=head.auxiliary,
            depth=head.depth,
        )
        for name, head in spec.heads.items()
    )
