"""Where heads have a place in a net: those that name words or stand beside another head, and how deep each reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.spec.sharing import HardSharing, JointMany, LowRank, LowSupervision

if TYPE_CHECKING:
    from schemas.spec.product import Spec


def why_misplaced(spec: Spec) -> str | None:
    """Return which head has no place in this spec, and what to do; None: all have."""
    return _why_not_at_all(spec) or _why_not_so_deep(spec)


def _why_not_at_all(spec: Spec) -> str | None:
    known = [name for name, head in spec.labelled_heads.items() if head.kind == "class"]
    is_plain = spec.sharing == HardSharing()
    for name, head in spec.heads.items():
        if head.twin_of is not None and head.twin_of not in known:
            return (
                f"heads.{name}.twin_of names {head.twin_of}, which is no class head whose labels are in the rows; "
                f"these are {', '.join(known) or 'none'}"
            )
        if head.kind == "next_word" and spec.trunk.kind == "encoder":
            return f"heads.{name}: an encoder has no causal states for a next_word head, leave it out"
        if head.names_what_follows and not is_plain:
            return (
                f"heads.{name}: a next_word head ships from a trunk that is shared hard and without a prior: use that, "
                "or set `auxiliary: true`"
            )
        if head.kind == "masked_word" and spec.trunk.tokenizer == "pieces":
            return f"heads.{name}: of an encoder's pieces none is a word to name: use tokenizer words"
        if head.kind == "masked_word" and not is_plain and not isinstance(spec.sharing, LowSupervision | LowRank):
            return (
                f"heads.{name}: a masked_word head reads a trunk that all heads share: use sharing.kind hard without a "
                "prior, low_supervision or low_rank, or leave it out"
            )
    return None


def _why_not_so_deep(spec: Spec) -> str | None:
    has_depths = isinstance(spec.sharing, LowSupervision | JointMany)
    layers = spec.trunk.layers
    for name, head in spec.heads.items():
        if head.depth is None:
            continue
        if not has_depths:
            return (
                f"heads.{name}.depth is {head.depth}, but with sharing.kind {spec.sharing.kind} every head reads "
                "the last layer: leave it out, or use low_supervision or joint_many"
            )
        if head.depth > layers:
            return f"heads.{name}.depth is {head.depth}, the trunk has {layers} layers"
        if head.kind == "next_word":
            return f"heads.{name}.depth is {head.depth}: only the first layer is causal, leave it out"
    depths = [head.depth or layers for head in spec.heads.values() if head.kind != "next_word"]
    if depths and max(depths) < layers:
        return (
            f"the deepest head reads layer {max(depths)} of {layers}, nothing would train the others: "
            f"set trunk.layers to {max(depths)}, or leave a head's depth out"
        )
    return None
