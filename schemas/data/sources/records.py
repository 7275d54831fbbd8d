"""Lines of a file in bounded memory, and the record that importers make of each row."""

from __future__ import annotations

import reprlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

from schemas.data.contract import MAX_LINE_BYTES
from schemas.errors import UserError

KEPT_BYTES = 64 * 1024
"""Of a line that is too large or bad: what goes to the quarantine."""

_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_LOOKED_AT_BYTES = 64  # of a file, to tell UTF-16 without a byte order mark


class DataRefused(UserError):
    """The data cannot be read at all, through no fault of a single row; the message says what to do."""


class Record(NamedTuple):
    """One row as it was found."""

    line: int
    """Line of the file, or number of the row where the file has no lines; from 1."""
    raw: bytes
    """The line as it stands in the file (its beginning, if it is too large); JSON where the file has no lines."""
    row: dict[str, Any] | None
    """Values as parsed, of any type; None where there is an error."""
    code: str = ""
    """Reason code of the error."""
    message: str = ""


class Line(NamedTuple):
    """One line with its end."""

    number: int
    """From 1; blank lines count."""
    content: bytes
    """At most `KEPT_BYTES` where the line is too large."""
    size_bytes: int


def read_lines(path: Path) -> Iterator[Line]:
    """Yield the lines of a text file as `split_lines` does; a byte order mark is dropped.

    Raises:
        DataRefused: the file is UTF-16, or looks like it.
    """
    with path.open("rb") as file:
        for line in split_lines(file):
            if line.number > 1:
                yield line
                continue
            if line.content.startswith(_UTF16):
                raise DataRefused(f"{path}: is UTF-16; save it as UTF-8")
            if _looks_like_utf16(line.content[:_LOOKED_AT_BYTES]):
                raise DataRefused(f"{path}: every other byte is zero, so it looks like UTF-16; save it as UTF-8")
            yield line._replace(content=line.content.removeprefix(_BOM))


def split_lines(file: IO[bytes]) -> Iterator[Line]:
    """Yield the lines of an open file, never holding more than `MAX_LINE_BYTES` of one."""
    number = 0
    while content := file.readline(MAX_LINE_BYTES + 1):
        number += 1
        size = len(content)
        if size > MAX_LINE_BYTES:
            rest = content
            content = content[:KEPT_BYTES]
            while rest and not rest.endswith(b"\n"):
                rest = file.readline(MAX_LINE_BYTES)
                size += len(rest)
        yield Line(number, content, size)


def _looks_like_utf16(beginning: bytes) -> bool:
    zeros = sorted((beginning[::2].count(0), beginning[1::2].count(0)))
    return zeros[0] == 0 and zeros[1] >= 8


def find_row_error(line: Line) -> Record | None:
    """Return the record of a line that is too large or not UTF-8, None for a line that may be parsed."""
    if line.size_bytes > MAX_LINE_BYTES:
        message = f"the line has {line.size_bytes:,} bytes, allowed are {MAX_LINE_BYTES:,}"
        return Record(line.number, line.content, None, "line_too_large", message)
    try:
        line.content.decode()
    except UnicodeDecodeError as error:
        message = f"byte 0x{line.content[error.start]:02x} at position {error.start} is not UTF-8; is the file Latin-1?"
        return Record(line.number, line.content, None, "undecodable", message)
    return None


def shown(value: Any) -> str:
    """Return the beginning of a value as a person may read it, however large or deeply nested the value is."""
    return _SHORT.repr(value)[:_SHOWN_CHARACTERS]


_SHOWN_CHARACTERS = 60
_SHORT = reprlib.Repr()
_SHORT.maxlevel = 3
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = _SHOWN_CHARACTERS
