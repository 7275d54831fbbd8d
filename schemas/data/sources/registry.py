"""Read files of rows, other tools' files and recipes as chunks of records, in bounded memory.

An importer never decides whether a row is good. It only says where a row stands, what it said, and, if no row can be
made of it, why. Errors that no row can be blamed for raise `DataRefused`.
"""

from __future__ import annotations

import difflib
import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any, TypeVar

import orjson
import polars as pl
from pydantic import BaseModel, ValidationError

from schemas.data.sources.csv import read_csv
from schemas.data.sources.hints import hint
from schemas.data.sources.importers.formats import FORMATS, Format
from schemas.data.sources.json import JsonLines, parse_object, read_json, read_json_lines, read_line_tables
from schemas.data.sources.partitions import Partition, of_folder, of_url
from schemas.data.sources.records import DataRefused, LeftOut, Record, find_row_error
from schemas.data.sources.unpacked import ColumnRows, column_names, unpack_lines, unpack_tables
from schemas.recipes import RECIPES
from schemas.spec.product import DataSpec, Spec

CHUNK_ROWS = 20_000
"""Rows in memory at once as Python values; 50,000 take 90 MiB more and are hardly faster (bench/validation.py)."""

CHUNK_LINES = 50_000
"""Rows in memory at once as lines; of those that no column tells all about, each becomes Python values for a moment."""

CHUNK_BYTES = 16 << 20
"""Of the lines of a chunk, where rows are long. Parsed, a byte of JSON can become 25 bytes of Python values."""


_MOST_FILES = 100  # of a source, where only some of its rows are looked at


_Read = TypeVar("_Read")


def origin(source: DataSpec) -> str:
    """Return where the rows of `source` come from, as people name it."""
    return f"recipe:{source.recipe}" if source.recipe is not None else source.url or str(source.path)


def source_name(source: DataSpec) -> str:
    """Return what stands in the column `source` of rows that do not say it themselves."""
    return source.source or source.recipe or (source.path or PurePosixPath(str(source.url))).stem


def read(
    source: DataSpec, kinds: Mapping[str, str], on_left_out: Callable[[LeftOut], None] = lambda left_out: None
) -> Iterator[Record]:
    """Yield the records of a source in order; `kinds` tells the kind of each head as the source names it.

    `on_left_out` is told what another tool's file says that rows have no place for.

    Raises:
        DataRefused: no such file, format or recipe, unreadable file, no column `text`. Most at once, a damaged
            Parquet file as late as the damage is met.
    """
    if source.recipe is not None:
        return _read_recipe(source)
    if source.format is None:
        return _read_partitions(partitions(source), kinds)
    assert source.path is not None
    return _import(source.path, _format(source), format_options(source), on_left_out)


