"""Commands that correct themselves: "turn on the, no, off the lamp". What is meant is what comes last.

The words that take something back are divided (`taken_back`): valid and test rows have others than train rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random

from schemas.perturb.numbers import LARGEST, number_words, spell
from schemas.recipes.compounds import FREE, Placed, Said
from schemas.recipes.languages import VOCABULARIES
from schemas.recipes.names import Split
from schemas.recipes.taken_back import TAKEN_BACK
from trunkline_edge.understanding.text import split_words

_OPPOSITES: Mapping[str, str] = {
    one: other
    for pair in ("on off", "open close", "up down", "increase decrease", "lock unlock", "raise lower", "mute unmute")
    for one, other in (pair.split(), reversed(pair.split()))
}
_DETERMINERS = frozenset({"the", "my", "our"})
_OWN_DETERMINERS = {
    language: frozenset(word.strip() for word in own.determiners) for language, own in VOCABULARIES.items()
}
_OWN_OPPOSITES: Mapping[str, Mapping[str, str]] = {
    language: {one: other for pair in own.opposites for one, other in (pair, (pair[1], pair[0]))}
    for language, own in VOCABULARIES.items()
}
_NAMES = frozenset({"name", "area", "floor"})
_MOST_SAID = 4
"""Words of a command that is broken off."""


def corrected(
    said: Said, other: Said, another: Callable[[str], str], language: str, split: Split, rng: Random
) -> tuple[str, list[Placed]] | None:
    """Let a command begin wrongly; None where this draw finds no way.

    Three ways: another command is broken off, a name or number is said wrongly first, or the direction is. `another`
    draws a further thing for a slot.
    """
    text, spans = said
    back = rng.choice(TAKEN_BACK[language][split == "train"])
    back = f", {back}, " if rng.random() < 0.4 else f" {back} "
    slip = rng.choice((_broken_off, _misnamed, _turned_round))(said, other, another, language, rng)
    if slip is None:
        return None
    at, wrong = slip
    put_in = wrong + back
    meant = text[at:] if at or text.startswith("I ") else text[:1].lower() + text[1:]
    moved = [
        (start + len(put_in), end + len(put_in), label, value) if start >= at else (start, end, label, value)
        for start, end, label, value in spans
    ]
    return text[:at] + put_in + meant, moved


def _broken_off(
    said: Said, other: Said, another: Callable[[str], str], language: str, rng: Random
) -> tuple[int, str] | None:
    """Begin another command, and leave off before it says anything that would count."""
    text, spans = other
    before = min((start for start, *_ in spans), default=len(text))
    words = [word for word in split_words(text) if word.end <= before][:_MOST_SAID]
    if not words:
        return None
    return 0, text[: words[rng.randrange(len(words))].end]


def _misnamed(
    said: Said, other: Said, another: Callable[[str], str], language: str, rng: Random
) -> tuple[int, str] | None:
    """Say another name or number first."""
    text, spans = said
    if not spans or any(label in FREE for _, _, label, _ in spans):
        return None
    start, end, label, value = rng.choice(spans)
    before = split_words(text[:start])
    determiners = _OWN_DETERMINERS.get(language, _DETERMINERS)
    determiner = f" {before[-1].form}" if before and before[-1].form in determiners else ""
    if label in _NAMES:
        wrong = another(label)
    elif isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST:
        is_in_words = language == "en" and all(word.form in number_words() for word in split_words(text[start:end]))
        number = rng.choice([n for n in (5, 10, 15, 20, 25, 30, 40, 50, 60, rng.randrange(1, 100)) if n != value])
        wrong = spell(number) if is_in_words else str(number)
    else:
        return None
    if wrong.casefold() == text[start:end].casefold() or (determiner and "'s" in wrong):
        return None
    # "The lamp, no, the fan": the slip goes before the article, which is said with both.
    at = before[-1].start if determiner else start
    return at, f"{determiner.strip()} {wrong}".strip()


def _turned_round(
    said: Said, other: Said, another: Callable[[str], str], language: str, rng: Random
) -> tuple[int, str] | None:
    """Say the opposite direction first, perhaps with the article that follows it."""
    text, spans = said
    words = [
        word for word in split_words(text) if not any(start < word.end and word.start < end for start, end, *_ in spans)
    ]
    opposites = _OWN_OPPOSITES.get(language, _OPPOSITES)
    determiners = _OWN_DETERMINERS.get(language, _DETERMINERS)
    found = [i for i, word in enumerate(words) if word.form in opposites]
    if not found or any(label in FREE for _, _, label, _ in spans):
        return None  # "play jazz on the tv" goes in no direction
    i = rng.choice(found)
    wrong = opposites[words[i].form]
    follows = words[i + 1].form if i + 1 < len(words) else ""
    return words[i].start, f"{wrong} {follows}" if follows in determiners and rng.random() < 0.5 else wrong
