"""CSV as records: one broken line costs one row, never the rest of the file."""

from __future__ import annotations

import csv
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from schemas.data.sources.columns import MAX_COLUMNS
from schemas.data.sources.records import DataRefused, Line, Record, find_row_error, read_lines

_CELL_LINES = 16
"""A quoted cell may hold line ends. So that a quote which nobody closes does not swallow the rest of the file, a record
has at most so many lines; beyond that the quote was a stray one and only its own line is given up."""


def read_csv(path: Path, kinds: Mapping[str, str]) -> Iterator[Record]:
    """Yield the records of a CSV file with commas and a first line of names.

    Labels stand in columns `labels.<head>`: text for class heads, JSON for the others (`kinds`: head -> kind). An empty
    cell is null.

    Raises:
        DataRefused: the first line does not name a column `text`, names one twice or too many, or is no line of CSV.
    """
    lines = read_lines(path)
    window = deque(islice(lines, 1))
    names = _names(path, window)
    window.clear()
    while True:
        window.extend(islice(lines, _CELL_LINES - len(window)))
        if not window:
            return
        if window[0].content.isspace():
            window.popleft()
            continue
        record, used = _record(window, names, kinds)
        for _ in range(used):
            window.popleft()
        yield record


def _names(path: Path, header: Sequence[Line]) -> list[str]:
    row_error = find_row_error(header[0]) if header else None
    if row_error is not None:
        raise DataRefused(f"{path}: the first line must name the columns: {row_error.message}")
    text = header[0].content.decode() if header else ""
    if "\r" in text.removesuffix("\n").removesuffix("\r"):
        raise DataRefused(f"{path}: its lines end in carriage returns, as on old Macs; save it with line feeds")
    try:
        names = next(csv.reader([text]), [])
    except csv.Error as error:
        raise DataRefused(f"{path}: the first line must name the columns: {error}") from None
    if len(names) > MAX_COLUMNS:
        raise DataRefused(f"{path}: the first line names {len(names):,} columns, allowed are {MAX_COLUMNS:,}")
    if "text" not in names:
        found = text.strip()[:200] or "nothing"
        raise DataRefused(f"{path}: the first line must name a column `text`, and commas part the names; found {found}")
    twice = next((name for name, count in Counter(names).items() if count > 1), None)
    if twice is not None:
        raise DataRefused(f"{path}: two columns are called `{twice}`")
    return names


def _record(window: Sequence[Line], names: Sequence[str], kinds: Mapping[str, str]) -> tuple[Record, int]:
    """Return the record at the beginning of `window` and how many lines it takes."""
    first = window[0]
    row_error = find_row_error(first)
    if row_error is not None:
        return row_error, 1
    raw = b""
    complaint = "a quote is never closed"
    for used, line in enumerate(window, start=1):
        if used > 1 and find_row_error(line) is not None:
            break
        raw += line.content
        try:
            cells = next(csv.reader([raw.decode()], strict=True))
        except csv.Error as error:
            if "end of data" in str(error):
                continue  # the quoted cell goes on in the next line
            complaint = str(error)
            break
        if len(cells) == len(names):
            return Record(first.number, raw, _row(dict(zip(names, cells, strict=True)), kinds)), used
        complaint = f"{len(cells)} cells, but the first line names {len(names)} columns"
        break
    return Record(first.number, first.content, None, "unparsable", f"no CSV: {complaint}"), 1


def _row(cells: Mapping[str, str], kinds: Mapping[str, str]) -> dict[str, Any]:
    row: dict[str, Any] = {"labels": {}}
    for name, cell in cells.items():
        column, dot, head = name.partition(".")
        if column == "labels" and dot:
            row["labels"][head] = _label(cell, kinds.get(head, "class"))
        elif column != "labels":
            row[name] = cell or None
    return row


def _label(cell: str, kind: str) -> Any:
    if not cell or kind == "class":
        return cell or None
    try:
        return orjson.loads(cell)
    except orjson.JSONDecodeError:
        return cell  # stays text, which no such head takes: the row will be told the type it should have
