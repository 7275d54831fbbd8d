from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.data import contract
from schemas.data.sources.columns import (
    MAX_LINE_BYTES,
    _has_json,
    _most_bytes,
    _Output,
    _unshared,
    line_of,
    unpack,
)

texts = st.none() | st.text(max_size=6) | st.sampled_from(["a\nb", "\x00", '"', "\\", "\u2028", "💡"])
floats = st.none() | st.floats(width=64)
columns: dict[str, tuple[pa.DataType, st.SearchStrategy[Any]]] = {
    "text": (pa.string(), texts),
    'odd "name"\n': (pa.large_string(), texts),
    "whole": (pa.uint64(), st.none() | st.integers(0, 2**64 - 1)),
    "score": (pa.float64(), floats),
    "truth": (pa.bool_(), st.none() | st.booleans()),
    "nothing": (pa.null(), st.none()),
    "topics": (pa.list_(pa.string()), st.none() | st.lists(texts, max_size=3)),
    "labels": (
        pa.struct({"on": pa.string(), "spans": pa.list_(pa.struct({"start": pa.int64(), "score": pa.float64()}))}),
        st.none()
        | st.fixed_dictionaries(
            {
                "on": texts,
                "spans": st.none()
                | st.lists(
                    st.none() | st.fixed_dictionaries({"start": st.none() | st.integers(-9, 9), "score": floats}),
                    max_size=2,
                ),
            }
        ),
    ),
    "short": (pa.float32(), st.none() | st.floats(width=32)),
    "view": (pa.string_view(), texts),
    "one of few": (pa.dictionary(pa.int8(), pa.string()), texts),
    "several of few": (pa.list_(pa.dictionary(pa.int32(), pa.string())), st.none() | st.lists(texts, max_size=2)),
    "bytes": (pa.binary(), st.none() | st.binary(max_size=3)),
}


def drawn(data: st.DataObject) -> pa.RecordBatch:
    names = data.draw(st.lists(st.sampled_from(sorted(columns)), min_size=1, max_size=4, unique=True))
    size = data.draw(st.integers(1, 4))
    start = data.draw(st.integers(0, size - 1))
    values = {
        name: pa.array(data.draw(st.lists(columns[name][1], min_size=size, max_size=size)), columns[name][0])
        for name in names
    }
    return pa.record_batch(values).slice(start)


@given(st.data())
def test_rows_take_no_more_than_the_most_that_they_can(data: st.DataObject) -> None:
    rows = drawn(data)
    if all(map(_has_json, rows.schema.types)):
        rows = rows.cast(pa.schema([(field.name, _unshared(field.type)) for field in rows.schema]))
        lines = [line_of(row) + b"\n" for row in rows.to_pylist()]
        assert sum(map(len, lines)) <= _most_bytes(rows.to_struct_array())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_as_columns_and_as_lines_a_file_has_the_same_rows(tmp_path: Path, data: st.DataObject) -> None:
    rows = drawn(data)
    path = tmp_path / "rows.arrow"
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, rows.schema) as writer:
        writer.write_batch(rows)
    wanted = [line_of(row) for row in rows.to_pylist()]
    described = {"names": rows.schema.names, "huggingface": None}
    assert unpacked(path, as_columns=False) == (described, None, wanted)
    told, table, lines = unpacked(path, as_columns=True)
    assert told == described
    assert table is not None
    assert [*map(line_of, table.to_pylist()), *lines] == wanted
    assert (not lines) == all(map(_has_json, rows.schema.types))


@pytest.mark.parametrize("between", [0, 1_000])
def test_from_a_row_on_that_may_be_larger_than_a_line_rows_are_lines(tmp_path: Path, between: int) -> None:
    small = [f"say {number}" for number in range(9_000)]
    texts = [*small, "x" * (MAX_LINE_BYTES // 6), *small[:between], "x" * MAX_LINE_BYTES, "on"]
    path = tmp_path / "rows.arrow"
    rows = pa.record_batch({"text": texts})
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, rows.schema) as writer:
        writer.write_batch(rows)
    _, table, lines = unpacked(path, as_columns=True)
    assert table is not None
    assert 0 < table.num_rows <= 9_001
    assert [*map(line_of, table.to_pylist()), *lines] == [line_of({"text": text}) for text in texts]


def test_a_line_may_be_as_long_as_everywhere() -> None:
    assert MAX_LINE_BYTES == contract.MAX_LINE_BYTES  # written twice: what the child runs imports nothing of ours


def unpacked(path: Path, *, as_columns: bool) -> tuple[Any, pa.Table | None, list[bytes]]:
    """Return how a file is described, the rows that are written in columns, and then those in lines."""
    file = io.BytesIO()
    unpack(path, _Output(file, path), as_columns=as_columns)
    file.seek(0)
    described = json.loads(file.readline())
    table = pa.ipc.open_stream(file).read_all() if as_columns else None
    return described, table, file.read().splitlines()
