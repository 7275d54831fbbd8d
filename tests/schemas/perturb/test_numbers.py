from __future__ import annotations

import pytest

from schemas.perturb.numbers import LARGEST, LONGEST, number_words, numbers_by_words, spell


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "zero"),
        (13, "thirteen"),
        (20, "twenty"),
        (35, "thirty five"),
        (100, "one hundred"),
        (207, "two hundred seven"),
        (2000, "two thousand"),
        (9999, "nine thousand nine hundred ninety nine"),
    ],
)
def test_numbers_are_spelled_as_said(number: int, words: str) -> None:
    assert spell(number) == words
    assert numbers_by_words()[words] == str(number)


def test_every_number_has_words_of_its_own() -> None:
    assert len(numbers_by_words()) == LARGEST + 1
    assert max(len(words.split()) for words in numbers_by_words()) == LONGEST
    assert {"seven", "hundred", "thousand"} <= number_words()
    assert len(number_words()) == 20 + 8 + 2
