"""Each reader, over its whole range, in words and digits."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline_edge.understanding.values.kinds import Kind, Value, read_kind

ONES = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
TENS = ["_", "_", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


def spelled(number: int, hyphen: str = " ", between: str = " ") -> str:
    if number < 20:
        return ONES[number]
    for size, name in ((1_000_000, "million"), (1_000, "thousand"), (100, "hundred")):
        if number >= size:
            rest = number % size
            joint = between if rest < 100 else " "
            return f"{spelled(number // size)} {name}" + (joint + spelled(rest, hyphen, between) if rest else "")
    return TENS[number // 10] + (hyphen + ONES[number % 10] if number % 10 else "")


def read(kind: Kind, text: str, lang: str = "en") -> Any:
    found = read_kind(kind, text, (lang,))
    return found and found.value


def test_every_number_to_ten_thousand_is_read_in_words_and_in_digits() -> None:
    for number in range(10_001):
        assert read("number", spelled(number)) == number == read("number", str(number))


@given(st.integers(0, 10**9 - 1), st.sampled_from(["-", " "]), st.sampled_from([" and ", ", ", " "]))
def test_a_whole_number_is_read_however_it_is_written(number: int, hyphen: str, between: str) -> None:
    assert read("number", spelled(number, hyphen, between)) == number
    assert read("number", f"{number:,}" if number < 10**6 else str(number)) == number
    assert read("number", f"minus {spelled(number)}") == -number == read("number", f"-{number}")


@given(st.integers(0, 9_999), st.integers(1, 99))
def test_decimals_are_read_in_words_and_in_digits(number: int, hundredths: int) -> None:
    wanted = float(f"{number}.{hundredths:02}")
    digits = " ".join(ONES[int(digit)] for digit in f"{hundredths:02}")
    assert read("number", f"{spelled(number)} point {digits}") == wanted == read("number", f"{wanted:.2f}")


@given(st.integers(1, 9_999))
def test_ordinals_are_read_in_words_and_in_digits(number: int) -> None:
    last = {"one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth"}
    *start, word = spelled(number).split()
    word = last.get(word) or ("twelfth" if word == "twelve" else f"{word[:-1]}ieth" if word[-1] == "y" else f"{word}th")
    assert read("ordinal", " ".join([*start, word])) == number
    assert read("ordinal", f"{number}th") == number


@given(st.integers(0, 23), st.integers(0, 59))
def test_times_of_day_are_read_in_words_and_in_digits(hour: int, minute: int) -> None:
    wanted = f"{hour:02}:{minute:02}"
    assert read("datetime", f"{hour}:{minute:02}") == wanted
    said = "o'clock" if not minute else f"oh {ONES[minute]}" if minute < 10 else spelled(minute)
    assert read("datetime", f"{spelled(hour)} {said}") == wanted
    if 0 < minute < 60:
        assert read("datetime", f"{spelled(minute)} past {spelled(hour)}") == wanted
        assert read("datetime", f"{60 - minute} minutes to {(hour + 1) % 24}") == wanted
    half = "am" if hour < 12 else "pm"
    assert read("datetime", f"{(hour + 11) % 12 + 1}:{minute:02} {half}") == wanted


@given(st.integers(0, 99), st.integers(0, 59), st.integers(0, 59))
def test_durations_are_the_sum_of_their_parts(hours: int, minutes: int, seconds: int) -> None:
    wanted = 3600 * hours + 60 * minutes + seconds
    words = f"{spelled(hours)} hours, {spelled(minutes)} minutes and {spelled(seconds)} seconds"
    assert read("duration", words) == wanted == read("duration", f"{hours}h {minutes}m {seconds}s")


@pytest.mark.parametrize(
    ("kind", "text", "value", "unit"),
    [
        ("number", "twenty point five", 20.5, None),
        ("number", "a hundred", 100, None),
        ("number", "thrity", 30, None),
        ("number", "fourty five", 45, None),
        ("number", "seventy-tqo", 72, None),
        ("number", "onne", 1, None),
        ("number", "two and a half", 2.5, None),
        ("number", "2 1/2", 2.5, None),
        ("number", "\u00bd", 0.5, None),
        ("number", "1,000,000", 1_000_000, None),
        ("number", "half a dozen", 6, None),
        ("number", "\u22125", -5, None),
        ("percent", "half", 50, "%"),
        ("percent", "1/2", 50, "%"),
        ("percent", "\u00bd", 50, "%"),
        ("percent", "a quarter", 25, "%"),
        ("percent", "three quarters", 75, "%"),
        ("percent", "0.5", 0.5, "%"),
        ("percent", "twenty per cent", 20, "%"),
        ("temperature", "20.5", 20.5, None),
        ("temperature", "seventy degrees fahrenheit", 70, "°F"),
        ("temperature", "five below zero", -5, None),
        ("temperature", "\u20135\u00b0", -5, None),
        ("temperature", "20\u2103", 20, "°C"),
        ("duration", "one and a half hours", 5400, "s"),
        ("duration", "an hour and a quarter", 4500, "s"),
        ("duration", "half an hour", 1800, "s"),
        ("duration", "one hour thirty", 5400, "s"),
        ("duration", "two minutes and ten", 130, "s"),
        ("datetime", "half past six", "06:30", None),
        ("datetime", "quarter to seven in the evening", "18:45", None),
        ("datetime", "noon", "12:00", None),
        ("datetime", "twelve at night", "00:00", None),
        ("datetime", "half past twelve tonight", "00:30", None),
        ("datetime", "three at night", "03:00", None),
        ("datetime", "eleven at night", "23:00", None),
        ("datetime", "quarter to one pm", "12:45", None),
        ("datetime", "quarter to one am", "00:45", None),
        ("datetime", "six p m", "18:00", None),
    ],
)
def test_what_people_say_is_read(kind: Kind, text: str, value: Any, unit: str | None) -> None:
    assert read_kind(kind, text, ("en",)) == Value(value, unit)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("number", "twenty eleven"),
        ("number", "one two"),
        ("number", "and"),
        ("number", "a"),
        ("number", "hundred hundred"),
        ("number", "fine"),  # five or nine
        ("number", "five point ❶"),
        ("percent", "the lamp"),
        ("duration", "ten"),
        ("duration", "ten minutes two hours"),
        ("datetime", "25:00"),
        ("datetime", "tomorrow"),
        ("datetime", "zero pm"),
        ("temperature", "minus five below zero"),
        ("number", "1,00,000"),
        ("duration", "two days ten"),
        ("ordinal", "zeroth"),
        ("list", "open"),
        ("number", "fifth"),  # no slip of "fifty"
        ("percent", "a fifth"),
        ("percent", "a sixth"),
        ("number", "two fifths"),
        ("temperature", "sixth degree"),
        ("duration", "fifth minute"),
        ("datetime", "six fifth"),
    ],
)
def test_nothing_is_guessed(kind: Kind, text: str) -> None:
    assert read_kind(kind, text, ("en",)) is None


def test_a_unit_may_follow_the_span() -> None:
    assert read_kind("temperature", "21", ("en",), " degrees celsius please") == Value(21, "°C")
    assert read_kind("temperature", "21", ("en",), " in the kitchen") == Value(21)


def test_other_languages_have_digits_and_no_english_words() -> None:
    assert read("percent", "30 %", "sv") == 30
    assert read("number", "20,5", "sv") == 20.5
    assert read("number", "ten", "sv") is None


@given(st.sampled_from(["number", "percent", "temperature", "duration", "ordinal", "datetime"]), st.text(max_size=512))
def test_any_text_is_read_or_not_and_nothing_breaks(kind: Kind, text: str) -> None:
    read_kind(kind, text, ("en",))


WORDS = ["hundred", "thousand", "million", "dozen", "and", "point", "half", "a", "minus", "1", ",", "to", "past", "oh"]


@given(st.sampled_from(["number", "duration", "ordinal", "datetime"]), st.lists(st.sampled_from(WORDS), max_size=128))
def test_any_words_of_numbers_are_read_or_not_in_bounded_depth(kind: Kind, words: list[str]) -> None:
    read_kind(kind, " ".join(words), ("en",))
