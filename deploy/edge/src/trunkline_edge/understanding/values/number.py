"""Numbers as they are said and written: "twenty point five", "a hundred", "1,000", "two and a half", "3/4"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

Number = int | float

_ONES, _TENS = (
    tuple(table.split())
    for table in (
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen",
        "twenty thirty forty fifty sixty seventy eighty ninety",
    )
)
_SCALES: Mapping[str, tuple[int, int]] = MappingProxyType(
    {"million": (1_000_000, 999), "thousand": (1_000, 999), "hundred": (100, 99), "dozen": (12, 99)}
)
"""What a word multiplies by, and how often at most; the greatest first."""
_SMALL: Mapping[str, int] = MappingProxyType(
    {word: n for n, word in enumerate(_ONES)} | {word: 10 * n for n, word in enumerate(_TENS, start=2)}
)
_PARTS: Mapping[str, float] = MappingProxyType({"half": 1 / 2, "quarter": 1 / 4, "third": 1 / 3})
"""Denominators that stand alone or after a small count: "a half", "three quarters"."""
_SLASH = "\u2044"
"""What NFKC makes of the bar in one character such as that of a half."""
WORDS = frozenset({*_SMALL, *_SCALES, *_PARTS, "point", "minus", "negative", "quarters", "halves", "thirds"})
"""Words of numbers."""
DASHES = frozenset({"-", "\u2212", "\u2013"})
"""What is written for minus: a hyphen, the sign itself, a dash."""
_MINUS = frozenset({"minus", "negative", *DASHES})
_MAX_DIGITS = 15  # beyond that a float no longer holds every whole number


def read_number(words: Sequence[str], *, spoken: bool = True) -> Number | None:
    """Read words (`split_words`' forms) that are one number and nothing else.

    `spoken` is False where number words are not English: then digits alone are read.
    """
    words = fractions_apart(words)
    if words and words[0] in _MINUS and (spoken or words[0] in DASHES):
        number = read_number(words[1:], spoken=spoken)
        return None if number is None or number < 0 else -number
    if not spoken:
        return _written(words)
    for read in (_written, _fraction, _mixed, _decimal, _cardinal):
        number = read(words)
        if number is not None:
            return whole(number)
    return None


def is_fraction(words: Sequence[str]) -> bool:
    """Say whether words are written with a bar: "1/2", "\u00bd"."""
    return any(bar in word for word in words for bar in ("/", _SLASH))


def fractions_apart(words: Sequence[str]) -> list[str]:
    """Return words, a fraction in one character ("\u00bd") as three of them."""
    return [part for word in words for part in word.replace(_SLASH, " / ").split()]


def whole(number: Number) -> Number:
    """Return an int where the number is one."""
    return int(number) if float(number).is_integer() else number


def _written(words: Sequence[str]) -> Number | None:
    """Read digits: "20", "20.5", "1,000"; a comma before anything but three digits is a decimal one ("20,5")."""
    if len(words) == 1:
        return _digits(words[0])
    if len(words) > 3:
        return thousands(words, ",")
    if len(words) == 3 and words[1] in (".", ",") and _digits(words[0]) is not None and _digits(words[2]) is not None:
        if words[1] == "," and len(words[2]) == 3 and words[0] != "0":
            return _digits(words[0] + words[2])
        return whole(float(f"{words[0]}.{words[2]}")) if len(words[0] + words[2]) <= _MAX_DIGITS else None
    if len(words) == 3 and words[1] == "/" and _digits(words[0]) is not None and _digits(words[2]):
        return whole(int(words[0]) / int(words[2]))
    return None


def thousands(words: Sequence[str], mark: str) -> int | None:
    """Read digits in groups of three: "1,000,000"."""
    first, *groups = words[::2]
    is_grouped = all(each == mark for each in words[1::2]) and len(first) <= 3 and not first.startswith("0")
    is_whole = len(words) % 2 == 1 and all(len(group) == 3 for group in groups)
    return _digits("".join(words[::2])) if is_grouped and is_whole else None


def _digits(word: str) -> int | None:
    return int(word) if word.isascii() and word.isdigit() and len(word) <= _MAX_DIGITS else None


def _fraction(words: Sequence[str]) -> float | None:
    """Read "half", "a half", "one quarter", "three quarters"."""
    if not words:
        return None
    *count, part = words
    one = part.removesuffix("s") if part != "halves" else "half"
    if one not in _PARTS or len(count) > 1:
        return None
    if not count or count[0] in ("a", "one", "1"):
        return _PARTS[one] if one == part else None
    times = _cardinal(count)
    return times * _PARTS[one] if times is not None and one != part and times > 1 else None


def _mixed(words: Sequence[str]) -> Number | None:
    """Read a whole number and a part: "one and a half", "2 1/2"."""
    if "and" in words:
        at = len(words) - 1 - list(reversed(words)).index("and")
        count, part = _cardinal(words[:at]), _fraction(words[at + 1 :])
    elif len(words) == 4 and words[2] == "/":
        count, part = _digits(words[0]), _written(words[1:])
    else:
        return None
    return count + part if count is not None and part is not None and 0 < part < 1 else None


def _decimal(words: Sequence[str]) -> float | None:
    """Read "twenty point five", "two point two five", "zero point twenty five"."""
    if "point" not in words:
        return None
    at = list(words).index("point")
    count = _cardinal(words[:at]) if at else 0
    after = words[at + 1 :]
    if count is None or not after:
        return None
    digits = [str(_SMALL[word]) if word in _SMALL else word for word in after]
    if not all(len(digit) == 1 and _digits(digit) is not None for digit in digits):
        together = _cardinal(after)
        digits = [] if together is None else [str(together)]
    text = "".join(digits)
    return float(f"{count}.{text}") if text and len(text) + len(str(count)) <= _MAX_DIGITS else None


def _cardinal(words: Sequence[str]) -> int | None:
    """Read a whole number in words, digits or both: "two hundred and five", "a dozen", "27 hundred", "5 thousand"."""
    said = [word for i, word in enumerate(words) if word not in ("-", ",") or i in (0, len(words) - 1)]
    for name, (scale, most) in _SCALES.items():
        if name in said:
            at = said.index(name)
            rest = said[at + 1 :]
            if said[:at] == ["half", "a"] and not rest:
                return scale // 2
            count = 1 if said[:at] in ([], ["a"]) else _cardinal(said[:at])
            added = _cardinal(rest[1:] if rest[0] == "and" else rest) if rest else 0
            if not count or count > most or added is None or not (added < scale if not rest else 0 < added < scale):
                return None
            return count * scale + added
    if len(said) == 2 and said[0] in _TENS and said[1] in _ONES[1:10]:
        return _SMALL[said[0]] + _SMALL[said[1]]
    if len(said) != 1:
        return None
    return _SMALL[said[0]] if said[0] in _SMALL else _digits(said[0])
