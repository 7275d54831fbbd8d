"""Parquet and Arrow files as the lines of JSON that a child process makes of them (`columns` is what it runs)."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile

import orjson

from schemas.data.sources import columns
from schemas.data.sources.records import DataRefused, RawLine, split_lines

_COMPLAINT_BYTES = 2_000


def unpack_lines(path: Path) -> Iterator[RawLine]:
    """Yield first what the file says of itself, `{"names": [...], "huggingface": text or null}`, then its rows.

    The first row has number 1.

    Raises:
        DataRefused: the file cannot be read, or stands for far more than its size; as late as that shows.
    """
    command = [sys.executable, "-P", columns.__file__, str(path.absolute())]
    number = 0
    with TemporaryFile() as complaint:
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=complaint) as child:
            assert child.stdout is not None  # a pipe was asked for
            try:
                for line in split_lines(child.stdout):
                    number = line.number - 1
                    yield line._replace(number=number, content=line.content.removesuffix(b"\n"))
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
