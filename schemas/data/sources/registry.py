"""Read JSON Lines, CSV, Parquet, Arrow files and recipes as chunks of records, in bounded memory.

An importer never decides whether a row is good. It only says where a row stands, what it said, and, if no row can be
made of it, why. Errors that no row can be blamed for raise `DataRefused`.
"""

from __future__ import annotations

import difflib
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryFile
from types import MappingProxyType

import orjson
from pydantic import BaseModel, ValidationError

from schemas.data.sources import columns
from schemas.data.sources.csv import read_csv
from schemas.data.sources.records import DataRefused, Line, Record, find_row_error, read_lines, shown, split_lines
from schemas.recipes import RECIPES
from schemas.spec.product import DataSpec, Spec

CHUNK_ROWS = 20_000
"""Rows in memory at once as Python values; 50,000 take 90 MiB more and are hardly faster (bench/validation.py)."""

CHUNK_BYTES = 16 << 20
"""Of the lines of a chunk, where rows are long. Parsed, a byte of JSON can become 25 bytes of Python values."""


def origin(source: DataSpec) -> str:
    """Return where the rows of `source` come from, as people name it."""
    return str(source.path) if source.path is not None else f"recipe:{source.recipe}"


def source_name(source: DataSpec) -> str:
    """Return what stands in the column `source` of rows that do not say it themselves."""
    return source.source or (source.path.stem if source.path is not None else str(source.recipe))


def read(source: DataSpec, kinds: Mapping[str, str]) -> Iterator[Record]:
    """Yield the records of a file or recipe in order; `kinds` tells the kind of each head as the file names it.

    Raises:
        DataRefused: no such file or recipe, unknown format, unreadable file, no column `text`. Most at once, a damaged
            Parquet file as late as the damage is met.
    """
    if source.path is None:
        return _read_recipe(source)
    return _read_file(source.path, reader(source.path), kinds)


def read_chunks(spec: Spec, source: DataSpec) -> Iterator[list[Record]]:
    """Yield the records of a source in lists of at most `CHUNK_ROWS` rows and about `CHUNK_BYTES`, never empty.

    Raises:
        DataRefused: as `read` does; and at once, where `rename` maps to a head that is not in the spec.
    """
    return _chunks(read(source, _kinds_in_file(spec, source)))


def _chunks(records: Iterator[Record]) -> Iterator[list[Record]]:
    chunk: list[Record] = []
    size = 0
    for record in records:
        chunk.append(record)
        size += len(record.raw)
        if len(chunk) >= CHUNK_ROWS or size >= CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _kinds_in_file(spec: Spec, source: DataSpec) -> dict[str, str]:
    for head in source.rename.values():
        if head not in spec.heads:
            near = difflib.get_close_matches(head, spec.heads, n=1)
            hint = f"did you mean `{near[0]}`?" if near else f"heads are {', '.join(spec.heads)}"
            raise DataRefused(f"{origin(source)}: `rename` maps to `{head}`, which is not a head in the spec; {hint}")
    fields = {source.field_of(name): head.kind for name, head in spec.labelled_heads.items()}
    return {field: kind for field, kind in fields.items() if field is not None}


def reader(path: Path) -> Callable[[Path, Mapping[str, str]], Iterator[Record]]:
    """Return the function that reads such a file; raises `DataRefused` if there is no such file or format."""
    _check_name(path)
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise DataRefused(f"{path}: no such file{_nearest(path)}") from None
    except OSError as error:
        raise unreadable(path, error) from None
    if stat.S_ISDIR(mode):
        raise DataRefused(f"{path}: is a folder; name each file under `data`")
    if not stat.S_ISREG(mode):
        raise DataRefused(f"{path}: is a pipe or a device; save the rows to a file first, they are read twice")
    if path.suffix.lower() not in _READERS:
        raise DataRefused(f"{path}: unknown format {path.suffix!r}; known are {', '.join(_READERS)}")
    return _READERS[path.suffix.lower()]


def unreadable(path: Path, error: OSError) -> DataRefused:
    """Return the refusal of a file that the system does not let us read."""
    return DataRefused(f"{path}: cannot be read: {error.strerror or error}")


