"""What a comparison of sharing systems finds, as plain values: what its steps hand on and its reports show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from deploy.evaluation.transfer import Suspect, Transfer
from schemas.evaluation.head_grouping import Grouping
from schemas.evaluation.matrix import Table

AFFINITY = "affinity"
"""Name of the table that suspects and groups are read from."""


SETTLED = 0.01
"""Rise of the mean valid score over the last third of the epochs above which a net counts as still learning."""


@dataclass(frozen=True)
class Tuned:
    """The learning rate that one net took, and whether it was done learning."""

    net: str
    """A variant, a group, or a head's baseline."""
    rate: float
    tried: tuple[tuple[float, float | None], ...]
    """Learning rate and the valid score that it reached with the first seed, rates rising; None: it diverged."""
    rise: float
    """Of the valid score over the last third of the epochs, mean over the seeds."""

    @property
    def warning(self) -> str | None:
        """Why the net might do better than it shows here; None: nothing speaks for it."""
        if self.rise > SETTLED:
            rise = f"{100 * self.rise:+.1f} points on valid rows in the last third of its epochs"
            return f"{self.net} has not converged: {rise}"
        if len(self.tried) > 1 and self.rate == self.tried[-1][0]:
            return f"{self.net} took the highest rate tried, {self.rate:g}: a still higher one may suit it better"
        return None


@dataclass(frozen=True)
class VariantCost:
    """What a variant costs, by its first seed; several nets: their sum."""

    parameters: int
    """In training; auxiliary heads count."""
    size_bytes: int
    """Of the bundle."""
    precision: str
    """That the trunk ships in; heads ship in fp32."""
    step_ms: float
    device_ms: float
    """Median of one utterance in the device runtime."""


def cost_together(costs: Sequence[VariantCost]) -> VariantCost:
    """Return what several nets cost a device that runs them all."""
    return VariantCost(
        parameters=sum(cost.parameters for cost in costs),
        size_bytes=sum(cost.size_bytes for cost in costs),
        precision=", ".join(dict.fromkeys(cost.precision for cost in costs)),
        step_ms=sum(cost.step_ms for cost in costs),
        device_ms=sum(cost.device_ms for cost in costs),
    )


@dataclass(frozen=True)
class Costs:
    """Measured one after the other, when nothing else of ours ran."""

    nets: dict[str, VariantCost]
    utterances: int
    """That the device time is the median of."""


@dataclass(frozen=True)
class HeadResult:
    """A main head of a variant."""

    transfer: Transfer
    suspect: Suspect | None
    """Of a head that `hard` flags, where the affinities of its seeds point at one."""
    is_alone: bool = False
    """The net is the baseline itself: a group of one head."""


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
class Prediction:
    """What a group is to bring one head, against the head alone."""

    head: str
    points: float | None
    """Of the head's metric times 100; None where the affinities do not explain what `hard` did."""


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
    """Recommended for so many trunks; the variant `grouped` is what it came to."""
    predictions: tuple[Prediction, ...]
    """What the affinities foretold of it, before it was trained; one a main head."""
    tuned: tuple[Tuned, ...]
    """Every net, in the order of the trials."""
    alone: VariantCost
    """Of all baselines together."""
    measured_utterances: int
    budget: str
    """What was held equal, for people."""

    @property
    def intervals(self) -> int:
        """How many the flags are corrected for."""
        return sum(not head.is_alone for result in self.results for head in result.heads)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Nets that may do better than they show here."""
        return tuple(tuned.warning for tuned in self.tuned if tuned.warning)

    @property
    def conclusion(self) -> str:
        """What it comes to, in a sentence or two."""
        unharmed = [result for result in self.results if not result.flagged]
        better = [
            f"{result.name} ({', '.join(head.transfer.head for head in result.heads if head.transfer.is_positive)})"
            for result in self.results
            if any(head.transfer.is_positive for head in result.heads)
        ]
        gains = f"better than alone beyond chance: {', '.join(better)}" if better else "no head is better than alone"
        if not unharmed:
            return f"Every variant makes some head worse than alone; {gains}."
        least = min(unharmed, key=lambda result: result.cost.device_ms)
        return (
            f"{', '.join(result.name for result in unharmed)}: no head worse than alone beyond chance; {gains}. "
            f"Quickest on the device of these is {least.name}, {_on_device(least.cost)}; a net a head takes "
            f"{_on_device(self.alone)}."
        )


def _on_device(cost: VariantCost) -> str:
    return f"{cost.size_bytes / 1e6:.1f} MB and {cost.device_ms:.2f} ms an answer"
