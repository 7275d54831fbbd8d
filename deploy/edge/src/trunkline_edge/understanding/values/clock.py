"""Times of day as "HH:MM": "half past six", "quarter to seven pm", "6:30", "six o'clock", "noon".

No dates, no weekdays, nothing relative ("in two hours", "tomorrow"). Without am, pm or a part of the day the hour stays
as it was said: "half past six" is 06:30.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from trunkline_edge.understanding.values.number import read_number

_NAMED: Mapping[str, tuple[int, int]] = MappingProxyType({"noon": (12, 0), "midday": (12, 0), "midnight": (0, 0)})
_PARTS_OF_DAY: Mapping[tuple[str, ...], bool] = MappingProxyType(
    {
        ("am",): False,
        ("a", ".", "m", "."): False,
        ("a", ".", "m"): False,
        ("in", "the", "morning"): False,
        ("pm",): True,
        ("p", ".", "m", "."): True,
        ("p", ".", "m"): True,
        ("in", "the", "afternoon"): True,
        ("a", "m"): False,
        ("p", "m"): True,
        ("in", "the", "evening"): True,
        ("tonight",): True,
        ("at", "night"): True,
    }
)
"""How a time may end, and whether that is the second half of the day."""
_NIGHTS = (("tonight",), ("at", "night"))
_EARLIEST_NIGHT = 5
"""Hour of the evening from which a night may be spoken of; an earlier one is after midnight, and so is twelve."""
_BEFORE = ("to", "before", "till")
_BETWEEN = ("past", "after", *_BEFORE)
TIMES_OF_DAY = frozenset({*_NAMED, "am", "pm", "morning", "afternoon", "evening", "tonight", "night"})
"""Words without which a time would be another one."""
CLOCK_WORDS = frozenset({word for end in _PARTS_OF_DAY for word in end} | {*_NAMED, *_BETWEEN, "clock", "oclock"})
"""Words of times of day beside the numbers."""


def read_clock(words: Sequence[str]) -> str | None:
    """Read words that are one time of day and nothing else."""
    if words and words[0] == "at":
        words = words[1:]
    ending = next((end for end in _PARTS_OF_DAY if len(words) > len(end) and tuple(words[-len(end) :]) == end), ())
    time = _time(list(words[: len(words) - len(ending)]))
    if time is None:
        return None
    hour, minute = time
    if ending:
        # The hour before one is twelve: "quarter to one pm".
        if not (1 <= hour <= 12 or (hour == 0 and minute and not set(words).isdisjoint(_BEFORE))):
            return None
        is_after_midnight = ending in _NIGHTS and hour % 12 < _EARLIEST_NIGHT
        hour = hour % 12 + 12 * (_PARTS_OF_DAY[ending] and not is_after_midnight)
    return f"{hour:02}:{minute:02}"


def _time(words: list[str]) -> tuple[int, int] | None:
    if len(words) == 1 and words[0] in _NAMED:
        return _NAMED[words[0]]
    for between in _BETWEEN:
        if between in words[1:]:
            at = words.index(between, 1)
            minute, hour = _minutes(words[:at]), _time(words[at + 1 :])
            if minute is None or hour is None or hour[1]:
                return None
            return (hour[0], minute) if between in ("past", "after") else ((hour[0] - 1) % 24, 60 - minute)
    if words[-3:] in (["o", "'", "clock"], ["o", "\u2019", "clock"]):
        words = words[:-3]
    elif words[-1:] == ["oclock"]:
        words = words[:-1]
    elif len(words) > 2 and words[-2] in (":", ".") and len(words[-1]) == 2:
        return _hour_and_minute(words[:-2], words[-1:])
    # "six thirty", "eleven oh five": the longest hour that leaves a minute, else an hour alone
    for at in range(len(words) - 1, 0, -1):
        has_oh = words[at] in ("oh", "o")
        minute_words = words[at + has_oh :]
        said = read_number(minute_words)
        if isinstance(said, int) and (said < 10) == has_oh:
            found = _hour_and_minute(words[:at], minute_words)
            if found:
                return found
    return _hour_and_minute(words, ["0"])


def _minutes(words: list[str]) -> int | None:
    """Read the minutes before or after an hour; 1 to 59."""
    if words and words[-1] in ("minute", "minutes"):
        words = words[:-1]
    number = read_number(words)
    if number in (0.25, 0.5):
        return int(60 * number)
    return number if isinstance(number, int) and 0 < number < 60 else None


def _hour_and_minute(hour_words: list[str], minute_words: list[str]) -> tuple[int, int] | None:
    hour, minute = read_number(hour_words), read_number(minute_words)
    if isinstance(hour, int) and isinstance(minute, int) and 0 <= hour < 24 and 0 <= minute < 60:
        return hour, minute
    return None
