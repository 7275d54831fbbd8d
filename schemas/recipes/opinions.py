"""Recipe `opinions`: short remarks on things at home, whole with their sentiment, and cut short with the word to come.

English, in lower case, all written for this project. A small language: what comes next can often be told from what was
said, and as often be one of several words. Splits go by a hash of the text, so equal beginnings share one.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any, NamedTuple

from pydantic import Field

from schemas.spec.base import Section, Seed

GOOD, BAD = "good", "bad"
SENTIMENT_HEAD, NEXT_WORD_HEAD = "sentiment", "next_word"
_TRIES = 50  # sentences that were there already after which there seem to be no more


class OpinionOptions(Section):
    """Options of the recipe `opinions`."""

    sentences: int = Field(default=3_000, ge=1, le=10_000, description="each gives two rows: whole, and cut short")
    seed: Seed = Field(default=0, description="rows of equal options are equal, rows of another seed differ")


class _Group(NamedTuple):
    """Things of which the same can be said."""

    things: tuple[str, ...]
    verbs: tuple[str, ...]
    good: tuple[str, ...]
    bad: tuple[str, ...]


_GROUPS = (
    _Group(
        ("coffee", "tea", "soup", "bread"),
        ("is", "was", "tastes"),
        ("fresh", "warm", "tasty"),
        ("cold", "bitter", "stale"),
    ),
    _Group(
        ("lamp", "screen", "light", "candle"),
        ("is", "was", "looks"),
        ("bright", "soft", "warm"),
        ("dim", "harsh", "broken"),
    ),
    _Group(
        ("radio", "speaker", "alarm", "music"),
        ("is", "was", "sounds"),
        ("clear", "gentle", "lively"),
        ("shrill", "noisy", "broken"),
    ),
    _Group(
        ("heater", "oven", "fan", "vacuum"),
        ("is", "was", "seems"),
        ("quick", "quiet", "strong"),
        ("slow", "noisy", "weak"),
    ),
)
_BEGINNINGS = ("the", "my", "this", "our new", "the old")
_MUCH = ("", "", "very", "so", "really")
_ENDS = {
    GOOD: ("", "", "today", "and i love it", "just as i like it", "thank you so much", "so keep it that way"),
    BAD: ("", "", "today", "and i hate it", "not as i like it", "please do something about it", "so take it away"),
}


def opinion_rows(options: OpinionOptions) -> Iterator[dict[str, Any]]:
    """Yield the rows, two a sentence.

    Raises:
        ValueError: there are not so many sentences.
    """
    rng, seen = Random(options.seed), set[str]()
    while len(seen) < options.sentences:
        text, sentiment = next(
            (made for made in (_sentence(rng) for _ in range(_TRIES)) if made[0] not in seen), ("", GOOD)
        )
        if not text:
            raise ValueError(f"there are hardly more than {len(seen):,} sentences: set `sentences` to that or less")
        seen.add(text)
        words = text.split()
        cut = rng.randrange(1, len(words))
        yield {"text": text, "labels": {SENTIMENT_HEAD: sentiment}}
        yield {"text": " ".join(words[:cut]), "labels": {NEXT_WORD_HEAD: words[cut]}}


def _sentence(rng: Random) -> tuple[str, str]:
    group, sentiment = rng.choice(_GROUPS), rng.choice((GOOD, BAD))
    word = rng.choice(group.good if sentiment == GOOD else group.bad)
    parts = (rng.choice(_BEGINNINGS), rng.choice(group.things), rng.choice(group.verbs), rng.choice(_MUCH), word)
    return " ".join(filter(None, (*parts, rng.choice(_ENDS[sentiment])))), sentiment
