"""Rows in columns of the types that a spec's heads ask for: parsed from lines of JSON, or as their file has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from schemas.data.contract import LABEL_DTYPES, MAX_ROW_BYTES, label_column
from schemas.data.sources.cells import PLAIN
from schemas.data.sources.json import JsonLines
from schemas.data.sources.records import RawLine, find_row_error
from schemas.data.sources.unpacked import ColumnRows
from schemas.spec.product import DataSpec, Spec
from trunkline_edge.bundle.manifest import MAX_LABEL_CHARACTERS

FEWEST_LINES = 32
"""Lines that are parsed together at least: where one cannot be parsed, so many are read one by one."""

_PARTS = 8  # into which lines that cannot be parsed together are cut
_LONG_LINE_BYTES = 2_000  # orjson wants fewer than 1,024 objects inside each other; a shorter line cannot have more
_CRASHES = r"\}\s*null"
"""Arrow's reader dies of a `null` between objects (25.0; `{}null{}`). Inside an object, none follows a brace."""
_SPAN = {"start": pl.Int64(), "end": pl.Int64(), "label": pl.String()}
_LABEL_BYTES = 4 * MAX_LABEL_CHARACTERS + 64  # as JSON, with its span


def typed_rows(rows: JsonLines | ColumnRows, spec: Spec, source: DataSpec) -> pl.DataFrame | None:
    """Return the rows that fit the types: `row` (position), `PLAIN` and a label of each head, spans without values.

    Lines come with `raw`, their text. None where the types leave a doubt about each row.
    """
    own = [name for name, head in spec.labelled_heads.items() if head.follows is None]
    fields = {name: field for name in own if (field := source.field_of(name)) is not None}
    if not fields:
        return None
    return _from_lines(rows, spec, fields) if isinstance(rows, JsonLines) else _from_columns(rows, spec, fields)


