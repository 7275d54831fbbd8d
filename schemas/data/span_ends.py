"""Spans whose ends seem to be counted in another way than ours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

FEWEST_SPANS, LIMIT = 10, 0.9
"""Fewer spans, or a smaller share of them, may be as somebody meant them: a stem without its ending, say."""


def find_inclusive_ends(spans: Iterable[tuple[int, int, int]], texts: Sequence[str | None]) -> str | None:
    """Say so where nearly all spans stop one character before the end of a word; `spans` have row, start and end."""
    n_spans = n_short = 0
    for row, start, end in spans:
        text = texts[row] or ""
        n_spans += 1
        if 0 <= start < end < len(text):
            ends_word = end + 1 == len(text) or not text[end + 1].isalnum()
            n_short += ends_word and text[end - 1].isalnum() and text[end].isalnum()
    if n_spans < FEWEST_SPANS or n_short < LIMIT * n_spans:
        return None
    return (
        f"ends look inclusive: {n_short:,} of {n_spans:,} spans stop one character before a word's end; "
        "ours are exclusive, so add 1 to each `end`"
    )
