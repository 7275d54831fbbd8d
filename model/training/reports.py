"""What a training tells while it goes on: one value a step, one an epoch."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class StepReport:
    """One optimiser step is done."""

    epoch: int
    step: int
    """In the epoch, from 1."""
    steps: int
    """In the epoch."""
    loss: float
    """Mean over the epoch so far of the present heads' mean loss."""


@dataclass(frozen=True)
class EpochReport:
    """One epoch is done and scored."""

    epoch: int
    """From 1."""
    epochs: int
    seconds: float
    utterances_per_s: float
    learning_rate: float
    losses: dict[str, float]
    """Head -> mean normalised loss on train rows (1 is chance level), its teachers' share in it."""
    penalties: dict[str, float]
    """Name -> mean regulariser, apart from the losses."""
    weights: dict[str, float]
    """Head -> mean weight in the balanced loss."""
    valid: dict[str, dict[str, float]]
    """Main head -> metric -> value on valid rows."""
    score: float
    """`Scores.mean` of the main heads; the best epoch's weights are kept, unless the spec keeps the last."""
    is_best: bool
    affinities: dict[str, float] = field(default_factory=dict)
    """Auxiliary head -> mean affinity on the main heads (`model.training.affinity`), where the epoch measured it."""
    stopped: tuple[str, ...] = ()
    """Auxiliary heads that train no more after this epoch."""
