"""Parquet and Arrow files, unpacked by a child process with little memory: as columns, or as lines of JSON.

A few hundred bytes of Parquet can stand for gigabytes, and its decoders are native code that a broken file may crash.
So a child unpacks the file, and whatever it dies of, its parent says a sentence. It writes a line that describes the
file; then a stream of Arrow's with columns, as long as all rows are small and of types that JSON has; then, from the
first other row on, lines of JSON, which hold any row and take many times as long.

The child runs this file by its path, so it imports nothing of ours.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import IO, Any

import orjson

MEMORY_MIB = 512
"""Of the child's heap. 1.5 million rows in one row group or batch take 180 MiB, libraries and all."""

MAX_COLUMNS = 1_000
"""Of a table, those inside structs counted one by one: far more than a spec has heads."""

MAX_FEATURES_BYTES = 256 * 1024
"""Of the description that `datasets` puts into a file; the names of 10,000 labels fit."""

SLICE_ROWS, FEW_ROWS = 512, 128
"""Unpacked at once: the fewer where rows take more than `FEW_BYTES` on average, or the more do not fit in the child's
memory. A slice costs as much as 300 common rows."""

FEW_BYTES = 16 << 10

LARGE_BYTES = 4 << 20
"""Of rows that become Python's values one by one."""

TOGETHER_BYTES = 512 << 10
"""Of slices that are written together."""

MAX_LINE_BYTES = 1 << 20
"""What a row that is passed on in columns may take as a line of JSON: as much as is read of any line."""

FREE_BYTES, FACTOR, ROW_BYTES = 64 << 20, 100, 64
"""A file may unpack to `FREE_BYTES` plus `FACTOR` times its size, each row counted with `ROW_BYTES` more than it
has. Utterances made of few words unpack to 20 times their size in Parquet with zstd (those of bench/validation.py)."""

REFUSED = 3
"""Exit code of a child that says on stderr what is wrong with the file."""

LINES = "lines"
"""Says to the child that no columns are wanted."""


class _Refused(Exception):
    """The file cannot be read; the message says why."""


class _Output:
    """Where the child writes, until it is more than the file can have meant."""

    def __init__(self, file: IO[bytes], path: Path) -> None:
        self.file = file
        self._left = FREE_BYTES + FACTOR * path.stat().st_size

    def count(self, size: int, rows: int) -> None:
        """Count what is about to be written."""
        self._left -= size + rows * ROW_BYTES
        if self._left < 0:
            raise _Refused(f"unpacks to more than {FACTOR} times its size; if that is meant, save it as JSON Lines")


def unpack(path: Path, output: _Output, *, as_columns: bool) -> None:
    """Write all of a file."""
    import pyarrow as pa  # in the child only, as it takes 60 MiB

    try:
        batches = _parquet(path) if path.suffix.lower() == ".parquet" else _arrow(path)
        schema = next(batches)
        output.file.write(orjson.dumps(_described(schema), option=orjson.OPT_APPEND_NEWLINE))
        slices = _slices(batches)
        if as_columns:
            slices = _write_columns(slices, schema, output)
        for rows in slices:
            _write_lines(rows, output)
    except MemoryError:  # of Arrow too, whose error is both
        raise
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise _Refused(f"cannot be read as {path.suffix[1:]}: {error}") from None


def _slices(batches: Iterator[Any]) -> Iterator[Any]:
    for batch in batches:
        batch.validate(full=True)  # offsets and UTF-8: what the file says of them is not to be trusted
        for start in range(0, batch.num_rows, SLICE_ROWS):
            yield batch.slice(start, SLICE_ROWS)


def _write_columns(slices: Iterator[Any], schema: Any, output: _Output) -> Iterator[Any]:
    """Write rows as a stream of Arrow's, and return those that are left."""
    import pyarrow as pa

    if not all(map(_has_json, schema.types)):
        pa.ipc.new_stream(output.file, pa.schema([])).close()
        return slices
    written = pa.schema([(field.name, _unshared(field.type)) for field in schema])
    with pa.ipc.new_stream(output.file, written) as stream:
        together = _together(rows.cast(written) for rows in slices)
        for rows in together:
            if not _is_small(rows):
                return chain([rows], together)
            output.count(rows.nbytes, rows.num_rows)
            stream.write_batch(rows)
    return iter(())


def _together(slices: Iterator[Any]) -> Iterator[Any]:
    """Join slices that are small, as Arrow takes its time for each, however few its rows."""
    import pyarrow as pa

    waiting: list[Any] = []
    size = 0
    for rows in slices:
        more = rows.nbytes + rows.num_rows * ROW_BYTES
        if waiting and size + more > TOGETHER_BYTES:
            yield pa.concat_batches(waiting)
            waiting, size = [], 0
        if more > TOGETHER_BYTES:
            yield rows  # as it is: of the largest rows there is no room for a copy
        else:
            waiting.append(rows)
            size += more
    if waiting:
        yield pa.concat_batches(waiting)


