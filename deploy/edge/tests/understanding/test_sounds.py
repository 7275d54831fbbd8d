from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline_edge.understanding.names import EXACT, MISSPELT, Entry, Lexicon, Names
from trunkline_edge.understanding.sounds import MIN_LETTERS, sound_key

STUDIO = Lexicon(
    Names(
        {
            "area": (Entry("studio", ("Studio",)), Entry("cellar", ("Wine Cellar",))),
            "entity": (Entry("light.ceiling", ("Ceiling Lamp",)), Entry("media_player.seller", ("Sellers",))),
        }
    ),
    ("area", "entity"),
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("stewdio", "studio"),
        ("sealing", "ceiling"),
        ("fillips", "philips"),
        ("krismas", "christmas"),
        ("seeling", "ceiling"),
        ("pantree", "pantry"),
    ],
)
def test_words_of_one_sound_have_one_key(one: str, other: str) -> None:
    assert sound_key(one) == sound_key(other) is not None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("kitchen", "chicken"),
        ("bedroom", "bathroom"),
        ("heater", "hotter"),
        ("curtain", "cartoon"),
        ("upper", "appear"),
    ],
)
def test_words_that_sound_unlike_have_not(one: str, other: str) -> None:
    assert sound_key(one) != sound_key(other)


@pytest.mark.parametrize("word", ["when", "wine", "light7", "küche", "", "aeiou"])
def test_what_is_short_or_no_english_word_is_not_known_by_its_sound(word: str) -> None:
    assert sound_key(word) is None


@given(st.text(max_size=30))
def test_any_word_has_a_key_or_none(word: str) -> None:
    key = sound_key(word.lower())
    assert key is None or (len(word) >= MIN_LETTERS and key)


def test_a_name_is_known_by_its_sound_as_one_with_a_slip() -> None:
    assert STUDIO.resolve("area", "stewdio").entry == Entry("studio", ("Studio",))
    assert STUDIO.resolve("entity", "the sealing lamp").entry == Entry("light.ceiling", ("Ceiling Lamp",))
    assert STUDIO.tensor(["the", "stewdio"]).tolist() == [[0, 0, 0, 0], [MISSPELT, 0, 0, 0]]


def test_what_is_written_so_or_one_slip_away_is_meant_before_what_sounds_so() -> None:
    assert STUDIO.tensor(["sellers"])[0].tolist() == [0, 0, EXACT, 0]
    assert [(match.entry.id, match.slips) for match in STUDIO.matches(["wine", "seller"])] == [
        ("media_player.seller", 0)
    ]


def test_a_text_without_a_name_of_that_sound_stays_without_one() -> None:
    assert not STUDIO.tensor(["what", "is", "the", "weather", "in", "stuttgart", "when", "we", "seal", "it"]).any()
