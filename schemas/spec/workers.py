"""What several workers can share of a training (`model.training.workers`), and why the rest is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from schemas.spec.product import Spec

SHARED = frozenset({"equal", "uncertainty", "imtl_l", "dwa", "famo", "gls", "scale_invariant", "stch", "cosmos", "pbi"})
"""Balancing methods that are a function of the losses."""


def why_alone(spec: Spec) -> str | None:
    """Return why one process must train this spec; None: several can."""
    kind = spec.balance.kind
    if kind == "rlw":
        return "balance.kind is rlw, whose random weights would be others on each worker: use another, or one worker"
    if kind not in SHARED:
        return (
            f"balance.kind is {kind}, which needs every head's own gradient on the whole batch, where workers exchange "
            f"one for all heads a step: use a method that reads the losses ({', '.join(sorted(SHARED))}), or one worker"
        )
    if spec.train.moments == "per_head":
        return "train.moments is per_head, which needs every head's own gradient on the whole batch: use shared"
    if spec.sharing.kind == "adaptive":
        return "sharing.kind is adaptive, which counts hard rows, and each worker would grow a tree of its own"
    if covering := [name for name, head in spec.heads.items() if head.kind == "masked_word"]:
        return (
            f"heads.{covering[0]} hides words by a row's place in the batch, of which a worker has only a share: leave "
            "it out"
        )
    if spec.probe_steps:
        field = "train.probe_steps" if spec.train.probe_steps else "a head's stop_after"
        return f"{field} measures the heads' gradients on a batch, of which a worker has only a share: leave it out"
    return None