def _write_lines(rows: Any, output: _Output) -> None:
    # A large row is in memory once more as Python's text and again as JSON, which not all survive together.
    some = 1 if rows.nbytes > LARGE_BYTES else SLICE_ROWS
    for at in range(0, rows.num_rows, some):
        for row in rows.slice(at, some).to_pylist():
            line = line_of(row) + b"\n"
            output.count(len(line), 1)
            output.file.write(line)


def _parquet(path: Path) -> Iterator[Any]:
    """Yield the schema, then the batches."""
    import pyarrow.parquet as pq

    # Column chunks are read page by page, not ahead of need: a row group need not fit in memory.
    with pq.ParquetFile(path, buffer_size=1 << 16, pre_buffer=False) as file:
        _check_columns(file.schema_arrow.names, file.metadata.num_columns)
        yield file.schema_arrow
        facts, done = file.metadata, 0
        size = sum(facts.row_group(number).total_byte_size for number in range(facts.num_row_groups))
        some = FEW_ROWS if size > FEW_BYTES * facts.num_rows else SLICE_ROWS
        with suppress(MemoryError):  # text that comes again and again is counted once
            for batch in file.iter_batches(batch_size=some, use_threads=False):
                done += batch.num_rows
                yield batch
            return
        for batch in file.iter_batches(batch_size=FEW_ROWS, use_threads=False):
            left_out = min(done, batch.num_rows)
            done -= left_out
            yield batch.slice(left_out)


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


def _has_json(kind: Any) -> bool:
    """Has JSON all values of a type, but for numbers that are not finite?"""
    import pyarrow.types as pt

    if pt.is_struct(kind):
        names = [field.name for field in kind]
        return 0 < len({*names}) == len(names) and all(_has_json(field.type) for field in kind)
    if pt.is_list(kind) or pt.is_large_list(kind):
        return _has_json(kind.value_type)
    if pt.is_dictionary(kind):  # of views, such as polars writes to Arrow files, none can be unpacked by Arrow (25.0)
        return bool(pt.is_string(kind.value_type) or pt.is_large_string(kind.value_type))
    plain = (pt.is_string, pt.is_large_string, pt.is_string_view, pt.is_integer, pt.is_boolean, pt.is_null)
    return pt.is_float32(kind) or pt.is_float64(kind) or any(is_kind(kind) for is_kind in plain)


def _unshared(kind: Any) -> Any:
    """Return a type without views of text and dictionaries: a slice of these is written with all that its batch has."""
    import pyarrow as pa
    import pyarrow.types as pt

    if pt.is_struct(kind):
        return pa.struct([(field.name, _unshared(field.type)) for field in kind])
    if pt.is_list(kind) or pt.is_large_list(kind):
        return pa.large_list(_unshared(kind.value_type))
    if pt.is_dictionary(kind):
        return kind.value_type
    return pa.large_string() if pt.is_string_view(kind) else kind


def _is_small(rows: Any) -> bool:
    """Can no row take more than `MAX_LINE_BYTES` as a line of JSON?"""
    if _most_bytes(rows.to_struct_array()) <= MAX_LINE_BYTES:
        return True
    half = rows.num_rows // 2
    return half > 0 and _is_small(rows.slice(0, half)) and _is_small(rows.slice(half))


def _most_bytes(values: Any) -> int:
    """Return what values of such types can take as JSON at most, all together, each with a comma or line end."""
    import pyarrow.types as pt

    kind, count = values.type, len(values)
    if pt.is_struct(kind):
        names = sum(_ESCAPED_BYTES * len(field.name.encode()) + len('"":') for field in kind)
        return count * (names + len("null,")) + sum(map(_most_bytes, values.flatten()))
    if pt.is_list(kind) or pt.is_large_list(kind):
        return count * len("null,") + _most_bytes(values.flatten())
    if pt.is_string(kind) or pt.is_large_string(kind):
        return count * len("null,") + _ESCAPED_BYTES * int(values.nbytes)
    return count * _NUMBER_BYTES


_ESCAPED_BYTES = len("\\u0000")
_NUMBER_BYTES = len("-1.2345678901234567e-100,")  # the longest of all that is no text


def line_of(row: dict[str, Any]) -> bytes:
    """Return a row as JSON. What JSON has not becomes `[{type: text}]`, which no column and no head takes."""
    return orjson.dumps(_plain(row))


def _plain(value: Any) -> Any:
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


def _main(path: Path, *more: str) -> int:
    _limit_memory()
    try:
        unpack(path, _Output(sys.stdout.buffer, path), as_columns=LINES not in more)
    except MemoryError:
        sys.stderr.write(f"takes more than {MEMORY_MIB:,} MiB to unpack; write it with smaller row groups")
        return REFUSED
    except (_Refused, RecursionError, orjson.JSONEncodeError, OSError) as error:
        sys.stderr.write(str(error))
        return REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(_main(Path(sys.argv[1]), *sys.argv[2:]))
