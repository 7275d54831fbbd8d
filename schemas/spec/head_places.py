"""Where a head that names words, or stands beside another one, has a place in a net."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.spec.sharing import HardSharing, LowRank, LowSupervision

if TYPE_CHECKING:
    from schemas.spec.product import Spec


def why_misplaced(spec: Spec) -> str | None:
    """Return which head has no place in this spec, and what to do; None: all have."""
    known = [name for name, head in spec.labelled_heads.items() if head.kind == "class"]
    is_plain = spec.sharing == HardSharing()
    for name, head in spec.heads.items():
        if head.twin_of is not None and head.twin_of not in known:
            return (
                f"heads.{name}.twin_of names {head.twin_of}, which is no class head whose labels are in the rows; "
                f"these are {', '.join(known) or 'none'}"
            )
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
