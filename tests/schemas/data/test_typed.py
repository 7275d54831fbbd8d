from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.data.by_column import shape_rows
from schemas.data.sources.unpacked import ColumnRows
from schemas.data.typed import typed_rows
from tests.schemas.data.test_by_column import SPECS, assert_equal, count_one_by_one, spec_of, texts

kinds = st.sampled_from([pa.string(), pa.large_string(), pa.string_view()])
wholes = st.sampled_from([pa.int8(), pa.int64(), pa.uint32(), pa.null()])
span_kinds = st.builds(
    lambda start, end, label, more: pa.struct([("start", start), ("end", end), ("label", label), *more]),
    wholes,
    wholes,
    kinds,
    st.sampled_from([[], [], [("note", pa.float64())], [("value", pa.null())], [("value", pa.int64())]]),
) | st.sampled_from([pa.struct([("start", pa.int8()), ("label", pa.string())]), pa.struct([("end", pa.int64())])])
OF_HEAD = {
    "intent": kinds,
    "label": kinds,
    "then": kinds,
    "after": kinds,
    "urgency": st.sampled_from([pa.float64(), pa.float32(), pa.int64(), pa.uint64(), pa.bool_()]),
    "topics": st.builds(pa.list_, kinds) | st.builds(pa.large_list, kinds) | st.just(pa.list_(pa.null())),
    "slots": st.builds(pa.list_, span_kinds) | st.builds(pa.large_list, span_kinds) | st.just(pa.list_(pa.null())),
}
odd = st.sampled_from([pa.null(), pa.int64(), pa.string(), pa.list_(pa.int64()), pa.struct([("start", pa.int8())])])
heads = st.sampled_from(sorted(OF_HEAD))


@st.composite
def label_kinds(draw: st.DrawFn) -> dict[str, pa.DataType]:
    return {name: draw(odd if draw(st.integers(0, 9)) == 0 else OF_HEAD[name]) for name in draw(st.sets(heads))}


@st.composite
def tables(draw: st.DrawFn) -> pa.Table:
    names = {"text", *draw(st.sets(st.sampled_from(["id", "split", "lang", "source"])))}
    columns = {name: draw(odd if draw(st.integers(0, 19)) == 0 else kinds) for name in sorted(names)}
    if draw(st.booleans()):
        inner = draw(label_kinds())
        columns["labels"] = pa.struct(list(inner.items())) if inner else pa.string()
    columns |= {name: kind for name, kind in draw(label_kinds()).items() if draw(st.booleans())}
    if draw(st.integers(0, 4)) == 0:
        columns["next"] = pa.struct([("intent", pa.string())])
    size = draw(st.integers(1, 5))
    return pa.table({name: [draw(values(kind)) for _ in range(size)] for name, kind in columns.items()},
                    schema=pa.schema(list(columns.items())))  # fmt: skip


def values(kind: pa.DataType) -> st.SearchStrategy[Any]:
    """Yield values of a type, now and then null."""
    if pa.types.is_struct(kind):
        return st.none() | st.fixed_dictionaries({field.name: values(field.type) for field in kind})
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return st.none() | st.lists(values(kind.value_type), max_size=3)
    if pa.types.is_boolean(kind):
        return st.none() | st.booleans()
    if pa.types.is_null(kind):
        return st.none()
    if pa.types.is_floating(kind):
        return st.none() | st.floats(width=kind.bit_width)
    if pa.types.is_integer(kind):
        signed = pa.types.is_signed_integer(kind)
        bits = kind.bit_width - signed
        return st.none() | st.integers(0, 6) | st.integers(-(2**bits) if signed else 0, 2**bits - 1)
    return st.none() | st.sampled_from(["train", "test", "en", "on", "a"]) | texts


@settings(max_examples=60)
@pytest.mark.parametrize("name", SPECS)
@given(table=tables())
def test_rows_of_columns_are_what_they_are_one_by_one(name: str, table: pa.Table) -> None:
    assert_equal(ColumnRows(table, 7, "part.parquet"), spec_of(name))


GOOD = {
    "id": "1",
    "text": "turn it on",
    "labels": {"intent": "on", "slots": [{"start": 0, "end": 4, "label": "x"}], "topics": ["b", "a"], "urgency": 1.5},
}


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "x" * 40_000},
        {"text": "x" * 600},
        {"labels": {**GOOD["labels"], "slots": [{"start": 0, "end": 1, "label": "a" * 250}] * 40}},  # type: ignore[dict-item]
        {"labels": None, "intent": "off"},
        {"labels": {**GOOD["labels"], "topics": None}},  # type: ignore[dict-item]
        {"labels": {**GOOD["labels"], "urgency": float("nan")}},  # type: ignore[dict-item]
        {"next": {"intent": "on"}},
        {"note": "of nobody"},
    ],
    ids=str,
)
def test_an_odd_row_of_columns_between_good_ones_is_what_it_is_alone(changes: dict[str, Any]) -> None:
    assert_equal(ColumnRows(pa.Table.from_pylist([GOOD, GOOD | changes, GOOD]), 1), spec_of("plain"))
    assert_equal(ColumnRows(pa.Table.from_pylist([GOOD | changes, GOOD]), 1), spec_of("plain"))


def test_common_rows_of_columns_are_not_looked_at_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at = count_one_by_one(monkeypatch, ColumnRows)
    spec = spec_of("plain")
    shape_rows(ColumnRows(pa.Table.from_pylist([GOOD] * 100), 1), spec, spec.data[0], "x")
    assert looked_at == []
    shape_rows(ColumnRows(pa.Table.from_pylist([GOOD, GOOD | {"text": None}]), 1), spec, spec.data[0], "x")
    assert looked_at == [1]


def test_a_column_of_another_type_than_its_heads_leaves_every_row_in_doubt() -> None:
    spec = spec_of("plain")
    for changes in ({"id": 1}, {"labels": "on"}, {"labels": {"intent": 1}}, {"labels": {"urgency": True}}):
        rows = ColumnRows(pa.Table.from_pylist([GOOD | changes]), 1)
        assert typed_rows(rows, spec, spec.data[0]) is None
