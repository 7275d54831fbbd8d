"""The quarantine: every bad row as it was found, with the reasons why it is bad.

`raw` is text, so that any tool can show it. A byte that is not UTF-8 stands in it as `\\xe9`; only rows with the reason
`undecodable` or `line_too_large` can have such bytes, and in these a backslash of the line itself is doubled, so that
nothing is lost.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from schemas.data.contract import RowError
from schemas.data.sources.records import KEPT_BYTES
from schemas.data.sources.unpacked import as_lines

QUARANTINE_DTYPES: dict[str, pl.DataType] = {
    "file": pl.String(),
    "line": pl.Int64(),
    "raw": pl.String(),
    "reasons": pl.List(pl.String),
    "messages": pl.List(pl.String),
}
"""`reasons` has each code once; `messages` tells the first error of each in the same order, then notes on the row."""


def quarantined(origin: str, rows: pl.DataFrame, row_errors: Sequence[RowError]) -> pl.DataFrame:
    """Return the rows that have errors, in the columns of the quarantine.

    `rows` has `line` and `raw` of each, and its `file` where `origin` is a folder.
    """
    messages: dict[int, dict[str, str]] = {}
    for error in row_errors:
        messages.setdefault(error.row, {}).setdefault(error.code, error.message)
    order = sorted(messages)
    lines = rows["line"].gather(order).to_list()
    raws = as_found(rows["raw"].gather(order))
    files = rows["file"].gather(order).to_list()
    return pl.DataFrame(
        {
            "file": [place(origin, file) for file in files],
            "line": lines,
            "raw": [_readable(raw) for raw in raws],
            "reasons": [list(messages[row]) for row in order],
            "messages": [[*messages[row].values(), *_notes(raw)] for row, raw in zip(order, raws, strict=True)],
        },
        schema=QUARANTINE_DTYPES,
    )


def as_found(raws: pl.Series) -> list[bytes]:
    """Return rows as they were found: lines as they are, and structs, which stand for rows of columns, as JSON."""
    return as_lines(raws) if raws.dtype == pl.Struct else raws.to_list()


def place(origin: str, file: str) -> str:
    """Name the file of a row: the source itself, or one in the folder that the source is."""
    return f"{origin}/{file}" if file else origin


def write_quarantine(parts: list[Path], path: Path) -> None:
    """Join the parts of a quarantine to one Parquet file, which appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    pl.scan_ipc(parts, glob=False).sink_parquet(unfinished, sync_on_close="all")
    unfinished.replace(path)


def read_quarantine(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a quarantine as plain values."""
    return pl.read_parquet(path, glob=False).to_dicts()


def count_reasons(parts: list[Path]) -> dict[str, int]:
    """Return reason code -> rows, most frequent first."""
    if not parts:
        return {}
    reasons = pl.scan_ipc(parts, glob=False).select(pl.col("reasons").explode().alias("reason"))
    counts = reasons.group_by("reason").len().sort(["len", "reason"], descending=[True, False]).collect()
    return dict(counts.iter_rows())


def find_examples(parts: list[Path]) -> dict[str, str]:
    """Return reason code -> the first row that has it: file, line and what is wrong there."""
    if not parts:
        return {}
    rows = pl.scan_ipc(parts, glob=False).with_columns(pl.col("messages").list.head(pl.col("reasons").list.len()))
    firsts = rows.explode("reasons", "messages").group_by("reasons", maintain_order=True).first()
    found = firsts.select("reasons", "file", "line", "messages").collect()
    return {code: f"{file} line {line}: {message}" for code, file, line, message in found.iter_rows()}


def _readable(raw: bytes) -> str:
    kept = raw[:KEPT_BYTES].rstrip(b"\r\n")
    try:
        return kept.decode()
    except UnicodeDecodeError:
        return kept.replace(b"\\", b"\\\\").decode(errors="backslashreplace")


def _notes(raw: bytes) -> list[str]:
    return [f"`raw` has the first {KEPT_BYTES:,} bytes of the line"] if len(raw) >= KEPT_BYTES else []
