"""Lines of a file in bounded memory, and the record that importers make of each row."""

from __future__ import annotations

import codecs
import io
import reprlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NamedTuple

from schemas.data.contract import MAX_LINE_BYTES
from schemas.errors import UserError

KEPT_BYTES = 64 * 1024
"""Of a line that is too large or bad: what goes to the quarantine."""

_BOM = b"\xef\xbb\xbf"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_LOOKED_AT_BYTES = 64  # of a file, to tell UTF-16 without a byte order mark
_RECODED_BYTES = 64 * 1024


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
    file: str = ""
    """Where a folder was read: the file, relative to the folder."""


class LeftOut(NamedTuple):
    """Something that another tool's file says and that has no place in rows."""

    what: str
    """In the plural: "regex features"."""
    times: int = 1


class RawLine(NamedTuple):
    """One line with its end."""

    number: int
    """From 1; blank lines count."""
    content: bytes
    """At most `KEPT_BYTES` where the line is too large."""
    size_bytes: int


def read_lines(path: Path) -> Iterator[RawLine]:
    """Yield the lines of a text file as `split_lines` does, in UTF-8."""
    with open_utf8(path) as file:
        yield from split_lines(file)


@contextmanager
def open_utf8(path: Path) -> Iterator[IO[bytes]]:
    """Open a text file to read its bytes in UTF-8: a byte order mark is dropped, and UTF-16 is recoded."""
    with path.open("rb") as file:
        beginning = file.read(_LOOKED_AT_BYTES)
        encoding = "utf-16" if beginning.startswith(_UTF16) else _utf16_without_mark(beginning)
        file.seek(len(_BOM) if beginning.startswith(_BOM) else 0)
        if encoding is None:
            yield file
        else:
            yield io.BufferedReader(_Recoded(path, file, encoding))


class _Recoded(io.RawIOBase):
    """The bytes of a file in UTF-16 as UTF-8."""

    def __init__(self, path: Path, file: IO[bytes], encoding: str) -> None:
        super().__init__()
        self._path = path
        self._file = file
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._waiting = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._waiting:
            read = self._file.read(_RECODED_BYTES)
            try:
                self._waiting = self._decoder.decode(read, final=not read).encode()
            except UnicodeDecodeError as error:
                said = f"begins as UTF-16 but goes on otherwise ({error.reason}); save it as UTF-8"
                raise DataRefused(f"{self._path}: {said}") from None
            if not read:
                break
        given = self._waiting[: len(buffer)]
        self._waiting = self._waiting[len(given) :]
        buffer[: len(given)] = given
        return len(given)


def split_lines(file: IO[bytes]) -> Iterator[RawLine]:
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
        yield RawLine(number, content, size)


def _utf16_without_mark(beginning: bytes) -> str | None:
    """Name the encoding where every other byte is zero."""
    even, odd = beginning[::2].count(0), beginning[1::2].count(0)
    if min(even, odd) or max(even, odd) < 8:
        return None
    return "utf-16-be" if even else "utf-16-le"


def find_row_error(line: RawLine) -> Record | None:
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