def read_some(source: DataSpec, rows: int) -> Iterator[Record]:
    """Yield about so many records of a source at most: as many of each of its files, or of 100 that lie evenly.

    Raises:
        DataRefused: as `read` does.
    """
    if source.recipe is not None or source.format is not None:
        yield from islice(read(source, {}), rows)
        return
    parts = partitions(source)
    parts = parts[:: -(-len(parts) // _MOST_FILES)]
    for part in parts:
        yield from islice(_read_partitions([part], {}), max(1, rows // len(parts)))


def read_chunks(
    spec: Spec, source: DataSpec, on_left_out: Callable[[LeftOut], None] = lambda left_out: None
) -> Iterator[list[Record]]:
    """Yield the records of a source in lists of at most `CHUNK_ROWS` rows and about `CHUNK_BYTES`, never empty.

    Raises:
        DataRefused: as `read` does; and at once, where `rename` maps to a head that is not in the spec.
    """
    return _chunks(read(source, _kinds_in_file(spec, source), on_left_out))


def partitions_of(spec: Spec, source: DataSpec) -> Sequence[Partition | None]:
    """Return what of a source can be read apart: its partitions, or None for all of a recipe or other tool's files.

    Raises:
        DataRefused: as `read_chunks` does at once.
    """
    _kinds_in_file(spec, source)
    if source.recipe is None and source.format is None:
        return partitions(source)
    read_chunks(spec, source)
    return [None]


def read_rows(
    spec: Spec, source: DataSpec, part: Partition | None, on_left_out: Callable[[LeftOut], None]
) -> Iterator[JsonLines | ColumnRows | list[Record]]:
    """Yield the rows of a partition in chunks; lines of JSON and columns are left to the caller."""
    if part is None:
        yield from read_chunks(spec, source, on_left_out)
        return
    tables_of = _TABLES.get(part.suffix)
    if tables_of is None:
        yield from _chunks(_read_partitions([part], _kinds_in_file(spec, source)))
        return
    with part.on_disk() as path:
        for table in _reading(path, tables_of):
            if isinstance(table, ColumnRows):
                yield replace(table, file=part.name)
            else:
                yield from (JsonLines(chunk, part.name) for chunk in table.iter_slices(CHUNK_LINES))


def partitions(source: DataSpec) -> list[Partition]:
    """Return the files of a source without a format; raises `DataRefused` as `read` does at once."""
    if source.url is not None:
        parts = of_url(source.url, tuple(_TABLES))
    elif source.path is not None and _mode(source.path) == stat.S_IFDIR:
        parts = of_folder(source.path, tuple(_TABLES))
    else:
        parts = [Partition("", str(source.path))]
    for part in parts:
        _check_suffix(part.place, part.suffix)
    return parts


def files_of(source: DataSpec) -> list[Path]:
    """Return the files that a source with a format is read from; raises `DataRefused` as `read` does at once."""
    assert source.path is not None
    format_options(source)
    return _format(source).files(source.path)


def _chunks(rows: Iterator[Record]) -> Iterator[list[Record]]:
    chunk: list[Record] = []
    size = 0
    for row in rows:
        chunk.append(row)
        size += len(row.raw)
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
    # Heads that follow another come first: what they follow says what its own cells are.
    heads = sorted(spec.labelled_heads.items(), key=lambda named: named[1].follows is None)
    fields = {source.field_of(head.follows or name): head.kind for name, head in heads}
    return {field: kind for field, kind in fields.items() if field is not None}


def _check_suffix(path: str, suffix: str) -> None:
    if suffix not in _READERS:
        raise DataRefused(
            f"{path}: unknown format {suffix!r}; known are {', '.join(_READERS)}, and as `format` of other tools "
            f"{', '.join(FORMATS)}"
        )


def _mode(path: Path) -> int:
    """Return whether a file or a folder is there; raises `DataRefused` for nothing and for anything else."""
    _check_name(path)
    try:
        mode = stat.S_IFMT(path.stat().st_mode)
    except FileNotFoundError:
        raise DataRefused(f"{path}: no such file{_nearest(path)}") from None
    except OSError as error:
        raise unreadable(path, error) from None
    if mode not in (stat.S_IFREG, stat.S_IFDIR):
        raise DataRefused(f"{path}: is a pipe or a device; save the rows to a file first, they are read twice")
    return mode


def _format(source: DataSpec) -> Format:
    name = str(source.format)
    if name not in FORMATS:
        near = difflib.get_close_matches(name, FORMATS, n=1)
        hint = f"did you mean `{near[0]}`?" if near else f"known are {', '.join(FORMATS)}"
        raise DataRefused(f"format `{name}`: no such format; {hint}")
    assert source.path is not None
    _mode(source.path)
    return FORMATS[name]


def _import(path: Path, tool: Format, options: BaseModel, on_left_out: Callable[[LeftOut], None]) -> Iterator[Record]:
    try:
        for found in tool.read(path, options):
            if isinstance(found, LeftOut):
                on_left_out(found)
            else:
                yield found
    except OSError as error:
        raise unreadable(path, error) from None


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


def _read_partitions(parts: Sequence[Partition], kinds: Mapping[str, str]) -> Iterator[Record]:
    for part in parts:
        with part.on_disk() as path:
            for record in _reading(path, _READERS[part.suffix], kinds):
                yield record._replace(file=part.name) if part.name else record


def _reading(path: Path, read_rows: Callable[..., Iterator[_Read]], *more: object) -> Iterator[_Read]:
    try:
        yield from read_rows(path, *more)
    except OSError as error:
        raise unreadable(path, error) from None


def recipe_options(source: DataSpec) -> BaseModel:
    """Return the checked options of a recipe, defaults filled in; raises `DataRefused` if it or one is unknown."""
    name = str(source.recipe)
    if name not in RECIPES:
        near = difflib.get_close_matches(name, RECIPES, n=1)
        hint = f"did you mean `{near[0]}`?" if near else f"known are {', '.join(RECIPES)}"
        raise DataRefused(f"recipe `{name}`: no such recipe; {hint}")
    spoken = {"languages": source.languages} if source.languages else {}
    return _options(f"recipe `{name}`", RECIPES[name].options, {**source.options, **spoken})


def format_options(source: DataSpec) -> BaseModel:
    """Return the checked options of a format, defaults filled in; raises `DataRefused` if it or one is unknown."""
    return _options(f"format `{source.format}`", _format(source).options, source.options)


def _options(whose: str, model: type[BaseModel], given: Mapping[str, Any]) -> BaseModel:
    try:
        return model.model_validate(given)
    except ValidationError as error:
        wrong = [f"{'.'.join(map(str, each['loc'])) or 'options'}: {each['msg']}" for each in error.errors()]
        known = ", ".join(model.model_fields) or "none"
        raise DataRefused(f"{whose}: {'; '.join(wrong)}; its options are {known}") from None


def _read_columns(path: Path, kinds: Mapping[str, str]) -> Iterator[Record]:
    lines = unpack_lines(path)
    _check_names(path, column_names(next(lines)))
    for line in lines:
        yield find_row_error(line) or parse_object(line)


def _column_tables(path: Path) -> Iterator[ColumnRows | pl.DataFrame]:
    return unpack_tables(path, partial(_check_names, path))


def _check_names(path: Path, names: Sequence[str]) -> None:
    if "text" not in names:
        near = hint("text", names)
        told = f"; {near}" if near else ""
        raise DataRefused(f"{path}: no column `text`; found {', '.join(names)[:200] or 'nothing'}{told}")


def _read_recipe(source: DataSpec) -> Iterator[Record]:
    options = recipe_options(source)
    try:
        for number, row in enumerate(RECIPES[str(source.recipe)].rows(options), start=1):
            yield Record(number, orjson.dumps(row), row)
    except ValueError as error:
        raise DataRefused(f"recipe `{source.recipe}`: {error}") from None


_READERS: Mapping[str, Callable[[Path, Mapping[str, str]], Iterator[Record]]] = MappingProxyType(
    {
        ".jsonl": read_json_lines,
        ".ndjson": read_json_lines,
        ".json": read_json,
        ".csv": read_csv,
        ".tsv": read_csv,
        ".parquet": _read_columns,
        ".arrow": _read_columns,
        ".feather": _read_columns,
    }
)

_TABLES: Mapping[str, Callable[[Path], Iterator[ColumnRows | pl.DataFrame]]] = MappingProxyType(
    {
        ".jsonl": read_line_tables,
        ".ndjson": read_line_tables,
        ".parquet": _column_tables,
        ".arrow": _column_tables,
        ".feather": _column_tables,
    }
)
"""Readers of files whose rows are lines of JSON, which they yield as `blocks.split_blocks` does, or columns."""
