"""What a comparison of sharing systems finds, as plain values: what its steps hand on and its reports show."""

from __future__ import annotations

from dataclasses import dataclass

from deploy.evaluation.transfer import Suspect, Transfer
from schemas.evaluation.head_grouping import Grouping
from schemas.evaluation.matrix import Table

AFFINITY = "affinity"
"""Name of the table that suspects and groups are read from."""


@dataclass(frozen=True)
class VariantCost:
    """What a variant costs, by its first seed."""

    parameters: int
    """In training; auxiliary heads count."""
    size_bytes: int
    """Of the bundle."""
    precision: str
    """That the trunk ships in; heads ship in fp32."""
    step_ms: float
    device_ms: float
    """Median of one utterance in the device runtime."""


@dataclass(frozen=True)
class Costs:
    """Measured one after the other, when nothing else of ours ran."""

    variants: dict[str, VariantCost]
    utterances: int
    """That the device time is the median of."""


@dataclass(frozen=True)
class HeadResult:
    """A main head of a variant."""

    transfer: Transfer
    suspect: Suspect | None
    """Of a flagged head, where affinities were measured."""


@dataclass(frozen=True)
class VariantResult:
    """One variant of the comparison."""

    name: str
    says: str
    """How it differs from plain hard sharing, for people."""
    heads: tuple[HeadResult, ...]
    gain: float | None
    """Delta_m, mean over the main heads, per cent."""
    cost: VariantCost

    @property
    def flagged(self) -> tuple[str, ...]:
        """Main heads that are worse than alone."""
        return tuple(head.transfer.head for head in self.heads if head.transfer.is_negative)


@dataclass(frozen=True)
class Comparison:
    """All that was found."""

    product: str
    split: str
    utterances: int
    """In the split."""
    seeds: tuple[int, ...]
    results: tuple[VariantResult, ...]
    relations: tuple[Table, ...]
    """Heads by heads, means over the seeds."""
    agreement: Table | None
    """Rank correlation of the relations."""
    trunks: int
    """That a device has room for."""
    grouping: Grouping | None
    """Recommended for so many trunks."""
    measured_utterances: int
