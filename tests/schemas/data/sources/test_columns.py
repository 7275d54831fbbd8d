from __future__ import annotations

import json
import math
from typing import Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from schemas.data.sources.columns import _by_column, _line

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
    "bytes": (pa.binary(), st.none() | st.binary(max_size=3)),
}


@given(st.data())
def test_rows_made_json_by_columns_say_what_they_say_one_by_one(data: st.DataObject) -> None:
    names = data.draw(st.lists(st.sampled_from(sorted(columns)), min_size=1, max_size=4, unique=True))
    size = data.draw(st.integers(1, 4))
    start = data.draw(st.integers(0, size - 1))
    values = {
        name: pa.array(data.draw(st.lists(columns[name][1], min_size=size, max_size=size)), columns[name][0])
        for name in names
    }
    rows = pa.record_batch(values).slice(start)
    slow = [json.loads(_line(row)) for row in rows.to_pylist()]
    fast = _by_column(rows)
    if fast is not None:
        assert [json.loads(line) for line in fast.splitlines()] == slow
    odd = {"short", "bytes"} & {*names}
    finite = all(math.isfinite(number) for number in _floats(rows.to_pylist()))
    assert (fast is not None) == (finite and not odd)


def _floats(value: Any) -> list[float]:
    if isinstance(value, float):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [number for each in inner for number in _floats(each)]
