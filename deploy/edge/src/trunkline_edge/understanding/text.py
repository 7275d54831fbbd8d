"""Text as devices and training see it: one normal form, one cut into words.

Offsets are Unicode code points of the text *as given*, end exclusive. Words are cut from the given text and
only their forms are normalised, so no offset ever needs to be mapped back. Bundles name the version of this text that
they were trained with: a change of any form or word raises `bundle.manifest.TEXT_VERSION`.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

MAX_CHARACTERS = 512
"""Longest utterance after normalisation (data contract)."""

MAX_RAW_CHARACTERS = 4 * MAX_CHARACTERS
"""Longest text as given. Spaces and decomposed letters shrink when a text is normalised, so it may be longer than
`MAX_CHARACTERS`; but normalising takes time, so there is a length beyond which it is not tried."""

MAX_MARKS = 30
"""Combining marks in a row, as in Unicode's Stream-Safe Text Format (UAX #15): no language needs as many, and sorting
them takes time that grows with the square of their number."""

_ASCII_WORD = re.compile(r"[A-Za-z]+|[0-9]+|[^\sA-Za-z0-9]")
_SPACES = re.compile(r"\s+")
_ZERO_WIDTH_JOINER = "\u200d"
# Scripts written without spaces: every character is a word of its own.
_UNSPACED = (
    (0x0E00, 0x0EFF),
    (0x1780, 0x17FF),
    (0x3040, 0x30FF),
    (0x3400, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)


class Word(NamedTuple):
    """A piece of text that gets one position in the net."""

    start: int
    """First character."""
    end: int
    """One past the last character."""
    form: str
    """Normalised form: NFKC, lower case."""


def length_error(text: str) -> str | None:
    """Say why a text is too long to be normalised; None if it is not.

    There may be `MAX_RAW_CHARACTERS`, and `MAX_MARKS` combining marks in a row. A text with more is refused as a whole:
    dropping some would answer another text than was given.
    """
    if len(text) > MAX_RAW_CHARACTERS:
        return (
            f"text of {len(text)} characters; at most {MAX_CHARACTERS} are read, "
            f"and {MAX_RAW_CHARACTERS} with the spaces between"
        )
    if len(text) <= MAX_MARKS or text.isascii():
        return None
    most = max((sum(1 for _ in run) for is_mark, run in groupby(text, _is_mark) if is_mark), default=0)
    return f"{most} combining marks in a row; at most {MAX_MARKS} are read" if most > MAX_MARKS else None


def normalise(text: str) -> str:
    """Return the form in which two texts count as the same: lower case, NFC, single spaces, no outer space."""
    # Lower case first: "J" with a caron is two characters in NFC, its lower case is one.
    return _SPACES.sub(" ", unicodedata.normalize("NFC", text.lower())).strip()


def split_words(text: str) -> list[Word]:
    """Cut text into letter runs, digit runs, and single symbols; spaces and control characters are dropped.

    Letters and digits are parted ("7pm" is two words) and symbols stand alone, so that labelled spans nearly
    always begin and end at words. Combining marks stay with their letter, joined emoji with each other.
    """
    if text.isascii() and text.isprintable():
        return [Word(m.start(), m.end(), m.group().lower()) for m in _ASCII_WORD.finditer(text)]
    words: list[Word] = []
    start = 0
    while start < len(text):
        kind = _kind(text[start])
        end = start + 1
        while end < len(text) and (not is_character_boundary(text, end) or (kind in "ad" and _kind(text[end]) == kind)):
            end += 1
        if kind != " ":
            words.append(Word(start, end, unicodedata.normalize("NFKC", text[start:end]).lower()))
        start = end
    return words


def is_character_boundary(text: str, offset: int) -> bool:
    """Say whether a cut before `text[offset]` leaves every user-perceived character whole."""
    if offset <= 0 or offset >= len(text):
        return 0 <= offset <= len(text)
    kind = _kind(text[offset])
    return kind != "mark" and (text[offset - 1] != _ZERO_WIDTH_JOINER or kind == " ")


def _is_mark(character: str) -> bool:
    return _kind(character) == "mark"


@lru_cache(maxsize=4096)
def _kind(character: str) -> str:
    """a: letter, d: digit, space, mark: belongs to the character before, s: stands alone."""
    category = unicodedata.category(character)
    point = ord(character)
    if category[0] == "M" or character == _ZERO_WIDTH_JOINER or 0x1F3FB <= point <= 0x1F3FF:
        return "mark"
    if category[0] in "ZC":
        return " "
    if category == "Nd":
        return "d"
    if category[0] == "L" and not any(low <= point <= high for low, high in _UNSPACED):
        return "a"
    return "s"
