"""Rows of Parquet and Arrow files, which a child process unpacks (`columns` is what it runs)."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, TypeVar

import numpy as np
import orjson
import polars as pl
from numpy.typing import NDArray

from schemas.data.sources import columns
from schemas.data.sources.blocks import BLOCK_BYTES, split_blocks
from schemas.data.sources.columns import line_of
from schemas.data.sources.json import parse_object
from schemas.data.sources.records import DataRefused, RawLine, Record, split_lines

_COMPLAINT_BYTES = 2_000
_BROKEN = 1
"""Status of a child whose output makes no sense, and that does not know it."""


_Unpacked = TypeVar("_Unpacked")


@dataclass(frozen=True)
class ColumnRows:
    """Rows of one file in columns, none of them larger than a line may be."""

    table: Any
    """Arrow's table. Its types are those of `columns`."""
    first: int
    """Number of the first row."""
    file: str = ""
    """As in `Record`."""

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def records(self, positions: Sequence[int] | NDArray[np.intp] | None = None) -> list[Record]:
        """Return the rows, or those at some positions, one by one."""
        at = pl.Series(np.arange(len(self)) if positions is None else positions)
        lines = zip(self.numbers(at), as_lines(self.raws(at)), strict=True)
        return [parse_object(RawLine(number, line, len(line)))._replace(file=self.file) for number, line in lines]

    def numbers(self, positions: pl.Series) -> pl.Series:
        """Return the numbers of some rows in the file."""
        return positions.cast(pl.Int64) + self.first

    def raws(self, positions: pl.Series) -> pl.Series:
        """Return some rows as they stand in the file, each as a struct."""
        return pl.Series(self.table.to_struct_array()).gather(positions)


def as_lines(raws: pl.Series) -> list[bytes]:
    """Return rows of `ColumnRows.raws` as JSON."""
    return [line_of(row) for row in raws.to_arrow().to_pylist()]


def unpack_lines(path: Path) -> Iterator[RawLine]:
    """Yield first what the file says of itself, `{"names": [...], "huggingface": text or null}`, then its rows.

    The first row has number 1.

    Raises:
        DataRefused: the file cannot be read, or stands for far more than its size; as late as that shows.
    """
    for line in _unpack(path, split_lines, lambda line: line.number - 1, columns.LINES):
        yield line._replace(number=line.number - 1, content=line.content.removesuffix(b"\n"))


def unpack_tables(path: Path, check_names: Callable[[list[str]], None]) -> Iterator[ColumnRows | pl.DataFrame]:
    """Yield the rows in columns, or as `blocks.split_blocks` does, when `check_names` has looked at the columns.

    Raises:
        DataRefused: as `unpack_lines`, and what `check_names` raises.
    """

    def split(file: IO[bytes]) -> Iterator[ColumnRows | pl.DataFrame]:
        if described := file.readline():
            check_names(column_names(RawLine(0, described, 0)))
            done = 0
            for rows in _read_columns(file):
                yield rows
                done += len(rows)
            for table in split_blocks(file):
                yield _without_ends(table).with_columns(pl.col("number") + done)

    def row_of(rows: ColumnRows | pl.DataFrame) -> int:
        return rows.first + len(rows) - 1 if isinstance(rows, ColumnRows) else int(rows["number"][-1])

    return _unpack(path, split, row_of)


def _without_ends(table: pl.DataFrame) -> pl.DataFrame:
    content = pl.col("content")
    line = pl.when(content.bin.ends_with(b"\n")).then(content.bin.head(content.bin.size() - 1)).otherwise(content)
    return table.with_columns(line)


def _read_columns(file: IO[bytes]) -> Iterator[ColumnRows]:
    """Yield the rows of the stream that stands next in `file`, `BLOCK_BYTES` at once."""
    import pyarrow as pa  # takes 60 MiB, so only where rows are read

    first, size = 1, 0
    waiting: list[Any] = []

    def joined() -> ColumnRows:
        return ColumnRows(pa.Table.from_batches(waiting).combine_chunks(), first)

    for batch in pa.ipc.open_stream(file):
        batch.validate(full=True)  # a child that a file has broken may write anything
        waiting.append(batch)
        size += batch.nbytes + batch.num_rows * columns.ROW_BYTES
        if size >= BLOCK_BYTES:
            yield (rows := joined())
            first, size, waiting = first + len(rows), 0, []
    if waiting:
        yield joined()


def _unpack(
    path: Path, split: Callable[[IO[bytes]], Iterator[_Unpacked]], row_of: Callable[[_Unpacked], int], *more: str
) -> Iterator[_Unpacked]:
    """Yield what `split` makes of the child's output; `row_of` tells how many rows were there by then."""
    command = [sys.executable, "-P", columns.__file__, str(path.absolute()), *more]
    number = 0
    with TemporaryFile() as complaint:
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=complaint) as child:
            assert child.stdout is not None  # a pipe was asked for
            try:
                for unpacked in split(child.stdout):
                    number = row_of(unpacked)
                    yield unpacked
                status = child.wait()
            except (ValueError, OSError):  # Arrow's too: what came is no such stream, or only its beginning
                child.stdout.close()  # it may be writing still
                status = child.wait() or _BROKEN
            finally:
                child.kill()  # no-one reads on: it would wait for ever
        if status:
            complaint.seek(0)
            said = _complaint(path, status, complaint.read(_COMPLAINT_BYTES))
            raise DataRefused(f"{path}: {said}" + (f" (after row {number:,})" if number else ""))


def column_names(description: RawLine) -> list[str]:
    """Return the names of the columns from the first line of `unpack_lines`."""
    return [str(name) for name in orjson.loads(description.content)["names"]]


def _complaint(path: Path, status: int, said: bytes) -> str:
    """Say why the child that unpacks a file gave up; `status` is negative where a signal ended it."""
    if status == columns.REFUSED:
        return " ".join(said.decode(errors="replace").split())
    return f"cannot be read as {path.suffix[1:]}: its reader broke down ({status})"
