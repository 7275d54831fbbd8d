from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schemas.perturb.weak_labels import (
    BUCKETS,
    WEAK_LABELS,
    WORD_LABELS,
    WeakLabel,
    has_name,
    has_number,
    has_time,
    is_question,
    weak_label,
    weak_spans,
)
from trunkline_edge.understanding.text import split_words

WORDS = ("WAKE", "me", "at", "Seven", "pm", "o'clock", "IS", "May", "5", "first", "one", "who")


@pytest.mark.parametrize("rule", WEAK_LABELS)
@given(text=st.text(max_size=60))
@example(text="")
def test_every_text_gets_one_of_the_labels_of_a_rule(rule: WeakLabel, text: str) -> None:
    assert weak_label(rule, text) in WEAK_LABELS[rule]


@pytest.mark.parametrize("rule", ["has_number", "has_time", "length_bucket", "is_question"])
@given(text=st.lists(st.sampled_from(WORDS), max_size=8))
def test_case_and_spaces_change_no_weak_label_but_that_of_a_name(rule: WeakLabel, text: list[str]) -> None:
    spoken = " ".join(text)
    assert weak_label(rule, spoken) == weak_label(rule, f"  {'  '.join(text)} ".upper())


@given(st.integers(0, 40))
def test_longer_texts_never_fall_into_a_shorter_bucket(words: int) -> None:
    labels = WEAK_LABELS["length_bucket"]
    here, there = (labels.index(weak_label("length_bucket", "go " * count)) for count in (words, words + 1))
    assert here <= there <= here + 1
    assert len(split_words("go " * words)) > (BUCKETS[here - 1] if here else -1)


@pytest.mark.parametrize(
    "text", ["set it to 21 degrees", "twenty one percent", "one way flights", "fl347", "the third room", "half an hour"]
)
def test_numbers_are_digits_and_number_words(text: str) -> None:
    assert has_number(text)


@pytest.mark.parametrize("text", ["this one", "play the next song", "someone", "wait a second", "the bone", ""])
def test_what_only_looks_like_a_number_is_none(text: str) -> None:
    assert not has_number(text)


@pytest.mark.parametrize(
    "text",
    [
        "wake me at seven o'clock",
        "at 7pm",
        "leaving at 7 p.m.",
        "four am",
        "10:30",
        "next friday",
        "tomorrow morning",
        "five minutes",
        "a quarter past",
        "flights in may",
        "march the third",
        "12 march",
        "at eight o’clock",  # noqa: RUF001 - as telephones write it
    ],
)
def test_times_are_dates_times_of_day_and_lengths_of_time(text: str) -> None:
    assert has_time(text)


@pytest.mark.parametrize(
    "text", ["may i ask you something", "march on", "i am here", "timer", "the sun", "", "daylight"]
)
def test_what_only_looks_like_a_time_is_none(text: str) -> None:
    assert not has_time(text)


@pytest.mark.parametrize(
    "text",
    ["call mom", "play something by the beatles", "dr. ross", "my name is anna", "a bar called paris", "fly to Boston",
     "ask Anna whether I may come", "CALL ANNA"],
)  # fmt: skip
def test_names_are_told_by_capitals_or_else_by_the_words_before_them(text: str) -> None:
    assert has_name(text)


@pytest.mark.parametrize(
    "text",
    [
        "call me",
        "Play it",
        "be there by noon",
        "Wake me on Monday",
        "Shall I go",
        "fly to boston",
        "text him",
        "",
        "by",
    ],
)
def test_what_only_looks_like_a_name_is_none(text: str) -> None:
    assert not has_name(text)


@pytest.mark.parametrize(
    "text",
    ["is it cold", "what's on", "whats on", "hey could you turn it off", "do you know", "it is cold?", "don't you know",
     "are flights late"],
)  # fmt: skip
def test_questions_are_told_by_their_form(text: str) -> None:
    assert is_question(text)


@pytest.mark.parametrize("text", ["do not disturb", "do the dishes", "turn it off", "willow", "tell me who it is", ""])
def test_what_only_looks_like_a_question_is_none(text: str) -> None:
    assert not is_question(text)


@pytest.mark.parametrize("rule", WORD_LABELS)
@given(text=st.one_of(st.text(max_size=60), st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join)))
@example(text="wake me at 7:30, ring Dr. Ross\u2019s  phone in twenty minutes")
@example(text="\u0130 One")
def test_words_are_meant_where_the_rule_says_yes_and_spans_cut_whole_words(rule: WeakLabel, text: str) -> None:
    spans = weak_spans(rule, text)
    says_yes = weak_label(rule, text) == "yes"
    assert bool(spans) == says_yes if all(word in WORDS for word in text.split()) else says_yes or not spans
    starts, ends = ({getattr(word, edge) for word in split_words(text)} for edge in ("start", "end"))
    assert all(span["start"] in starts and span["end"] in ends for span in spans)
    assert [span["start"] for span in spans] == sorted(span["start"] for span in spans)


@pytest.mark.parametrize(
    ("rule", "text", "wanted"),
    [
        ("has_number", "set  the lamp to 20.5 and twenty", ["20", "5", "twenty"]),
        ("has_time", "wake me at half past Six on MONDAY", ["half past", "MONDAY"]),
        ("has_name", "please call Mom and play it by queen", ["Mom", "queen"]),
    ],
)
def test_the_words_that_a_rule_means(rule: WeakLabel, text: str, wanted: list[str]) -> None:
    assert [text[span["start"] : span["end"]] for span in weak_spans(rule, text)] == wanted
