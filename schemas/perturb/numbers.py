"""Numbers as people say them (English), from 0 to 9,999."""

from __future__ import annotations

from functools import lru_cache

_ONES, _TENS = (
    tuple(table.split())
    for table in (
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen",
        "_ _ twenty thirty forty fifty sixty seventy eighty ninety",
    )
)
LARGEST = 9_999
LONGEST = 6
"""Words of the longest number: nine thousand nine hundred ninety nine."""


def spell(number: int) -> str:
    """Return the number in words, without hyphens and "and"."""
    if number < 20:
        return _ONES[number]
    for size, name in ((1_000, "thousand"), (100, "hundred")):
        if number >= size:
            rest = number % size
            return f"{_ONES[number // size]} {name}" + (f" {spell(rest)}" if rest else "")
    return _TENS[number // 10] + (f" {_ONES[number % 10]}" if number % 10 else "")


@lru_cache(maxsize=1)
def numbers_by_words() -> dict[str, str]:
    """Words -> digits, for every number there is."""
    return {spell(number): str(number) for number in range(LARGEST + 1)}


@lru_cache(maxsize=1)
def number_words() -> frozenset[str]:
    """Every word that is part of a number."""
    return frozenset(word for said in numbers_by_words() for word in said.split())
