"""What English words sound like: "stewdio" and "studio" have one key.

A rule list after the idea of Metaphone (Philips 1990, *Hanging on the Metaphone*), much shorter. Names are looked up by
`sound_key`; training mishears words by coarser keys of the same rules (`schemas.perturb.sounds`).
"""

from __future__ import annotations

import re
from functools import lru_cache

_SPELLINGS = tuple(
    (re.compile(pattern), letters)
    for pattern, letters in (
        (r"ew|ue$", "u"),
        (r"(?<=[a-z])(?:ee|ie)$", "y"),
        (r"tm(?=a)", "m"),  # "christmas"
    )
)
"""Ways to write one sound that recognisers and people choose from; no rules of mis-hearing."""
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
_VOWELS = re.compile(r"[IAO]+")
_LATIN = re.compile(r"[a-z]+")
MIN_LETTERS = 5
"""Of a word that may be known by its sound: shorter ones sound like too many others ("when", "wine")."""
MIN_CONSONANTS = 2


def sound_of(word: str) -> str:
    """Return the consonants of a lower-case word and its vowels in three classes; of neighbouring vowels the first."""
    for pattern, sound in _RULES:
        word = pattern.sub(sound, word)
    return _VOWELS.sub(lambda run: run.group()[0], word.translate(_VOWEL_CLASSES))


@lru_cache(maxsize=8192)
def sound_key(word: str) -> str | None:
    """Return what all words of this sound have in common; None for a word too short to be known by it, or not Latin."""
    if len(word) < MIN_LETTERS or not _LATIN.fullmatch(word):
        return None
    for pattern, letters in _SPELLINGS:
        word = pattern.sub(letters, word)
    key = sound_of(word)
    return key if len(_VOWELS.sub("", key)) >= MIN_CONSONANTS else None
