"""Parquet and Arrow files as lines of JSON, unpacked by a child process with little memory.

A few hundred bytes of Parquet can stand for gigabytes, and its decoders are native code that a broken file may crash.
So a child unpacks the file, and what comes out of it is read like any file of JSON Lines: whatever the child dies of,
its parent says a sentence.

The child runs this file by its path, so it imports nothing of ours.
"""

from __future__ import annotations

import io
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

MEMORY_MIB = 512
"""Of the child's heap. 1.5 million rows in one row group or batch take 180 MiB, libraries and all."""

MAX_COLUMNS = 1_000
"""Of a table, those inside structs counted one by one: far more than a spec has heads."""

MAX_FEATURES_BYTES = 256 * 1024
"""Of the description that `datasets` puts into a file; the names of 10,000 labels fit."""

SLICE_ROWS = 128
"""Unpacked at once; so many rows of the largest size that is read at all, 1 MiB, fit in the child's memory."""

SMALL_BYTES = 4 << 20
"""Of rows that are made JSON by columns: these stand in memory three times and more, and polars does not survive it
when there is none left."""

TOGETHER_BYTES = 512 << 10
"""Of slices that are made JSON together, each row counted with the names that JSON repeats for it."""

FREE_BYTES, FACTOR, ROW_BYTES = 64 << 20, 100, 64
"""A file may unpack to `FREE_BYTES` plus `FACTOR` times its size, each row counted with `ROW_BYTES` more than its JSON.
Utterances made of few words unpack to 20 times their size in Parquet with zstd (those of bench/validation.py)."""

REFUSED = 3
"""Exit code of a child that says on stderr what is wrong with the file."""


class _Refused(Exception):
    """The file cannot be read; the message says why."""


def unpack(path: Path) -> Iterator[tuple[bytes, int]]:
    """Yield lines of JSON, as many at once as were unpacked, and how many these are.

    First comes what a Parquet or Arrow file says of itself, `names` and `huggingface`, then its rows.
    """
    import pyarrow as pa  # in the child only, as it takes 60 MiB

    batches = _parquet(path) if path.suffix.lower() == ".parquet" else _arrow(path)
    try:
        yield orjson.dumps(_described(next(batches)), option=orjson.OPT_APPEND_NEWLINE), 1
        for rows in _together(_slices(batches)):
            if (lines := _by_column(rows)) is not None:
                yield lines, rows.num_rows
            else:
                # A large row is in memory once more as Python's text and again as JSON, which not all survive together.
                some = 1 if rows.nbytes > SMALL_BYTES else SLICE_ROWS
                for at in range(0, rows.num_rows, some):
                    yield from ((_line(row), 1) for row in rows.slice(at, some).to_pylist())
    except MemoryError:  # of Arrow too, whose error is both
        raise
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise _Refused(f"cannot be read as {path.suffix[1:]}: {error}") from None


def _slices(batches: Iterator[Any]) -> Iterator[Any]:
    for batch in batches:
        batch.validate(full=True)  # offsets and UTF-8: what the file says of them is not to be trusted
        for start in range(0, batch.num_rows, SLICE_ROWS):
            yield batch.slice(start, SLICE_ROWS)


def _together(slices: Iterator[Any]) -> Iterator[Any]:
    """Join slices that are small, as polars and Arrow take their time for each, however few its rows."""
    import pyarrow as pa

    waiting: list[Any] = []
    size, names = 0, 0
    for rows in slices:
        if not names and not all(map(_has_json, rows.schema.types)):
            yield rows
            continue
        names = names or len(rows.schema.to_string(show_schema_metadata=False))
        more = rows.nbytes + rows.num_rows * names
        if waiting and size + more > TOGETHER_BYTES:
            yield pa.concat_batches(waiting)
            waiting, size = [], 0
        if more > TOGETHER_BYTES:
            yield rows  # and not beside the next: with rows of the largest size there is no room for two
        else:
            waiting.append(rows)
            size += more
    if waiting:
        yield pa.concat_batches(waiting)


def _parquet(path: Path) -> Iterator[Any]:
    """Yield the schema, then the batches."""
    import pyarrow.parquet as pq

    # Column chunks are read page by page, not ahead of need: a row group need not fit in memory.
    with pq.ParquetFile(path, buffer_size=1 << 16, pre_buffer=False) as file:
        _check_columns(file.schema_arrow.names, file.metadata.num_columns)
        yield file.schema_arrow
        yield from file.iter_batches(batch_size=SLICE_ROWS, use_threads=False)


