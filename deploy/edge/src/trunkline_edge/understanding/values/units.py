"""Numbers and the units that are said with them: "one and a half hours" are hours, and a half of one.

A net that has learnt the words may still mix up units over a few words. What stands beside a number says which it is.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from trunkline_edge.understanding.decode import DecodedSpan
from trunkline_edge.understanding.text import split_words
from trunkline_edge.understanding.values.languages import LANGUAGES, Language
from trunkline_edge.understanding.values.numerals import fold

_SMALLER = {"hours": "minutes", "minutes": "seconds"}
"""Unit -> what a part of one is counted in."""
_UNITS = {form: unit for unit in ("hours", "minutes", "seconds") for form in (unit, unit[:-1])}
_PARTS = frozenset({"half", "quarter", "quarters", "third", "thirds"})


_SECONDS = {3_600: "hours", 60: "minutes", 1: "seconds"}


def agree_with_units(
    spans: Sequence[DecodedSpan], text: str, labels: Collection[str], languages: Sequence[str] = ("en",)
) -> list[DecodedSpan]:
    """Return the spans, those of hours, minutes and seconds with the label of the unit that is said beside them.

    Labels end with their unit ("start_hours"); what comes before it stays. Where no unit stands beside a number, or no
    label is for it, nothing changes. Of several `languages` the first that knows the words around a number tells.
    """
    return [_agreeing(span, text, labels, languages) for span in spans]


def _agreeing(span: DecodedSpan, text: str, labels: Collection[str], languages: Sequence[str]) -> DecodedSpan:
    role = next((span.label.removesuffix(unit) for unit in _UNITS if span.label.endswith(unit)), None)
    parts = text[: span.start], text[span.start : span.end], text[span.end :]
    told = (_unit_in(lang, *parts) for lang in languages) if role is not None else iter(())
    unit = next(filter(None, told), None)
    label = f"{role}{unit}"
    return replace(span, label=label) if unit and label in labels else span


def _unit_in(lang: str, before: str, said: str, after: str) -> str | None:
    code = lang.split("-")[0]
    if code == "en":
        return _unit_of(before, said, after)
    return _unit_by_table(LANGUAGES[code], before, said, after) if code in LANGUAGES else None


def _unit_by_table(language: Language, before: str, said: str, after: str) -> str | None:
    """Return the unit in a language of tables: "media hora" and "hora y media" are half an hour.

    What is more than one, as "anderhalf", rows say in a unit of their own choice.
    """
    ahead, words, behind = ([fold(word.form) for word in split_words(part)] for part in (before, said, after))
    part = language.numerals.parts.get("".join(words))
    follows = [word for word in behind[:4] if word not in language.between]
    unit = _SECONDS.get(language.seconds.get(follows[0], 0)) if follows else None
    if part is None:
        return unit
    if unit is None and len(ahead) > 1 and ahead[-1] == language.conjunction:
        unit = _SECONDS.get(language.seconds.get(ahead[-2], 0))
    return unit if part < 1 else None


def _unit_of(before: str, said: str, after: str) -> str | None:
    """Return the unit in which a number is counted, from the words around it; None where they do not tell."""
    ahead, words, behind = ([word.form for word in split_words(part)] for part in (before, said, after))
    is_part = bool(words) and (words[-1] in _PARTS or words[-2:] == ["/", "2"])
    follows = [word for word in behind[:4] if word not in ("-", "a", "an", "of")]
    if is_part:
        # "Half an hour", "one and a half hours"; "an hour and a half" has its unit before.
        if follows and follows[0] in _UNITS and behind[0] not in ("and", ","):
            return _SMALLER.get(_UNITS[follows[0]]) if len(words) < 3 or "and" not in words else _UNITS[follows[0]]
        said_before = [word for word in ahead[-3:] if word not in ("a", "an")]
        if len(said_before) >= 2 and said_before[-1] == "and" and said_before[-2] in _UNITS:
            return _SMALLER.get(_UNITS[said_before[-2]])
        return None
    rest = [word for word in behind[:6] if word != "-"]
    if rest and rest[0] in _UNITS:
        return _UNITS[rest[0]]
    if rest and rest[0] == "and":
        # "One and a half hours": the part stands between the number and its unit.
        tail = [word for word in rest[1:] if word not in ("a", "three")]
        if len(tail) >= 2 and tail[0] in _PARTS and tail[1] in _UNITS:
            return _UNITS[tail[1]]
    return None
