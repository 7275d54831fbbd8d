"""Which words a recogniser takes for each other: English words that sound alike.

A word's key is what is left of its sound in a noisy room: voiced and unvoiced consonants are one, vowels fall into
three classes. A rule list after the idea of Metaphone (Philips 1990, *Hanging on the Metaphone*), much shorter and
coarser, since the candidates are only words of a given vocabulary: a recogniser answers in real words.
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
_CLASSES = str.maketrans("bdgvzmei" + "aou", "ptkfsn" + "II" + "AOO")
_VOWELS = re.compile(r"[IAO]+")
_LATIN = re.compile(r"[a-z]{2,}")


def sound_key(word: str) -> str:
    """Return the key of a lower-case word; words of equal keys sound alike."""
    for pattern, sound in _RULES:
        word = pattern.sub(sound, word)
    # Of neighbouring vowels the first one tells.
    return _VOWELS.sub(lambda run: run.group()[0], word.translate(_CLASSES))


def confusions_of(words: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """Word -> the other words of the vocabulary it may be heard as: equal keys, but for a final t, d, s or z."""
    alike: dict[str, list[str]] = defaultdict(list)
    for word in sorted(set(words)):
        if _LATIN.fullmatch(word):
            key = sound_key(word)
            alike[key].append(word)
            if len(key) > 3 and key[-1] in "ts":
                alike[key[:-1]].append(word)
    found: dict[str, set[str]] = defaultdict(set)
    for group in alike.values():
        for word in group:
            found[word].update(group)
    return {word: tuple(sorted(others - {word})) for word, others in found.items() if len(others) > 1}