def _arrow(path: Path) -> Iterator[Any]:
    """Yield the schema, then the batches, of a file or of a stream, which is what Hugging Face's `datasets` writes."""
    import pyarrow as pa

    with path.open("rb") as file:
        is_stream = file.read(len(_ARROW_FILE)) != _ARROW_FILE
    # Mapped: batches that are not compressed, which may be as large as the file, take no memory of their own.
    with pa.memory_map(str(path)) as mapped, (pa.ipc.open_stream if is_stream else pa.ipc.open_file)(mapped) as file:
        _check_columns(file.schema.names, len(file.schema.names))
        yield file.schema
        if is_stream:
            yield from file
        else:
            for number in range(file.num_record_batches):
                yield file.get_batch(number)


_ARROW_FILE = b"ARROW1"


def _described(schema: Any) -> dict[str, Any]:
    features = (schema.metadata or {}).get(b"huggingface", b"")
    return {"names": schema.names, "huggingface": features[:MAX_FEATURES_BYTES].decode(errors="replace") or None}


def _check_columns(names: list[str], columns: int) -> None:
    if columns > MAX_COLUMNS:
        raise _Refused(f"has {columns:,} columns, allowed are {MAX_COLUMNS:,}")
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise _Refused(f"two columns are called `{twice}`")


def _by_column(rows: Any) -> bytes | None:
    """Return the rows as JSON, made ten times as fast as by `_line`; None where it would not say the same."""
    is_plain = all(map(_has_json, rows.schema.types)) and all(map(_is_finite, rows.columns))
    if not is_plain or rows.nbytes > SMALL_BYTES:
        return None
    import polars as pl  # takes a fifth of the memory, so only where rows are small

    file = io.BytesIO()
    pl.DataFrame(pl.from_arrow(rows)).write_ndjson(file)
    return file.getvalue()


def _has_json(kind: Any) -> bool:
    """Has JSON all values of a type, but for numbers that are not finite?"""
    import pyarrow.types as pt

    if pt.is_struct(kind):
        return kind.num_fields > 0 and all(_has_json(field.type) for field in kind)
    if pt.is_list(kind) or pt.is_large_list(kind):
        return _has_json(kind.value_type)
    plain = (pt.is_string, pt.is_large_string, pt.is_string_view, pt.is_integer, pt.is_boolean, pt.is_null)
    return pt.is_float64(kind) or any(is_kind(kind) for is_kind in plain)


def _is_finite(values: Any) -> bool:
    """Is each number in a column of `_has_json` one?"""
    import pyarrow.compute as pc
    import pyarrow.types as pt

    kind = values.type
    if pt.is_struct(kind):
        return all(map(_is_finite, values.flatten()))
    if pt.is_list(kind) or pt.is_large_list(kind):
        return _is_finite(values.flatten())
    return not pt.is_float64(kind) or pc.all(pc.is_finite(values)).as_py() is not False


def _line(row: dict[str, Any]) -> bytes:
    return orjson.dumps(_plain(row), option=orjson.OPT_APPEND_NEWLINE)


def _plain(value: Any) -> Any:
    """Return what JSON can hold. Everything else becomes `[{type: text}]`, which no column and no head takes."""
    kind = type(value)
    if value is None or kind in (str, int, bool) or (kind is float and math.isfinite(value)):
        return value
    if kind is dict:
        return {name: _plain(inner) for name, inner in value.items()}
    if kind in (list, tuple):
        return [_plain(inner) for inner in value]
    return [{kind.__name__: str(value)}]


def _limit_memory() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_MIB << 20, MEMORY_MIB << 20))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _main(path: Path) -> int:
    _limit_memory()
    left = FREE_BYTES + FACTOR * path.stat().st_size
    try:
        for lines, rows in unpack(path):
            left -= len(lines) + rows * ROW_BYTES
            if left < 0:
                raise _Refused(f"unpacks to more than {FACTOR} times its size; if that is meant, save it as JSON Lines")
            sys.stdout.buffer.write(lines)
    except MemoryError:
        sys.stderr.write(f"takes more than {MEMORY_MIB:,} MiB to unpack; write it with smaller row groups")
        return REFUSED
    except (_Refused, RecursionError, orjson.JSONEncodeError, OSError) as error:
        sys.stderr.write(str(error))
        return REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(_main(Path(sys.argv[1])))
