from __future__ import annotations

from typing import Any

import pytest

from trunkline_edge.understanding.decode import DecodedSpan
from trunkline_edge.understanding.slots import UNREAD, fill_slots, said_twice
from trunkline_edge.understanding.values.kinds import Kind
from trunkline_edge.understanding.values.reader import Rule, ValueReader

READER = ValueReader(
    ("en",),
    {
        "level": Rule("percent", "level"),
        "hours": Rule("number", "hours", rest="minutes"),
        "minutes": Rule("number", "minutes"),
        "state": Rule("list", "state", words={"on": "on"}),
    },
)


def fill(text: str, *parts: tuple[str, str]) -> list[tuple[str, str, Any]]:
    spans = [DecodedSpan(text.index(raw), text.index(raw) + len(raw), label, 0.8) for raw, label in parts]
    slots = fill_slots(spans, text, None, READER)
    assert all(slot.raw == text[slot.start : slot.end] for slot in slots)
    return [(slot.name, slot.raw, slot.value) for slot in slots]


@pytest.mark.parametrize(
    ("text", "raw", "found"),
    [
        ("set it to sixty thank you", "sixty thank", ("level", "sixty", 60)),
        ("set it to fifty sort of percent", "fifty sort of", ("level", "fifty", 50)),
        ("set it to about 20 percent", "about 20", ("level", "20", 20)),
        ("set it to twenty five percent", "twenty five", ("level", "twenty five", 25)),
        ("set it to nothing at all", "nothing at all", ("level", "nothing at all", None)),
        ("set it to two fifths", "two fifths", ("level", "two fifths", None)),
        ("set it to a fifth", "a fifth", ("level", "a fifth", None)),
        ("set it to twenty ninth", "twenty ninth", ("level", "twenty ninth", None)),
        ("set it to 2.5 million", "2.5 million", ("level", "2.5 million", None)),
        ("set it to 3 to 5", "3 to 5", ("level", "3 to 5", None)),
        ("set it to \u2212 five fine", "\u2212 five fine", ("level", "\u2212 five", -5)),
    ],
)
def test_words_too_many_are_cut_off_a_value(text: str, raw: str, found: tuple[str, str, Any]) -> None:
    assert fill(text, (raw, "level")) == [found]


@pytest.mark.parametrize(
    ("lang", "raw"),
    [
        ("de", "2 Millionen"),
        ("de", "zwei fuenftel"),
        ("de", "Komma fünf"),
        ("nl", "twee vijfde"),
        ("nl", "vier derde"),
        ("es", "tres quintos"),
        ("es", "3 cuartos"),
        ("fr", "vingt et unième"),
    ],
)
def test_no_language_takes_a_part_of_a_value_for_all_of_it(lang: str, raw: str) -> None:
    reader = ValueReader([lang], {"level": Rule("number", "level")})
    (slot,) = fill_slots([DecodedSpan(0, len(raw), "level", 0.8)], raw, None, reader)
    assert (slot.raw, slot.value) == (raw, None)


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [("number", "con 20", 20), ("percent", "con un 50%", 50), ("duration", "con diez minutos", 600)],
)
def test_what_can_stand_within_a_number_is_cut_off_before_one(kind: Kind, raw: str, value: int) -> None:
    reader = ValueReader(["es"], {"level": Rule(kind, "level")})
    (slot,) = fill_slots([DecodedSpan(0, len(raw), "level", 0.8)], raw, None, reader)
    assert slot.value == value


def test_what_is_left_of_an_hour_yields_to_minutes_that_were_said() -> None:
    text = "for 1.5 hours and ten minutes"
    assert fill(text, ("1.5", "hours")) == [("hours", "1.5", 1), ("minutes", "1.5", 30)]
    assert fill(text, ("1.5", "hours"), ("ten", "minutes")) == [("hours", "1.5", 1), ("minutes", "ten", 10)]


def test_a_slot_that_is_read_once_needs_no_second_that_is_not() -> None:
    assert fill("is it on if possible", ("on", "state"), ("possible", "state")) == [("state", "on", "on")]


def test_a_value_that_cannot_be_read_is_null_and_half_as_sure() -> None:
    (slot,) = fill_slots([DecodedSpan(0, 7, "level", 0.8)], "thrifty", None, READER)
    assert (slot.value, slot.p) == (None, 0.8 * UNREAD)


@pytest.mark.parametrize(
    ("spans", "twice"),
    [
        ([(0, 6, "level"), (7, 12, "level")], "level"),
        ([(0, 6, "level"), (0, 6, "level")], None),  # the same number again
        ([(0, 6, "name"), (7, 12, "name")], "name"),
        ([(0, 6, "item"), (7, 12, "item")], None),  # a text may stand in two places
        ([(0, 6, "hours"), (7, 12, "minutes")], None),
    ],
)
def test_a_command_has_one_of_each_thing_and_number(spans: list[tuple[int, int, str]], twice: str | None) -> None:
    slots = fill_slots([DecodedSpan(*span, 0.9) for span in spans], "twenty fifty", None, READER)
    assert said_twice(slots, {"name": "entity"}, READER) == twice
