from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.perturb.sounds import confusions_of

WORDS = ["four", "for", "off", "of", "write", "right", "knight", "night", "light", "lights", "turn", "weather", "on"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("four", "for"),
        ("write", "right"),
        ("knight", "night"),
        ("too", "to"),
        ("lights", "light"),
        ("phone", "fon"),
        ("bag", "back"),
        ("add", "at"),
        ("flour", "floor"),
    ],
)
def test_words_that_sound_alike_are_taken_for_each_other(one: str, other: str) -> None:
    assert confusions_of([one, other]) == {one: (other,), other: (one,)}


@pytest.mark.parametrize(
    ("one", "other"), [("on", "off"), ("open", "close"), ("up", "down"), ("close", "glow"), ("kitchen", "garage")]
)
def test_words_that_sound_unlike_have_not(one: str, other: str) -> None:
    assert confusions_of([one, other]) == {}


def test_confusions_are_other_words_of_the_vocabulary() -> None:
    confusions = confusions_of(WORDS)
    assert confusions["off"] == ("of",)
    assert "lights" in confusions["light"]
    assert "turn" not in confusions
    for word, others in confusions.items():
        assert word not in others
        assert set(others) <= set(WORDS)


@given(st.lists(st.text(alphabet="abcdefghiklmnoprstuvwy", min_size=2, max_size=7), max_size=12))
def test_who_is_taken_for_the_other_may_be_taken_for_him(words: list[str]) -> None:
    confusions = confusions_of(words)
    assert all(word in confusions[other] for word, others in confusions.items() for other in others)
