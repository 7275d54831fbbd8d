from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline_edge.understanding.decode import DecodedSpan
from trunkline_edge.understanding.values.units import agree_with_units

LABELS = {f"{role}{unit}" for role in ("", "start_") for unit in ("hours", "minutes", "seconds")}


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("one and a half hours", {"one": "hours", "half": "minutes"}),
        ("two and a quarter hour", {"two": "hours", "quarter": "minutes"}),
        ("an hour and a half", {"an": "hours", "half": "minutes"}),
        ("a minute and a half", {"a": "minutes", "half": "seconds"}),
        ("two and a half minutes", {"two": "minutes", "half": "seconds"}),
        ("half an hour", {"half": "minutes"}),
        ("three quarters of an hour", {"three quarters": "minutes"}),
        ("half hour timer", {"half": "minutes"}),
        ("one hour and ten minutes", {"one": "hours", "ten": "minutes"}),
        ("ninety-five-minute timer", {"ninety-five": "minutes"}),
        ("for an hour and forty seconds", {"an": "hours", "forty": "seconds"}),
        ("1 and a half hours", {"1": "hours", "half": "minutes"}),
    ],
)
@pytest.mark.parametrize("wrong", ["hours", "minutes", "seconds"])
@pytest.mark.parametrize("role", ["", "start_"])
def test_a_number_is_of_the_unit_that_is_said(text: str, parts: dict[str, str], wrong: str, role: str) -> None:
    spans = [DecodedSpan(text.index(raw), text.index(raw) + len(raw), f"{role}{wrong}", 0.9) for raw in parts]
    found = agree_with_units(spans, text, LABELS)
    assert [span.label for span in found] == [f"{role}{unit}" for unit in parts.values()]


@given(st.text(max_size=40), st.data())
def test_where_no_unit_is_said_nothing_changes(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    span = DecodedSpan(start, data.draw(st.integers(start, len(text))), "hours", 0.9)
    (found,) = agree_with_units([span], text, LABELS)
    assert (found.start, found.end, found.p) == (span.start, span.end, span.p)
    assert found == span or any(unit in text.casefold() for unit in ("hour", "minute", "second"))
    assert agree_with_units([DecodedSpan(0, 1, "brightness", 0.9)], text, LABELS)[0].label == "brightness"
