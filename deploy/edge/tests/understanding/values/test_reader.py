from __future__ import annotations

from typing import Any

import pytest

from trunkline_edge.errors import BundleInvalid
from trunkline_edge.understanding.values.kinds import Value
from trunkline_edge.understanding.values.reader import Reading, Rule, Unspoken, ValueReader, rules_to_bytes

RULES = {
    "level": Rule("percent", "level", words={"max": 100, "min": 1}),
    "down": Rule("percent", "step", times=-1),
    "hours": Rule("number", "hours", rest="minutes"),
    "minutes": Rule("number", "minutes", words={"half": 30}),
    "kind": Rule("list", "kind", words={"light": "light", "garage doors": "garage", "cool white": 4000}),
    "state": Rule("list", "state", words={"open": "open"}, by_domain={"sensor": {"open": "on"}}),
}
READER = ValueReader.from_bytes(
    ("en",), rules_to_bytes(RULES, [Unspoken("on", "light", ("area",), {"domain": "light"})])
)


def read(label: str, text: str, domain: str | None = None) -> Any:
    (reading,) = READER.read(label, text, domain=domain)
    return reading.value and reading.value.value


@pytest.mark.parametrize(
    ("label", "text", "value"),
    [
        ("level", "max", 100),
        ("level", "maxx", 100),
        ("level", "thrity", 30),
        ("minutes", "half", 30),
        ("minutes", "twenty", 20),
        ("down", "ten", -10),
        ("kind", "ligths", "light"),
        ("kind", "the lights", "light"),
        ("kind", "a garage door", "garage"),
        ("kind", "garagedoor", "garage"),
        ("kind", "col white", 4000),
        ("kind", "lamp", None),
        ("state", "open", "open"),
        ("name", "Kitchen  Lamp", "kitchen lamp"),
    ],
)
def test_a_span_means_what_rows_and_kinds_say(label: str, text: str, value: Any) -> None:
    assert read(label, text) == value


def test_what_a_word_means_may_depend_on_the_domain() -> None:
    assert read("state", "open", "sensor") == "on"
    assert read("state", "open", "cover") == "open"


def test_what_is_left_of_an_hour_is_minutes() -> None:
    assert READER.read("hours", "one and a half") == [Reading("hours", Value(1)), Reading("minutes", Value(30))]
    assert READER.read("hours", "half") == [Reading("minutes", Value(30))]
    assert READER.read("hours", "two") == [Reading("hours", Value(2))]


def test_a_label_may_fill_another_slot() -> None:
    assert READER.read("down", "ten percent") == [Reading("step", Value(-10, "%"))]
    assert READER.slot_of("down") == "step"
    assert READER.slot_of("name") == "name"


def test_what_no_words_say_follows_from_intent_domain_and_labels() -> None:
    assert READER.unspoken("on", "light", ["area", "area"]) == {"domain": "light"}
    assert READER.unspoken("on", "light", ["name"]) == {}
    assert READER.unspoken("on", None, ["area"]) == {}


@pytest.mark.parametrize("raw", [b"", b"[]", b'{"labels": {}}', b'{"labels": {"a": {"kind": "list"}}, "unspoken": []}'])
def test_a_file_that_is_none_is_refused(raw: bytes) -> None:
    with pytest.raises(BundleInvalid, match="values"):
        ValueReader.from_bytes(("en",), raw)


def test_a_kind_from_the_future_says_what_to_do() -> None:
    raw = rules_to_bytes({"a": Rule("colour", "a")}, [])
    with pytest.raises(BundleInvalid, match="unknown kind 'colour'; update trunkline-edge first"):
        ValueReader.from_bytes(("en",), raw)


def test_labels_that_an_intent_never_has_are_known_where_rows_told_them() -> None:
    reader = ValueReader.from_bytes(("en",), rules_to_bytes(RULES, [], {"off": {"name", "area"}}))
    assert reader.fits("off") == {"name", "area"}
    assert reader.fits("on") is None
    assert READER.fits("off") is None


def test_a_place_that_rows_have_said_may_be_misspelt_and_any_other_is_its_own_words() -> None:
    reader = ValueReader(("en",), {"zone": Rule("text", "state", words={"school": "school", "at home": "home"})})
    for text, value in (("shcool", "school"), ("at hom", "home"), ("church", "church")):
        (reading,) = reader.read("zone", text)
        assert reading.value is not None and (reading.slot, reading.value.value) == ("state", value)


def test_misspelt_words_mean_what_rows_have_said_before_what_a_kind_would_read() -> None:
    rule = Rule("number", "minutes", rest="seconds", words={"three quarters": 45})
    (reading,) = ValueReader(("en",), {"minutes": rule}).read("minutes", "thre quarters")
    assert reading.value is not None and (reading.slot, reading.value.value) == ("minutes", 45)
