"""Lengths of time in seconds: "one and a half hours", "an hour and a quarter", "1h 30m", "90 seconds"."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from trunkline_edge.understanding.values.number import Number, read_number, whole

SECONDS: Mapping[str, int] = MappingProxyType(
    {
        unit: seconds
        for seconds, units in (
            (1, "second seconds sec secs s"),
            (60, "minute minutes min mins m"),
            (3_600, "hour hours hr hrs h"),
            (86_400, "day days d"),
            (604_800, "week weeks"),
        )
        for unit in units.split()
    }
)
"""Unit -> seconds."""
_SIXTY = 60
"""Minutes of an hour, seconds of a minute."""


def read_duration(words: Sequence[str]) -> Number | None:
    """Read words that are one length of time and nothing else."""
    return length_of(words, SECONDS, _count, read_number, "and")


def length_of(
    words: Sequence[str],
    seconds: Mapping[str, int],
    count_of: Callable[[Sequence[str], bool], Number | None],
    number_of: Callable[[Sequence[str]], Number | None],
    conjunction: str,
) -> Number | None:
    """Return the seconds of a length of time; units must come from long to short.

    `count_of` reads what stands before a unit, and is told whether that is the first; `number_of` what follows the last
    one: a part after a conjunction, "an hour and a half", or sixtieths of it, "one hour thirty".
    """
    total: Number = 0
    unit = last = 0
    begun = 0
    for at, word in enumerate(words):
        if word not in seconds:
            continue
        last, unit = unit, seconds[word]
        count = count_of(words[begun:at], begun == 0)
        if count is None or (last and unit >= last):
            return None
        total += count * unit
        begun = at + 1
    if not unit:
        return None
    if begun < len(words):
        rest = words[begun:]
        part = number_of(rest[1:] if rest[0] == conjunction else rest)
        is_sixtieths = isinstance(part, int) and 0 < part < _SIXTY and unit in (60, 3_600)
        if part is None or not (is_sixtieths or (rest[0] == conjunction and 0 < part < 1)):
            return None
        total += part * unit // _SIXTY if is_sixtieths else part * unit
    return whole(total)


def _count(words: Sequence[str], is_first: bool) -> Number | None:
    """Read what stands before a unit: "two and a half", "half an", "a quarter of an", "a"; no unit is negative."""
    if not is_first and words and words[0] in ("and", ","):
        words = words[1:]
    if list(words) in (["a"], ["an"]):
        return 1
    if len(words) > 1 and words[-1] in ("a", "an"):
        words = words[: -2 if words[-2] == "of" else -1]
        part = read_number(words)
        return part if part is not None and 0 < part < 1 else None
    number = read_number(words)
    return number if number is not None and number >= 0 else None
