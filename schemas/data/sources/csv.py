"""CSV as records: one broken line costs one row, never the rest of the file."""

from __future__ import annotations

import csv
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

from schemas.data.sources.cells import TableColumns, plan_table, row_of_cells
from schemas.data.sources.columns import MAX_COLUMNS
from schemas.data.sources.hints import hint
from schemas.data.sources.records import DataRefused, RawLine, Record, find_row_error, read_lines

_CELL_LINES = 16
"""A quoted cell may hold line ends. So that a quote which nobody closes does not swallow the rest of the file, a record
has at most so many lines; beyond that the quote was a stray one and only its own line is given up."""


_DELIMITERS = (",", ";", "\t")


def read_csv(path: Path, kinds: Mapping[str, str]) -> Iterator[Record]:
    """Yield the records of a CSV file with a first line of names; these are parted by commas, semicolons or tabs.

    `kinds` (head -> kind) says what a spec expects; `cells` says what the columns mean.

    Raises:
        DataRefused: the first line does not name a column `text`, names one twice or too many, or is no line of CSV;
            the file is Latin-1.
    """
    lines = read_lines(path)
    window = deque(islice(lines, 1))
    names, delimiter = _names(path, window)
    table = plan_table(path, [name for name in names if name], kinds)
    window.clear()
    while True:
        window.extend(islice(lines, _CELL_LINES - len(window)))
        if not window:
            return
        if window[0].content.isspace():
            window.popleft()
            continue
        record, used = _record(window, names, delimiter, table)
        for _ in range(used):
            window.popleft()
        yield record


def _names(path: Path, header: Sequence[RawLine]) -> tuple[list[str], str]:
    """Return the names of the columns, and what parts them: that which gives most names, `text` among them."""
    row_error = find_row_error(header[0]) if header else None
    if row_error is not None:
        raise DataRefused(f"{path}: the first line must name the columns: {row_error.message}")
    text = header[0].content.decode() if header else ""
    if "\r" in text.removesuffix("\n").removesuffix("\r"):
        raise DataRefused(f"{path}: its lines end in carriage returns, as on old Macs; save it with line feeds")
    parted: dict[str, list[str]] = {}
    refused = ""
    for delimiter in _DELIMITERS:
        try:
            parted[delimiter] = next(csv.reader([text], delimiter=delimiter), [])
        except csv.Error as error:
            refused = str(error)
    if refused and not any("text" in names for names in parted.values()):
        raise DataRefused(f"{path}: the first line must name the columns: {refused}")
    delimiter = max(parted, key=lambda delimiter: ("text" in parted[delimiter], len(parted[delimiter])))
    names = parted[delimiter]
    if len(names) > MAX_COLUMNS:
        raise DataRefused(f"{path}: the first line names {len(names):,} columns, allowed are {MAX_COLUMNS:,}")
    if "text" not in names:
        found = text.strip()[:200] or "nothing"
        near = hint("text", names)
        told = f"; {near}" if near else ""
        raise DataRefused(f"{path}: the first line must name the columns, `text` among them; found {found}{told}")
    twice = next((name for name, count in Counter(names).items() if name and count > 1), None)
    if twice is not None:
        raise DataRefused(f"{path}: two columns are called `{twice}`")
    return names, delimiter


def _record(window: Sequence[RawLine], names: Sequence[str], delimiter: str, table: TableColumns) -> tuple[Record, int]:
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
            cells = next(csv.reader([raw.decode()], delimiter=delimiter, strict=True))
        except csv.Error as error:
            if "end of data" in str(error):
                continue  # the quoted cell goes on in the next line
            complaint = str(error)
            break
        if len(cells) == len(names):
            nameless = [at for at, name in enumerate(names) if not name]
            # One alone numbers the rows, as pandas writes them; several are what a spreadsheet leaves behind.
            stray = [str(at + 1) for at in nameless if cells[at]] if len(nameless) > 1 else []
            if stray:
                message = f"the first line has no name for column {' and '.join(stray)}, and this row a cell there"
                return Record(first.number, raw, None, "unparsable", message), used
            return Record(first.number, raw, row_of_cells(dict(zip(names, cells, strict=True)), table)), used
        complaint = f"{len(cells)} cells, but the first line names {len(names)} columns"
        break
    return Record(first.number, first.content, None, "unparsable", f"no CSV: {complaint}"), 1
