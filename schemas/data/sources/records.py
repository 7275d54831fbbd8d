"""Lines of a file in bounded memory, and the record that importers make of each row."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from schemas.data.contract import MAX_LINE_BYTES
from schemas.errors import UserError

KEPT_BYTES = 64 * 1024
"""Of a line that is too large or bad: what goes to the quarantine."""

_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


class DataRefused(UserError):
    """The data cannot be read at all, through no fault of a single row; the message says what to do."""


class Record(NamedTuple):
    """One row as it was found."""

    line: int
    """Line of the file, or number of the row where the file has no lines; from 1."""
    raw: bytes
    """The line as it stands in the file (its beginning, if it is too large); JSON where the file has no lines."""
    row: dict[str, Any] | None
    """Values as parsed, of any type; None where there is a fault."""
    code: str = ""
    """Reason code of the fault."""
    message: str = ""


class Line(NamedTuple):
    """One line with its end."""

    number: int
    """From 1; blank lines count."""
    content: bytes
    """At most `KEPT_BYTES` where the line is too large."""
    size_bytes: int


def read_lines(path: Path) -> Iterator[Line]:
    """Yield the lines of a file, never holding more than `MAX_LINE_BYTES` of one; a byte order mark is dropped."""
    with path.open("rb") as file:
        number = 0
        while content := file.readline(MAX_LINE_BYTES + 1):
            number += 1
            if number == 1:
                if content.startswith(_UTF16):
                    raise DataRefused(f"{path}: is UTF-16; save it as UTF-8")
                content = content.removeprefix(_BOM)
            size = len(content)
            if size > MAX_LINE_BYTES:
                rest = content
                content = content[:KEPT_BYTES]
                while rest and not rest.endswith(b"\n"):
                    rest = file.readline(MAX_LINE_BYTES)
                    size += len(rest)
            yield Line(number, content, size)


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
