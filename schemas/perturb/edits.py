"""Edits of a text that its spans follow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Span(NamedTuple):
    """A labelled piece of text, in characters, end exclusive."""

    start: int
    end: int
    label: str


class Edit(NamedTuple):
    """Put `new` in place of `text[start:end]`; with `start == end` it is an insertion."""

    start: int
    end: int
    new: str


class Perturbed(NamedTuple):
    """A text as somebody might have said, typed or heard it."""

    text: str
    spans: tuple[Span, ...]
    kind: str


def keeps_spans(edit: Edit, spans: Sequence[Span]) -> bool:
    """Say whether every span lies wholly inside or wholly outside of the edit's place, and has text left after it.

    What an insertion at a span's edge adds is outside of the span.
    """
    for span in spans:
        is_outside = edit.end <= span.start or edit.start >= span.end
        is_inside = span.start <= edit.start and edit.end <= span.end
        leaves_text = bool(edit.new) or edit.end - edit.start < span.end - span.start
        if not (is_outside or (is_inside and leaves_text)):
            return False
    return True


def apply_edits(text: str, spans: Sequence[Span], edits: Sequence[Edit], kind: str) -> Perturbed:
    """Apply edits in order of their place, none overlapping; every one must keep the spans."""
    pieces: list[str] = []
    position = 0
    for edit in edits:
        if edit.start < position or not keeps_spans(edit, spans):
            raise ValueError(f"{edit} overlaps another edit or cuts one of {spans} in {text!r}")
        pieces += [text[position : edit.start], edit.new]
        position = edit.end
    moved = tuple(Span(*_moved(span, edits), span.label) for span in spans)
    return Perturbed("".join([*pieces, text[position:]]), moved, kind)


def _moved(span: Span, edits: Sequence[Edit]) -> tuple[int, int]:
    before = within = 0
    for edit in edits:
        grown = len(edit.new) - (edit.end - edit.start)
        if edit.end <= span.start:
            before += grown
        elif edit.start < span.end:
            within += grown
    return span.start + before, span.end + before + within
