"""The kinds of values: a closed set, each with its reader, its unit, and the values that fit it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, get_args

from trunkline_edge.understanding.edits import FEWEST_LETTERS, Speller
from trunkline_edge.understanding.text import split_words
from trunkline_edge.understanding.values.clock import CLOCK_WORDS, TIMES_OF_DAY, read_clock
from trunkline_edge.understanding.values.duration import SECONDS, read_duration
from trunkline_edge.understanding.values.languages import DEGREES, LANGUAGES, read_in
from trunkline_edge.understanding.values.number import DASHES, WORDS, is_fraction, read_number
from trunkline_edge.understanding.values.table import Plain

Kind = Literal["number", "percent", "temperature", "duration", "ordinal", "datetime", "list", "text"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Value:
    """What a text means."""

    value: Plain
    unit: str | None = None


def read_kind(kind: Kind, text: str, languages: Sequence[str], after: str = "") -> Value | None:
    """Read a text as a value of `kind`; None where it is none, and for the kinds that only a table or nobody reads.

    `after` is what follows the text in its sentence, where a unit may stand. Nothing is guessed: number words are read
    in English and the languages of `LANGUAGES`, digits in all. Of several `languages` it may be in any: what means two
    things in two of them ("1.000") is not read, and slips are mended where it is a value in none. A number of one of
    them that is not read is no slip in another: German "achte", the eighth, is not Dutch "acht".
    """
    if kind not in _READERS:
        return None
    words = [word.form for word in split_words(text)]
    following = [word.form for word in split_words(after)[:2]]
    slips = frozenset(word for word in words if not any(_is_unread(word, lang) for lang in languages))
    for mends in (slips,) if len(languages) == 1 else (frozenset(), slips):
        readings = [_read_in(lang, kind, words, following, mends) for lang in languages] if words else []
        found = {reading for reading in readings if reading is not None}
        if found:
            return found.pop() if len(found) == 1 else None
    return None


def _read_in(
    lang: str, kind: Kind, words: Sequence[str], following: Sequence[str], mends: Collection[str]
) -> Value | None:
    code = lang.split("-")[0]
    if code in LANGUAGES:
        found = read_in(LANGUAGES[code], kind, words, following, mends)
        return None if found is None else Value(*found)
    spoken = code == "en"
    if spoken:
        words = [_mended(word, _SPELLERS[kind]) if word in mends else word for word in words]
    return _READERS[kind](words, following, spoken)


def _number(words: Sequence[str], after: Sequence[str], spoken: bool) -> Value | None:
    number = read_number(words, spoken=spoken)
    return None if number is None else Value(number)


def _percent(words: Sequence[str], after: Sequence[str], spoken: bool) -> Value | None:
    """A share is one of a hundred: "half" and "1/2" are 50, "a third" is 33."""
    words = list(words)
    for sign in (["%"], ["percent"], ["per", "cent"], ["pct"]):
        if words[-len(sign) :] == sign:
            number = read_number(words[: -len(sign)], spoken=spoken)
            return None if number is None else Value(number, "%")
    if spoken and words in (["full"], ["fully"], ["max"], ["maximum"]):
        return Value(100, "%")
    number = read_number(words, spoken=spoken)
    if number is None:
        return None
    is_share = is_fraction(words) or not any(word.isdigit() or word == "point" for word in words)
    return Value(round(number * 100) if is_share and 0 < number < 1 else number, "%")


_DEGREE_WORDS = frozenset({"°", "o", "degree", "degrees"})


def _temperature(words: Sequence[str], after: Sequence[str], spoken: bool) -> Value | None:
    """The number as said, in the unit as said; a device knows which unit is meant where none is."""
    words, unit = list(words), None
    sign = 1
    if spoken and words[-2:] == ["below", "zero"]:
        words, sign = words[:-2], -1
    if words and words[-1] in DEGREES:
        unit = DEGREES[words.pop()]
    if words and words[-1] in _DEGREE_WORDS:
        words.pop()
    elif unit is None:
        rest = after[1:] if after and after[0] in _DEGREE_WORDS else after
        unit = DEGREES.get(rest[0]) if rest else None
    number = read_number(words, spoken=spoken)
    return None if number is None or (sign < 0 and number < 0) else Value(sign * number, unit)


def _duration(words: Sequence[str], after: Sequence[str], spoken: bool) -> Value | None:
    seconds = read_duration(words) if spoken else None
    return None if seconds is None else Value(seconds, "s")


_ORDINALS: Mapping[str, str] = MappingProxyType(
    {
        "first": "one",
        "second": "two",
        "third": "three",
        "fifth": "five",
        "eighth": "eight",
        "ninth": "nine",
        "twelfth": "twelve",
    }
)


def _ordinal(words: Sequence[str], after: Sequence[str], spoken: bool) -> Value | None:
    """ "Third", "twenty first", "2nd"; in other languages digits with a full stop or nothing after them."""
    *start, last = words
    if start and start[-1].isdigit() and last in ("st", "nd", "rd", "th", "."):
        number = read_number(start, spoken=spoken)
    elif not spoken:
        number = read_number(words, spoken=False)
    elif last in _ORDINALS:
        number = read_number([*start, _ORDINALS[last]])
    elif last.endswith("ieth"):
        number = read_number([*start, f"{last[:-4]}y"])
    else:
        number = read_number([*start, last.removesuffix("th")]) if last.endswith("th") else None
    return Value(number) if isinstance(number, int) and number > 0 else None


def _datetime(words: Sequence[str], after: Sequence[str], spoken: bool) -> Value | None:
    time = read_clock(words) if spoken else None
    return None if time is None else Value(time)


_READERS: Mapping[Kind, Callable[[Sequence[str], Sequence[str], bool], Value | None]] = MappingProxyType(
    {
        "number": _number,
        "percent": _percent,
        "temperature": _temperature,
        "duration": _duration,
        "ordinal": _ordinal,
        "datetime": _datetime,
    }
)
"""Lists are read by their tables alone; a text is its own value."""


_ORDINAL_WORDS = frozenset(
    {
        *_ORDINALS,
        *("fourth", "sixth", "seventh", "tenth", "eleventh", "hundredth", "thousandth"),
        *(f"{word[:-1]}ieth" for word in WORDS if word.endswith("ty")),
        *(f"{word}th" for word in WORDS if word.endswith("teen")),
    }
)
_SPELLERS: Mapping[str, Speller] = MappingProxyType(
    {
        kind: Speller(words, FEWEST_LETTERS)
        for kind, words in {
            "number": WORDS,
            "percent": {*WORDS, "percent", "cent", "maximum", "full", "fully"},
            "temperature": {*WORDS, *DEGREES, *_DEGREE_WORDS, "below"},
            "duration": {*WORDS, *SECONDS},
            "datetime": {*WORDS, *CLOCK_WORDS},
            "ordinal": {*WORDS, *_ORDINAL_WORDS},
        }.items()
    }
)
"""The words of each kind: among fewer words a slip has one cure more often."""


_UNREAD = frozenset(f"{word}{end}" for word in _ORDINAL_WORDS for end in ("", "s")) - {"second", "seconds"}
"""Ordinals and the parts that are called like them, of which only a third is read; a second is a unit of time."""
_TELLING: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        **dict.fromkeys(("number", "percent", "duration"), _UNREAD),
        "temperature": _UNREAD | {"below"},
        "ordinal": frozenset({*_ORDINALS, "last"}),
        "datetime": _UNREAD | TIMES_OF_DAY,
    }
)
"""English words that a value of a kind hangs on, beside those of numbers."""


def tells(kind: Kind, word: str, languages: Sequence[str]) -> bool:
    """Say whether a value of `kind` would be another one without a word: a number, a sign, "pm"."""
    if word in DASHES or any(character.isnumeric() for character in word):
        return True
    for code in {lang.split("-")[0] for lang in languages}:
        if code in LANGUAGES and LANGUAGES[code].tells(word):
            return True
        if code == "en" and (word in WORDS or word in _TELLING.get(kind, ())):
            return True
    return False


def _is_unread(word: str, lang: str) -> bool:
    """Say whether a word is a number that no kind but `ordinal` reads: "fifth" is no slip of "fifty"."""
    code = lang.split("-")[0]
    return word in _UNREAD if code == "en" else code in LANGUAGES and LANGUAGES[code].is_unread(word)


def _mended(word: str, speller: Speller) -> str:
    """Set right a misspelt word of a value: "thrity" is "thirty". One that could be two of them stays as it is."""
    near = [] if word in speller else speller.near(word)
    return near[0] if len(near) == 1 else word
