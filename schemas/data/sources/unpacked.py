"""Parquet and Arrow files as the lines of JSON that a child process makes of them (`columns` is what it runs)."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TypeVar

import orjson
import polars as pl

from schemas.data.sources import columns
from schemas.data.sources.blocks import split_blocks
from schemas.data.sources.records import DataRefused, RawLine, split_lines

_COMPLAINT_BYTES = 2_000


_Unpacked = TypeVar("_Unpacked")


def unpack_lines(path: Path) -> Iterator[RawLine]:
    """Yield first what the file says of itself, `{"names": [...], "huggingface": text or null}`, then its rows.

    The first row has number 1.

    Raises:
        DataRefused: the file cannot be read, or stands for far more than its size; as late as that shows.
    """
    for line in _unpack(path, split_lines, lambda line: line.number - 1):
        yield line._replace(number=line.number - 1, content=line.content.removesuffix(b"\n"))


def unpack_tables(path: Path, check_names: Callable[[list[str]], None]) -> Iterator[pl.DataFrame]:
    """Yield the rows as `blocks.split_blocks` does, when `check_names` has looked at the columns; raises as above."""
    names = None
    number, content = pl.col("number"), pl.col("content")
    for table in _unpack(path, split_blocks, lambda table: table["number"][-1] - 1):
        if names is None:
            names = column_names(RawLine(0, table["content"][0], 0))
            check_names(names)
        line = pl.when(content.bin.ends_with(b"\n")).then(content.bin.head(content.bin.size() - 1)).otherwise(content)
        yield table.filter(number > 1).with_columns(number - 1, line)


def _unpack(
    path: Path, split: Callable[[IO[bytes]], Iterator[_Unpacked]], row_of: Callable[[_Unpacked], int]
) -> Iterator[_Unpacked]:
    """Yield what `split` makes of the child's lines; `row_of` tells how many rows were there by then."""
    command = [sys.executable, "-P", columns.__file__, str(path.absolute())]
    environment = {**os.environ, "POLARS_MAX_THREADS": "1"}  # each takes some of the little memory
    number = 0
    with TemporaryFile() as complaint:
        with subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=complaint, env=environment
        ) as child:
            assert child.stdout is not None  # a pipe was asked for
            try:
                for unpacked in split(child.stdout):
                    number = row_of(unpacked)
                    yield unpacked
                status = child.wait()
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
