from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from trunkline_edge.understanding.edits import FEWEST_LETTERS, MIN_LETTERS, Mender, Speller, is_one_edit

LETTERS = "abcd"
words = st.text(LETTERS, min_size=MIN_LETTERS, max_size=7)


def edits(word: str) -> set[str]:
    parts = [(word[:i], word[i:]) for i in range(len(word) + 1)]
    lost = {a + b[1:] for a, b in parts if b}
    swapped = {a + b[1] + b[0] + b[2:] for a, b in parts if len(b) > 1}
    replaced = {a + letter + b[1:] for a, b in parts if b for letter in LETTERS}
    added = {a + letter + b for a, b in parts for letter in LETTERS}
    return (lost | swapped | replaced | added) - {word}


@given(words, words)
def test_one_edit_is_what_it_says(first: str, second: str) -> None:
    assert is_one_edit(first, second) == (second in edits(first))


@given(st.sets(words, max_size=12), words)
def test_all_known_words_one_edit_away_are_found_and_no_others(known: set[str], word: str) -> None:
    assert Speller(known).near(word) == sorted(known & edits(word))


def test_short_words_and_numbers_are_never_misspelt() -> None:
    speller = Speller(["tv", "fan", "2024"])
    assert speller.near("fen") == speller.near("2025") == []
    assert "fan" in speller


def test_where_few_words_can_be_meant_shorter_ones_may_be_misspelt() -> None:
    speller = Speller(["fan", "on"], FEWEST_LETTERS)
    assert (speller.near("fen"), speller.near("fen", MIN_LETTERS), speller.near("onn")) == (["fan"], [], [])


@given(st.lists(words, unique=True, max_size=12), words)
def test_what_is_mended_becomes_a_known_word_one_edit_away_or_stays(known: list[str], word: str) -> None:
    mended = Mender(known, FEWEST_LETTERS).mended(word)
    assert mended == word if not set(known) & edits(word) else mended in set(known) & edits(word)


def test_the_likeliest_slip_comes_first_then_the_commonest_word() -> None:
    mender = Mender(["hat", "hot", "off", "how", "of"], FEWEST_LETTERS)
    assert mender.mended("hto") == "hot"  # two letters swapped, before one replaced
    assert mender.mended("offf") == "off"
    assert mender.mended("hit") == "hat"  # the commoner one
