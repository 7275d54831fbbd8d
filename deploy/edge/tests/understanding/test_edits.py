from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from trunkline_edge.understanding.edits import MIN_LETTERS, Speller, is_one_edit

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
