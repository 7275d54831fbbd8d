"""Which words a recogniser takes for each other: English words that sound alike.

A word's keys are what is left of its sound in a noisy room: vowels fall into three classes, and either voiced and
unvoiced consonants are one or the last sound is lost. A rule list after the idea of Metaphone (Philips 1990, *Hanging
on the Metaphone*), much shorter and coarser, since the candidates are only words of a given vocabulary: a recogniser
answers in real words.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

_RULES = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"(.)\1", r"\1"),  # double letters
        (r"^(?:kn|gn|pn)", "n"),
        (r"^wr", "r"),
        (r"^wh", "w"),
        (r"mb$", "m"),
        (r"tch|ch(?=[eiao])|ch$", "j"),
        (r"ch", "k"),
        (r"[ts]ion|cian", "jan"),
        (r"igh|eigh", "i"),
        (r"[ao]ugh", "o"),
        (r"gh", "k"),
        (r"ph", "f"),
        (r"sh", "j"),
        (r"th", "0"),
        (r"ck|q|c(?![eiy])", "k"),
        (r"c", "s"),
        (r"dg|g(?=e$)", "j"),
        (r"x", "ks"),
        (r"(?<=[a-z])e$", ""),  # silent
        (r"(?<=[aeo])w", ""),
        (r"(?<=.)y", "i"),
    )
)
_VOWEL_CLASSES = str.maketrans("eiaou", "IIAOO")
_UNVOICED = str.maketrans("bdgvzm", "ptkfsn")
_VOWELS = re.compile(r"[IAO]+")
_LATIN = re.compile(r"[a-z]{2,}")
_MIN_CUT = 4
"""Sounds of a word that may lose its last one: less, and what is left is alike to half of the vocabulary."""


def sound_keys(word: str) -> tuple[str, ...]:
    """Return what a lower-case word may sound like: with its consonants unvoiced, or without a final t, d, s or z."""
    for pattern, sound in _RULES:
        word = pattern.sub(sound, word)
    # Of neighbouring vowels the first one tells.
    key = _VOWELS.sub(lambda run: run.group()[0], word.translate(_VOWEL_CLASSES))
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
