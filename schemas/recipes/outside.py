"""Sentences that no smart home should answer, made up from the frames and word lists of `strangers`: questions, talk,
television and what other products do.

Valid and test rows have frames and words that train rows have not: a device calibrated on valid rows meets strangers'
sentences of a kind that it knows, in words that it does not.
"""

from __future__ import annotations

import re
from functools import cache
from random import Random
from zlib import crc32

from schemas.recipes.names import Split
from schemas.recipes.strangers import STRANGERS

_OPEN = re.compile(r"\{(\w+)\}")
_HELD_OUT = 4
"""One in so many frames and words is kept from train."""


def outside_text(language: str, split: Split, rng: Random) -> str:
    """Return one sentence of a language of `STRANGERS`, in lower case."""
    frame = rng.choice(_frames(language, rng.choice(list(STRANGERS[language].frames)), split))
    return _OPEN.sub(lambda slot: rng.choice(_words(language, slot[1], split)), frame)


@cache
def _frames(language: str, kind: str, split: Split) -> tuple[str, ...]:
    return tuple(frame for frame in STRANGERS[language].frames[kind] if _is_for(frame, split))


@cache
def _words(language: str, of: str, split: Split) -> tuple[str, ...]:
    return tuple(word for word in STRANGERS[language].words[of] if _is_for(word, split))


def _is_for(text: str, split: Split) -> bool:
    """Valid and test rows share what train rows never say."""
    return (crc32(text.encode()) % _HELD_OUT == 0) == (split != "train")
