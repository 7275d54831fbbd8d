"""Read JSON Lines, CSV, Parquet, Arrow files and recipes as one stream of records, in bounded memory.

An importer never decides whether a row is good. It only says where a row stands, what it said, and, if no row can be
made of it, why. Faults that no row can be blamed for raise `DataRefused`.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import orjson
import polars as pl
from pydantic import BaseModel, ValidationError

from schemas.data.sources.csv import read_csv
from schemas.data.sources.records import DataRefused, Line, Record, find_row_error, read_lines
from schemas.recipes import RECIPES
from schemas.spec.product import DataSpec

_BATCH_ROWS = 10_000  # of a Parquet or Arrow file, held at once


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
    return reader(source.path)(source.path, kinds)


def reader(path: Path) -> Callable[[Path, Mapping[str, str]], Iterator[Record]]:
    """Return the function that reads such a file; raises `DataRefused` if there is no such file or format."""
    if path.is_dir():
        raise DataRefused(f"{path}: is a folder; name each file under `data`")
    if not path.is_file():
        names = [file.name for file in path.parent.iterdir()] if path.parent.is_dir() else []
        near = difflib.get_close_matches(path.name, names, n=1)
        raise DataRefused(f"{path}: no such file" + (f"; did you mean {path.with_name(near[0])}?" if near else ""))
    if path.suffix.lower() not in _READERS:
        raise DataRefused(f"{path}: unknown format {path.suffix!r}; known are {', '.join(_READERS)}")
    return _READERS[path.suffix.lower()]


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
        faults = [f"{'.'.join(map(str, fault['loc'])) or 'options'}: {fault['msg']}" for fault in error.errors()]
        known = ", ".join(model.model_fields)
        raise DataRefused(f"recipe `{name}`: {'; '.join(faults)}; its options are {known}") from None


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
        return Record(line.number, line.content, None, "unparsable", f"expected a JSON object, found {row!r:.60}")
    return Record(line.number, line.content, row)


def _read_columns(path: Path, kinds: Mapping[str, str]) -> Iterator[Record]:
    number = 0
    try:
        scan = pl.scan_parquet(path) if path.suffix.lower() == ".parquet" else pl.scan_ipc(path)
        names = scan.collect_schema().names()
        if "text" not in names:
            raise DataRefused(f"{path}: no column `text`; found {', '.join(names)}")
        for batch in scan.collect_batches(chunk_size=_BATCH_ROWS, maintain_order=True):
            for row in batch.iter_rows(named=True):
                number += 1
                yield Record(number, orjson.dumps(row, default=str), row)
    except (pl.exceptions.PolarsError, orjson.JSONEncodeError, OSError) as error:
        raise DataRefused(f"{path}: cannot be read as {path.suffix[1:]} after row {number}: {error}") from None


def _read_recipe(source: DataSpec) -> Iterator[Record]:
    options = recipe_options(source)
    try:
        for number, row in enumerate(RECIPES[str(source.recipe)].rows(options), start=1):
            yield Record(number, orjson.dumps(row), row)
    except ValueError as error:
        raise DataRefused(f"recipe `{source.recipe}`: {error}") from None


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
