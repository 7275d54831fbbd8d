"""Spans as people and tools write them: mark-up in the text, BIO tags beside it. Here alone a span is made."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

Value = str | int | float | bool


def span(start: int, end: int, label: str, value: Value | None = None) -> dict[str, Any]:
    """Return a span in the shape that rows have; `value` is what the words stand for, where the file says it."""
    made: dict[str, Any] = {"start": start, "end": end, "label": label}
    return made if value is None else {**made, "value": value}


Marked = tuple[str, str, Value | None]
"""Words, label and value of one match; no label: the words stay and are no span."""


def strip_marks(text: str, pattern: re.Pattern[str], read: Callable[[re.Match[str]], Marked]) -> tuple[str, list[Any]]:
    """Return the text without its mark-up, and the spans that this stood for."""
    spans = []
    plain, done = "", 0
    for match in pattern.finditer(text):
        words, label, value = read(match)
        plain += text[done : match.start()]
        if label:
            spans.append(span(len(plain), len(plain) + len(words), label, value))
        plain += words
        done = match.end()
    return plain + text[done:], spans


LINKS = re.compile(r"\[(?P<words>[^\[\]\n]+)\]\((?P<label>[^()\n:]+)(?::(?P<value>[^()\n]+))?\)")
"""Mark-up as in `[latte](drink)` and `[two](count:2)`."""


def read_link(match: re.Match[str]) -> Marked:
    """Read a match of `LINKS`."""
    return match["words"], match["label"].strip(), match["value"]


SLOTS = re.compile(r"\[(?P<label>[^\[\]:]+):(?P<words>[^\[\]]+)\]")
"""Mark-up as in `wake me at [time : five am]`, of MASSIVE and SLURP."""


def read_slot(match: re.Match[str]) -> Marked:
    """Read a match of `SLOTS`."""
    return match["words"].strip(), match["label"].strip(), None


TAG = re.compile(r"O|(?P<place>[BIESLU])-(?P<label>\S+)")
"""One tag: IOB1, IOB2, BIOES or BILOU."""


def are_tags(tags: Sequence[str]) -> bool:
    """True if all are tags; a lone O or `S-x` is one too."""
    return all(TAG.fullmatch(tag) for tag in tags)


def spans_of_tags(places: Iterable[tuple[int, int]], tags: Sequence[str]) -> list[dict[str, Any]]:
    """Return the spans of a tagged sentence; `places` are the words' starts and ends in its text.

    An `I` that continues nothing begins a span, as in IOB1.

    Raises:
        ValueError: something is no tag.
    """
    spans: list[dict[str, Any]] = []
    open_label = None
    for (start, end), tag in zip(places, tags, strict=True):
        match = TAG.fullmatch(tag)
        if match is None:
            raise ValueError(f"expected O, B-label or I-label, found {tag:.40}")
        place, label = match["place"], match["label"]
        if place in ("I", "E", "L") and label == open_label:
            spans[-1]["end"] = end
        elif label is not None:
            spans.append(span(start, end, label))
        open_label = label if place in ("B", "I") else None
    return spans


def word_places(text: str) -> list[tuple[int, int]]:
    """Return start and end of each run of characters without white space."""
    return [match.span() for match in re.finditer(r"\S+", text)]


def find_words(text: str, words: Iterable[str]) -> list[tuple[int, int]]:
    """Return where each of the words stands in the text, one after another.

    Raises:
        ValueError: one is not there.
    """
    places = []
    at = 0
    for word in words:
        start = text.find(word, at)
        if start < 0:
            raise ValueError(f"the word {word:.40} is not in the text after character {at}")
        at = start + len(word)
        places.append((start, at))
    return places