def _from_columns(rows: ColumnRows, spec: Spec, fields: Mapping[str, str]) -> pl.DataFrame | None:
    """Return rows of columns, but for those that may be too large for a row."""
    import pyarrow.types as pt  # takes 60 MiB, so only where rows are read

    given = {name: rows.table[name].combine_chunks() for name in rows.table.column_names}
    if "next" in given and any(head.follows for head in spec.labelled_heads.values()):
        return None
    if "labels" not in given:
        found = {name: values for name, values in given.items() if name not in PLAIN}
    elif pt.is_struct(given["labels"].type):
        found = dict(zip((field.name for field in given["labels"].type), given["labels"].flatten(), strict=True))
    else:
        return None
    columns = [(name, given.get(name), "class") for name in PLAIN]
    for name, head in spec.labelled_heads.items():
        columns.append((label_column(name), found.get(fields[name]) if name in fields else None, head.kind))
    typed = pl.DataFrame(pl.int_range(len(rows), dtype=pl.UInt32, eager=True).alias("row"))
    most_bytes = pl.lit(0, pl.UInt32)
    for name, values, kind in columns:
        column = _of_kind(pl.Series([None] * len(rows)) if values is None else pl.Series(values), kind)
        if column is None:
            return None
        typed = typed.with_columns(column.alias(name))
        if column.dtype == pl.String:
            most_bytes += pl.col(name).str.len_bytes().fill_null(0)
        elif column.dtype == pl.List:
            most_bytes += pl.col(name).list.len().fill_null(0) * _LABEL_BYTES
    return typed.filter(most_bytes < MAX_ROW_BYTES // 2)


def _of_kind(values: pl.Series, kind: str) -> pl.Series | None:
    """Return labels in the type of their head; None where they are of another, or spans have values."""
    dtype = values.dtype
    if kind == "score":
        return values.cast(pl.Float64) if dtype.is_numeric() or dtype == pl.Null else None
    if kind in ("class", "next_word"):
        return values.cast(pl.String) if dtype in (pl.String, pl.Null) else None
    inner = dtype.inner if isinstance(dtype, pl.List) else dtype
    if inner == pl.Null:
        return values.cast(LABEL_DTYPES["multilabel"] if kind == "multilabel" else pl.List(pl.Struct(_SPAN)))
    if dtype != pl.List:
        return None
    if kind == "multilabel":
        return values if inner == pl.String else None
    parts = {part.name: part.dtype for part in inner.fields} if isinstance(inner, pl.Struct) else {}
    if parts == _SPAN:
        return values
    if not _SPAN.keys() <= parts.keys() or parts.get("value", pl.Null) != pl.Null or parts["label"] != pl.String:
        return None
    if not all(parts[name] == pl.Null or parts[name].is_integer() for name in ("start", "end")):
        return None
    return values.list.eval(
        pl.struct(pl.element().struct.field(name).cast(part, strict=False) for name, part in _SPAN.items())
    )


def _from_lines(lines: JsonLines, spec: Spec, fields: Mapping[str, str]) -> pl.DataFrame | None:
    """Return the rows whose lines can be parsed into columns."""
    import pyarrow as pa  # takes 60 MiB, so only where rows are read

    span = pa.struct([("start", pa.int64()), ("end", pa.int64()), ("label", pa.string())])
    types = {"class": pa.string(), "multilabel": pa.list_(pa.string()), "tag": pa.list_(span), "score": pa.float64()}
    types["next_word"] = pa.string()
    nested = [(field, types[spec.heads[name].kind]) for name, field in fields.items()]
    beside = [(field, kind) for field, kind in nested if field not in (*PLAIN, "labels")]
    schema = pa.schema([*((name, pa.string()) for name in PLAIN), ("labels", pa.struct(nested)), *beside])
    # By place: what a source calls its fields may mean something to polars, such as `*`.
    columns = [*PLAIN, "labels", *(f"beside.{field}" for field, _ in beside)]
    has_struct, struct = pl.col("labels").is_not_null(), pl.col("labels").struct.rename_fields(list(fields))
    labels = []
    for name, head in spec.labelled_heads.items():
        label = struct.struct.field(name) if name in fields else pl.lit(None, dtype=LABEL_DTYPES[head.kind])
        if f"beside.{fields.get(name)}" in columns:
            label = pl.when(has_struct).then(label).otherwise(pl.nth(columns.index(f"beside.{fields[name]}")))
        labels.append(label.alias(label_column(name)))
    parsed = []
    for lines_of_table, table in _tables(_plain_objects(lines, spec), schema):
        frame = pl.DataFrame(pl.from_arrow(table))
        frame.columns = columns
        frame = pl.concat(
            [lines_of_table, frame.select(*PLAIN, *labels, has_struct.alias("has_struct"))], how="horizontal"
        )
        if not frame["has_struct"].all():
            # Beside `labels`, be they null, no other field is a label.
            frame = frame.filter(pl.col("has_struct") | ~pl.col("raw").str.contains('"labels"', literal=True))
        parsed.append(frame.drop("has_struct"))
    return pl.concat(parsed) if parsed else None


def _plain_objects(lines: JsonLines, spec: Spec) -> pl.DataFrame:
    """Return the position, as `row`, and the text of each line of which columns can tell all that matters."""
    rows = pl.int_range(len(lines), dtype=pl.UInt32, eager=True)
    table = pl.DataFrame({"row": rows, "raw": _decoded(lines.table["content"])})
    unlike = [_CRASHES, r"\\u00[2-7]"]  # a name may be written with escapes
    if any(head.kind == "tag" for head in spec.labelled_heads.values()):
        unlike.append('"value"')  # of a span: may be of any type, so no column has it
    if any(head.follows for head in spec.labelled_heads.values()):
        unlike.append('"next"')
    raw, size = pl.col("raw"), pl.col("raw").str.len_bytes()
    kept = raw.str.starts_with("{") & (size <= MAX_ROW_BYTES // 2)
    ends = table.select(raw.str.ends_with("}\n") | raw.str.ends_with("}")).to_series()
    kept &= pl.lit(ends) if ends.all() else raw.str.contains(r"\}\r?\n?$")
    for pattern in unlike:
        kept &= ~raw.str.contains(pattern)
    if table.select(size.max() >= _LONG_LINE_BYTES).item():
        kept &= (size < _LONG_LINE_BYTES) | (raw.str.count_matches(r"[\[{]") < _LONG_LINE_BYTES // 2)
    return table.filter(kept)


def _decoded(contents: pl.Series) -> pl.Series:
    """Return the lines as text, null where one is not UTF-8."""
    try:
        return contents.cast(pl.String)
    except pl.exceptions.ComputeError:  # some line is not; polars does not say which
        return pl.Series(
            [None if find_row_error(RawLine(0, line, 0)) else line.decode() for line in contents], dtype=pl.String
        )


def _tables(raw: pl.DataFrame, schema: Any) -> Iterator[tuple[pl.DataFrame, Any]]:
    """Yield lines of `raw` and Arrow's table of their values, as many at once as can be parsed together."""
    import pyarrow as pa
    import pyarrow.json as pj

    options = pj.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore")
    waiting = [raw]
    while waiting:
        lines = waiting.pop()
        # As a buffer: bytes would be copied while no other thread can go on.
        joined = lines["raw"].str.join("\n").to_arrow(compat_level=pl.CompatLevel.oldest()).buffers()[-1]
        try:
            # Arrow's own pool gives pages back to the system, and asks for them again at the next block.
            table = pj.read_json(joined, pj.ReadOptions(False, joined.size + 1), options, pa.system_memory_pool())
        except pa.ArrowInvalid:
            table = None
        # Each line begins and ends as an object does, so none goes on in the next; and where there are as many rows as
        # lines, none has two.
        if table is not None and len(table) == len(lines):
            yield lines, table
        elif len(lines) > FEWEST_LINES:
            waiting += reversed(list(lines.iter_slices(max(FEWEST_LINES, -(-len(lines) // _PARTS)))))
