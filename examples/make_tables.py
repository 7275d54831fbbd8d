"""Write javascript/tables.mjs: words, limits and weights that the JavaScript reader shares with the device's Python.

    python -m examples.make_tables

They are kept in Python, each in its own module; tests/examples/test_reader.py fails where this file is older.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from trunkline_edge.understanding import (
    biases,
    commands,
    confidence,
    edits,
    featurizer,
    names,
    pieces,
    result,
    slots,
    sounds,
    text,
)
from trunkline_edge.understanding.values import (
    clock,
    duration,
    kinds,
    languages,
    number,
    numerals,
    reader,
    table,
    units,
)

FILE = Path(__file__).parent / "javascript" / "tables.mjs"
TAKEN: Mapping[ModuleType, tuple[str, ...]] = {
    text: ("MAX_CHARACTERS", "MAX_RAW_CHARACTERS", "MAX_MARKS"),
    featurizer: ("UNKNOWN_ID", "FIRST_WORD_ID", "MIN_MENDED"),
    pieces: ("WORD_START", "WITHIN_WORD", "UNKNOWN_PENALTY"),
    edits: ("MIN_LETTERS", "FEWEST_LETTERS"),
    sounds: ("_SPELLINGS", "_RULES", "_VOWEL_CLASSES", "MIN_LETTERS", "MIN_CONSONANTS"),
    names: (
        "MAX_NAMES",
        "MAX_NAME_CHARACTERS",
        "MAX_NAMES_BYTES",
        "MAX_WORDS",
        "MAX_CANDIDATES",
        "EXACT",
        "MISSPELT",
        "_MAX_HOPS",
        "_SHARE",
        "_MARGIN",
        "_MAX_POSTINGS",
        "_MAX_WAYS",
        "_MISSPELT_WORDS",
    ),
    confidence: ("_LEAST",),
    biases: ("HOPELESS",),
    slots: ("MOST_CUT", "MOST_LACKED", "MOST_NUMBERS", "MOST_BETWEEN", "MISSED", "UNREAD"),
    commands: ("_CONJUNCTIONS", "LEAST_SURE", "MAX_PIECES", "MAX_WORDS", "MIN_WORDS"),
    result: ("OUT_OF_SCOPE", "SEVERAL"),
    number: ("_ONES", "_TENS", "_SCALES", "_SMALL", "_PARTS", "DASHES", "_MINUS", "_SLASH", "_MAX_DIGITS", "WORDS"),
    clock: ("_NAMED", "_PARTS_OF_DAY", "_NIGHTS", "_EARLIEST_NIGHT", "_BEFORE", "_BETWEEN"),
    duration: ("SECONDS", "_SIXTY"),
    kinds: ("KINDS", "_ORDINALS", "_DEGREE_WORDS", "_SPELLERS", "_UNREAD", "_TELLING"),
    numerals: (
        "NUMERALS",
        "_MOST",
        "_MAX_DIGITS",
        "_APART",
        "_LIGATURES",
        "_GERMAN",
        "_GERMAN_TENS",
        "_GERMAN_ONES",
        "_DUTCH",
        "_DUTCH_TENS",
        "_FRENCH",
        "_FRENCH_TENS",
        "_SWISS_TENS",
        "_SPANISH",
        "_SPANISH_TENS",
        "_SPANISH_HUNDREDS",
    ),
    languages: ("DEGREES", "LANGUAGES", "_UNREAD"),
    table: ("_ARTICLES",),
    units: ("_SMALLER", "_UNITS", "_PARTS", "_SECONDS"),
    reader: ("SIXTIETHS",),
}
"""Module -> what is taken of it."""


def tables() -> str:
    """Return what the file has to be."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield "// Made by `python -m examples.make_tables` from trunkline_edge.understanding: change it there, not here."
    for module, taken in TAKEN.items():
        yield f"\nexport const {module.__name__.rpartition('.')[2]} = {{"
        for name in taken:
            yield f"  {name.lstrip('_')}: {json.dumps(_plain(getattr(module, name)))},"
        yield "};"
    yield ""


def _plain(value: Any) -> Any:
    """Return a table as JSON has it: a set sorted, a pattern by its text, what has keys of several words as pairs."""
    match value:
        case str() | int() | float() | None:
            return value
        case edits.Speller():
            return sorted(value._words)
        case commands._Conjunctions() | languages.Language() | numerals.Numerals():
            found = {field: getattr(value, field) for field in value.__dataclass_fields__}
            return {field: _plain(each) for field, each in found.items() if field not in ("numerals", "spellings")}
        case Mapping() if all(isinstance(key, str) for key in value):
            return {key: _plain(each) for key, each in value.items()}
        case Mapping():
            return [[_plain(key), _plain(each)] for key, each in value.items()]
        case frozenset():
            return sorted(value)
        case tuple():
            return [_plain(each) for each in value]
    return value.pattern


if __name__ == "__main__":
    FILE.write_text(tables(), encoding="utf-8")
