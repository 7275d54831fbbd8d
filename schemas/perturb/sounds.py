"""Which words a recogniser takes for each other: English words that sound alike.

A word's keys are what is left of its sound in a noisy room: vowels fall into three classes, and either voiced and
unvoiced consonants are one or the last sound is lost. They may be as coarse as this since the candidates are only words
of a given vocabulary: a recogniser answers in real words.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

from trunkline_edge.understanding.sounds import sound_of

_UNVOICED = str.maketrans("bdgvzm", "ptkfsn")
_LATIN = re.compile(r"[a-z]{2,}")
_MIN_CUT = 4
"""Sounds of a word that may lose its last one: less, and what is left is alike to half of the vocabulary."""


def sound_keys(word: str) -> tuple[str, ...]:
    """Return what a lower-case word may sound like: with its consonants unvoiced, or without a final t, d, s or z."""
    key = sound_of(word)
    is_cut = len(key) >= _MIN_CUT and key[-1] in "tdsz"
    return key.translate(_UNVOICED), f"{key[:-1] if is_cut else key}_"


def confusions_of(words: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """Word -> the other words of the vocabulary that it may be heard as: those that share a key with it."""
    alike: dict[str, list[str]] = defaultdict(list)
    for word in sorted(set(words)):
        if _LATIN.fullmatch(word):
            for key in sound_keys(word):
                alike[key].append(word)
    found: dict[str, set[str]] = defaultdict(set)
    for group in alike.values():
        for word in group:
            found[word].update(group)
    return {word: tuple(sorted(others - {word})) for word, others in found.items() if len(others) > 1}
