from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from trunkline_edge.understanding.decode import DecodedSpan
from trunkline_edge.understanding.slots import UNREAD, fill_slots, said_twice
from trunkline_edge.understanding.text import split_words
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


@pytest.mark.parametrize(
    ("text", "parts", "found"),
    [
        ("set it to 21½ degrees", ["21"], [("21½", 21.5)]),
        ("set it to 21 and a half", ["21"], [("21 and a half", 21.5)]),
        ("set it to nineteen and a half", ["half"], [("nineteen and a half", 19.5)]),
        ("set it to -25 percent", ["to -", "25"], [("-25", -25)]),
        ("set it to minus ten", ["ten"], [("minus ten", -10)]),
        ("set it to 1,000 percent", ["1"], [("1,000", 1000)]),
        ("set it to 20.5 percent", ["20", "5"], [("20.5", 20.5)]),
        ("set it to one hundred and twenty now", ["one hundred", "twenty"], [("one hundred and twenty", 120)]),
        ("set it to twenty five thanks", ["five thanks"], [("twenty five", 25)]),
        ("channels 5, 6", ["5", "6"], [("5", 5), ("6", 6)]),
        ("channels twenty, five", ["twenty", "five"], [("twenty", 20), ("five", 5)]),
        ("from 20-25", ["20", "25"], [("20", 20), ("25", 25)]),
        ("from ten minus five", ["five"], [("five", 5)]),
        ("between 20 and 22", ["20", "22"], [("20", 20), ("22", 22)]),
        ("lamp 2 50 percent", ["50"], [("50", 50)]),
        ("lamps - 50 percent", ["50"], [("50", 50)]),
        ("the light hundred percent", ["hundred"], [("hundred", 100)]),
        ("set it to 20. 5 more", ["20"], [("20", 20)]),
    ],
)
def test_a_number_is_read_with_the_words_that_its_span_lacks_and_with_no_others(
    text: str, parts: list[str], found: list[tuple[str, float]]
) -> None:
    told = [(raw, value) for _, raw, value in fill(text, *((part, "level") for part in parts)) if value is not None]
    assert told == found


def test_a_number_takes_no_words_of_another_slot() -> None:
    assert fill("lamp two hundred percent", ("two", "state"), ("hundred", "level"))[1] == ("level", "hundred", 100)
    halves = [("hours", "one", 1), ("minutes", "half", 0.5)]
    assert fill("one and a half hours", ("one", "hours"), ("half", "minutes")) == halves


def test_a_sign_before_a_step_down_does_not_turn_it_up() -> None:
    reader = ValueReader(["en"], {"down": Rule("percent", "step", times=-1)})
    (slot,) = fill_slots([DecodedSpan(10, 12, "down", 0.8)], "lower by -10 percent", None, reader)
    assert slot.value == -10


SAID = {
    "en": ["twenty-{}", "{} hundred and forty-{}", "{} thousand and five", "minus {}", "{} point {}", "{} and a half"],
    "de": ["{} und zwanzig", "{} hundert {} und vierzig", "minus {}", "{} komma {}", "{} und ein halb"],
    "fr": ["vingt-{}", "{} cent quatre-vingt-dix-sept", "moins {}", "{} virgule {}", "{} et demi"],
    "es": ["treinta y {}", "doscientos cuarenta y {}", "menos {}", "{} coma {}", "{} y medio"],
    "nl": ["{} en twintig", "{} honderd {} en veertig", "min {}", "{} komma {}", "{} en een half"],
}
DIGITS = {
    "en": "two three four five six seven eight nine",
    "de": "zwei drei vier fünf sechs sieben acht neun",
    "fr": "deux trois quatre cinq six sept huit neuf",
    "es": "dos tres cuatro cinco seis siete ocho nueve",
    "nl": "twee drie vier vijf zes zeven acht negen",
}
"""Without one, which is also an article: of "vingt et un", "vingt" may be a number before "and a"."""


def numbers(lang: str, rng: Random) -> Iterator[str]:
    """Yield numbers of each form, in words and in digits."""
    point, group = (".", ",") if lang == "en" else (",", ".")
    for form in SAID[lang]:
        yield form.format(*rng.choices(DIGITS[lang].split(), k=2))
    n = rng.randint(1, 200)
    yield from (f"{n}{point}{rng.randint(1, 99)}", f"-{n}{point}5", f"{n}½", f"{n} 1/2", f"-{n}")
    yield from (f"{rng.randint(1, 9)}{group}{rng.randrange(1000):03}", SAID[lang][-1].format(n))


@pytest.mark.parametrize("kind", ["number", "percent", "temperature"])
@pytest.mark.parametrize("lang", SAID)
def test_a_span_that_ends_within_a_number_is_never_another_number(lang: str, kind: Kind) -> None:
    reader = ValueReader([lang], {"level": Rule(kind, "level")})
    rng = Random(20261129)
    for said in [number for _ in range(8) for number in numbers(lang, rng)]:
        text, words = f"so {said} ok", split_words(said)
        (whole,) = fill_slots([DecodedSpan(3, 3 + len(said), "level", 0.8)], text, None, reader)
        assert whole.value is not None
        for first, word in enumerate(words):
            for last in words[first:]:
                span = DecodedSpan(3 + word.start, 3 + last.end, "level", 0.8)
                (slot,) = fill_slots([span], text, None, reader)
                assert slot.value in (whole.value, None), (said, said[word.start : last.end])


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
