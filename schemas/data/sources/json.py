"""JSON as records: one object a line, or an array of objects that is never held whole."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import orjson
import polars as pl
from numpy.typing import NDArray

from schemas.data.contract import MAX_LINE_BYTES
from schemas.data.sources.blocks import split_blocks
from schemas.data.sources.records import (
    KEPT_BYTES,
    DataRefused,
    RawLine,
    Record,
    find_row_error,
    open_utf8,
    read_lines,
    shown,
)

_READ_BYTES = 64 * 1024
_OUTSIDE = re.compile(rb'["{}\[\],\n]')
_INSIDE = re.compile(rb'["\\\n]')


@dataclass(frozen=True)
class JsonLines:
    """Lines of one file that are still to be parsed, none of them blank."""

    table: pl.DataFrame
    """One line a row, in the columns of `blocks.split_blocks`."""
    file: str = ""
    """As in `Record`."""

    def __len__(self) -> int:
        return self.table.height

    def records(self, positions: Sequence[int] | NDArray[np.intp] | None = None) -> list[Record]:
        """Parse the lines, or those at some positions, one by one."""
        lines = self.table if positions is None else self.table[positions]
        records = [find_row_error(line) or parse_object(line) for line in map(RawLine._make, lines.iter_rows())]
        return [record._replace(file=self.file) for record in records] if self.file else records

    def numbers(self, positions: pl.Series) -> pl.Series:
        """Return the numbers of some lines in the file."""
        return self.table["number"].gather(positions)

    def raws(self, positions: pl.Series) -> pl.Series:
        """Return some lines as they stand in the file."""
        return self.table["content"].gather(positions)


def read_json_lines(path: Path, kinds: Mapping[str, str]) -> Iterator[Record]:
    """Yield the records of a file with an object a line; blank lines are none."""
    for line in read_lines(path):
        if not line.content.isspace():
            yield find_row_error(line) or parse_object(line)


def read_line_tables(path: Path) -> Iterator[pl.DataFrame]:
    """Yield the lines of a file as `blocks.split_blocks` does, in UTF-8."""
    with open_utf8(path) as file:
        yield from split_blocks(file)


def read_json(path: Path, kinds: Mapping[str, str]) -> Iterator[Record]:
    """Yield the records of a file `[{...}, ...]`; one that begins with an object is read as JSON Lines.

    Raises:
        DataRefused: the file begins with neither.
    """
    for item in json_items(path):
        yield find_row_error(item) or parse_object(item)


def json_items(path: Path) -> Iterator[RawLine]:
    """Yield the entries of an array, or the lines of JSON Lines, each with the line where it begins.

    Raises:
        DataRefused: the file begins with neither `[` nor `{`, or is one object over several lines.
    """
    with open_utf8(path) as file:
        beginning = file.read(_READ_BYTES).lstrip()
    if beginning.startswith(b"["):
        with open_utf8(path) as file:
            yield from split_array(file)
    elif beginning.startswith(b"{"):
        for line in read_lines(path):
            if line.content.strip() in (b"{", b'{"'):
                raise DataRefused(f"{path}: is one JSON object; expected an array of rows, [{{...}}, ...]")
            if not line.content.isspace():
                yield line
    else:
        found = shown(beginning[:60].decode(errors="replace")) if beginning else "nothing"
        raise DataRefused(f"{path}: expected an array of rows, [{{...}}, ...], found {found}")


def split_array(file: IO[bytes]) -> Iterator[RawLine]:
    """Yield the entries of the array that an open file holds, as they stand there.

    Of an entry too large for a row only the beginning is kept. What follows the array is not looked at; an entry that
    the end of the file cuts is given as far as it goes.
    """
    entry = bytearray()
    size, depth, in_text = 0, 0, False
    line = begun = 1
    skip = 0  # bytes of the next chunk that an escape has used up
    while chunk := file.read(_READ_BYTES):
        at, kept = skip, 0
        skip = 0
        while match := (_INSIDE if in_text else _OUTSIDE).search(chunk, at):
            mark, at = match[0], match.end()
            if mark == b"\n":
                line += 1
            elif mark == b"\\":
                skip = max(0, at + 1 - len(chunk))
                at += 1
            elif mark == b'"':
                in_text = not in_text
            elif mark in b"{[":
                depth += 1
                if depth == 1:
                    kept = at
            elif mark in b"]}":
                depth -= 1
            if (mark == b"," and depth == 1) or (mark in b"]}" and depth == 0):
                size += match.start() - kept
                entry += chunk[kept : match.start()]
                yield from _entry(entry, size, begun)
                entry, size, kept = bytearray(), 0, at
                begun = line
                if depth == 0:
                    return
            elif not size and not chunk[kept : match.start()].strip() and not entry:
                begun = line
        size += len(chunk) - kept
        entry += chunk[kept : kept + max(0, MAX_LINE_BYTES + 1 - len(entry))]
    yield from _entry(entry, size, begun)


def _entry(content: bytearray, size: int, line: int) -> Iterator[RawLine]:
    if size > MAX_LINE_BYTES:
        yield RawLine(line, bytes(content[:KEPT_BYTES]), size)
    elif content.strip():
        yield RawLine(line, bytes(content.strip()), size)


def parse_object(line: RawLine) -> Record:
    """Return the record of a line, or entry, that may be parsed."""
    try:
        row = orjson.loads(line.content)
    except orjson.JSONDecodeError as error:
        return Record(line.number, line.content, None, "unparsable", f"no JSON: {error}")
    if not isinstance(row, dict):
        return Record(line.number, line.content, None, "unparsable", f"expected a JSON object, found {shown(row)}")
    return Record(line.number, line.content, row)