def _check_name(path: Path) -> None:
    name = os.fsencode(path)
    try:
        name.decode()
    except UnicodeDecodeError:
        printable = name.decode(errors="backslashreplace")
        raise DataRefused(f"{printable}: the file's name is not UTF-8; rename the file") from None
    if b"\0" in name:
        raise DataRefused(f"{str(path)!r}: no file's name has a NUL character")


def _nearest(path: Path) -> str:
    try:
        near = difflib.get_close_matches(
            path.name, [file.name for file in path.parent.iterdir() if file.name != path.name], n=1
        )
    except OSError:
        return ""
    return f"; did you mean {path.with_name(near[0])}?" if near else ""


def _read_file(
    path: Path, read_rows: Callable[[Path, Mapping[str, str]], Iterator[Record]], kinds: Mapping[str, str]
) -> Iterator[Record]:
    try:
        yield from read_rows(path, kinds)
    except OSError as error:
        raise unreadable(path, error) from None


def recipe_options(source: DataSpec) -> BaseModel:
    """Return the checked options of a recipe, defaults filled in; raises `DataRefused` if it or one is unknown."""
    name = str(source.recipe)
    if name not in RECIPES:
        near = difflib.get_close_matches(name, RECIPES, n=1)
        hint = f"did you mean `{near[0]}`?" if near else f"known are {', '.join(RECIPES)}"
        raise DataRefused(f"recipe `{name}`: no such recipe; {hint}")
    model = RECIPES[name].options
    try:
        return model.model_validate(source.options)
    except ValidationError as error:
        wrong = [f"{'.'.join(map(str, each['loc'])) or 'options'}: {each['msg']}" for each in error.errors()]
        known = ", ".join(model.model_fields)
        raise DataRefused(f"recipe `{name}`: {'; '.join(wrong)}; its options are {known}") from None


def _read_json_lines(path: Path, kinds: Mapping[str, str]) -> Iterator[Record]:
    for line in read_lines(path):
        if not line.content.isspace():
            yield find_row_error(line) or _parse(line)


def _parse(line: Line) -> Record:
    try:
        row = orjson.loads(line.content)
    except orjson.JSONDecodeError as error:
        return Record(line.number, line.content, None, "unparsable", f"no JSON: {error}")
    if not isinstance(row, dict):
        return Record(line.number, line.content, None, "unparsable", f"expected a JSON object, found {shown(row)}")
    return Record(line.number, line.content, row)


def _read_columns(path: Path, kinds: Mapping[str, str]) -> Iterator[Record]:
    command = [sys.executable, "-P", columns.__file__, str(path.absolute())]
    number = 0
    with TemporaryFile() as complaint:
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=complaint) as child:
            assert child.stdout is not None  # a pipe was asked for
            try:
                for line in split_lines(child.stdout):
                    number = line.number
                    yield find_row_error(line) or _parse(line._replace(content=line.content.removesuffix(b"\n")))
                status = child.wait()
            finally:
                child.kill()  # no-one reads on: it would wait for ever
        if status:
            complaint.seek(0)
            said = _complaint(path, status, complaint.read(_COMPLAINT_BYTES))
            raise DataRefused(f"{path}: {said}" + (f" (after row {number:,})" if number else ""))


def _complaint(path: Path, status: int, said: bytes) -> str:
    """Say why the child that unpacks a file gave up; `status` is negative where a signal ended it."""
    if status == columns.REFUSED:
        return " ".join(said.decode(errors="replace").split())
    return f"cannot be read as {path.suffix[1:]}: its reader broke down ({status})"


def _read_recipe(source: DataSpec) -> Iterator[Record]:
    options = recipe_options(source)
    try:
        for number, row in enumerate(RECIPES[str(source.recipe)].rows(options), start=1):
            yield Record(number, orjson.dumps(row), row)
    except ValueError as error:
        raise DataRefused(f"recipe `{source.recipe}`: {error}") from None


_COMPLAINT_BYTES = 2_000
_READERS: Mapping[str, Callable[[Path, Mapping[str, str]], Iterator[Record]]] = MappingProxyType(
    {
        ".jsonl": _read_json_lines,
        ".ndjson": _read_json_lines,
        ".csv": read_csv,
        ".parquet": _read_columns,
        ".arrow": _read_columns,
        ".feather": _read_columns,
    }
)
