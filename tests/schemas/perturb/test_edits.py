from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.perturb.edits import Edit, Span, apply_edits, keeps_spans


@st.composite
def edited(draw: st.DrawFn) -> tuple[str, list[Span], list[Edit]]:
    """A text with disjoint spans, and disjoint edits that keep them."""
    text = draw(st.text(alphabet="ab ", min_size=1, max_size=20))
    cuts = st.lists(st.integers(0, len(text)), unique=True, max_size=6).map(sorted)
    borders = draw(cuts)
    spans = [Span(*pair, "x") for pair in zip(borders[::2], borders[1::2], strict=False)]
    places = draw(cuts)
    new = st.text(alphabet="xyz", max_size=4)
    edits = [Edit(*pair, draw(new)) for pair in zip(places[::2], places[1::2], strict=False)]
    kept: list[Edit] = []
    for edit in edits:
        # Two edits inside of one span might together leave nothing of it; one is enough for a law.
        is_first = all(not (s.start <= e.start < s.end and s.start <= edit.start < s.end) for s in spans for e in kept)
        if is_first and keeps_spans(edit, spans):
            kept.append(edit)
    return text, spans, kept


@given(edited())
def test_spans_stay_in_order_inside_the_text_and_are_never_empty(case: tuple[str, list[Span], list[Edit]]) -> None:
    text, spans, edits = case
    result = apply_edits(text, spans, edits, "test")
    end = 0
    for span in result.spans:
        assert end <= span.start < span.end <= len(result.text)
        end = span.end


@given(edited())
def test_what_an_edit_does_not_touch_is_the_same_text(case: tuple[str, list[Span], list[Edit]]) -> None:
    text, spans, edits = case
    result = apply_edits(text, spans, edits, "test")
    for before, after in zip(spans, result.spans, strict=True):
        inside = [edit for edit in edits if before.start <= edit.start and edit.end <= before.end]
        if not any(edit.start < before.end and edit.end > before.start for edit in inside):
            assert result.text[after.start : after.end] == text[before.start : before.end]


@given(edited())
def test_a_span_that_was_edited_holds_the_edit(case: tuple[str, list[Span], list[Edit]]) -> None:
    text, spans, edits = case
    result = apply_edits(text, spans, edits, "test")
    for before, after in zip(spans, result.spans, strict=True):
        for edit in edits:
            if before.start <= edit.start < edit.end <= before.end:
                expected = text[before.start : edit.start] + edit.new + text[edit.end : before.end]
                assert result.text[after.start : after.end] == expected


def test_what_is_put_in_at_a_spans_edge_is_outside_of_it() -> None:
    edits = [Edit(4, 4, "um "), Edit(11, 11, " please")]
    result = apply_edits("the kitchen", [Span(4, 11, "area")], edits, "filler")
    assert (result.text, result.spans) == ("the um kitchen please", (Span(7, 14, "area"),))


@pytest.mark.parametrize("edit", [Edit(2, 6, "x"), Edit(4, 11, ""), Edit(9, 12, "x"), Edit(0, 12, "x")], ids=repr)
def test_an_edit_that_cuts_or_removes_a_span_is_refused(edit: Edit) -> None:
    spans = [Span(4, 11, "area")]
    assert not keeps_spans(edit, spans)
    with pytest.raises(ValueError, match="overlaps another edit or cuts one of"):
        apply_edits("the kitchen!", spans, [edit], "test")


def test_edits_that_overlap_are_refused() -> None:
    with pytest.raises(ValueError, match="overlaps"):
        apply_edits("kitchen", [], [Edit(0, 3, "x"), Edit(2, 4, "y")], "test")
