"""Sentences that no smart home should answer, made up from frames and word lists: questions, talk, television and what
other products do. English; all written for this project.

Valid and test rows have frames and words that train rows have not: a device calibrated on valid rows meets strangers'
sentences of a kind that it knows, in words that it does not.
"""

from __future__ import annotations

import re
from functools import cache
from random import Random
from zlib import crc32

from schemas.recipes.names import Split
from schemas.recipes.strangers import FRAMES, WORDS

_OPEN = re.compile(r"\{(\w+)\}")
_HELD_OUT = 4
"""One in so many frames and words is kept from train."""


def outside_text(split: Split, rng: Random) -> str:
    """Return one sentence, in lower case."""
    frame = rng.choice(_frames(rng.choice(list(FRAMES)), split))
    return _OPEN.sub(lambda slot: rng.choice(_words(slot[1], split)), frame)


@cache
def _frames(kind: str, split: Split) -> tuple[str, ...]:
    return tuple(frame for frame in FRAMES[kind] if _is_for(frame, split))


@cache
def _words(of: str, split: Split) -> tuple[str, ...]:
    return tuple(word for word in WORDS[of] if _is_for(word, split))


def _is_for(text: str, split: Split) -> bool:
    """Valid and test rows share what train rows never say."""
    return (crc32(text.encode()) % _HELD_OUT == 0) == (split != "train")
