"""Sentences that no smart home should answer, as frames and word lists: data alone, a module for each language.

Questions, talk, television, what other products do, and what sounds like a home but is none. All written for this
project; `schemas.recipes.outside` makes sentences of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from schemas.recipes.strangers import de, en, es, fr, nl


@dataclass(frozen=True, slots=True)
class Strangers:
    """What one language has."""

    words: Mapping[str, tuple[str, ...]]
    """Word list -> its entries."""
    frames: Mapping[str, tuple[str, ...]]
    """Kind of sentence -> sentences, with the names of word lists in braces where a word of them is said."""


STRANGERS: Mapping[str, Strangers] = {
    code: Strangers(module.WORDS, module.FRAMES)
    for code, module in (("en", en), ("de", de), ("fr", fr), ("es", es), ("nl", nl))
}
