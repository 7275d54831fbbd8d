"""What seems to be meant where data is nearly ours: other names of columns and parts of spans, and inclusive ends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

_OTHER_NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "text": ("utterance", "utt", "sentence", "query", "phrase", "example", "transcript", "message", "input"),
        "label": ("entity", "slot", "slot_name", "tag", "type", "name", "entity_type"),
        "start": ("begin", "from", "start_offset", "start_char", "offset"),
        "end": ("stop", "to", "end_offset", "end_char"),
        "split": ("partition", "fold", "subset"),
    }
)

FEWEST_SPANS, SHORT_SHARE = 10, 0.9
"""Fewer spans, or a smaller share of them, may be as somebody meant them: a stem without its ending, say."""


def near_name(wanted: str, found: Iterable[str]) -> str | None:
    """Return the name among those found that seems to mean `wanted`, None if none does.

    A name also counts where only case, or white space around it, is different.
    """
    by_folded = {name.strip().casefold(): name for name in found}
    return next((by_folded[name] for name in (wanted, *_OTHER_NAMES.get(wanted, ())) if name in by_folded), None)


def hint(wanted: str, found: Iterable[str]) -> str | None:
    """Say which name looks like ours, None if none does."""
    near = near_name(wanted, found)
    return None if near is None or near == wanted else f"`{near}` looks like our `{wanted}`"


def find_inclusive_ends(spans: Iterable[tuple[int, int, int]], texts: Sequence[str | None]) -> str | None:
    """Say so where nearly all spans stop one character before the end of a word; `spans` have row, start and end."""
    n_spans = n_short = 0
    for row, start, end in spans:
        text = texts[row] or ""
        n_spans += 1
        if 0 <= start < end < len(text):
            ends_word = end + 1 == len(text) or not text[end + 1].isalnum()
            n_short += ends_word and text[end - 1].isalnum() and text[end].isalnum()
    if n_spans < FEWEST_SPANS or n_short < SHORT_SHARE * n_spans:
        return None
    return (
        f"ends look inclusive: {n_short:,} of {n_spans:,} spans stop one character before a word's end; "
        "ours are exclusive, so add 1 to each `end`"
    )
