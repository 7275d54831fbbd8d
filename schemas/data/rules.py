"""Put a shaped chunk under the rules: what pandera finds becomes errors with reason codes."""

from __future__ import annotations

from threading import Lock

import pandera.polars as pa
import polars as pl
from pandera.api.polars.types import PolarsData
from pandera.backends.polars.checks import PolarsCheckBackend

from schemas.data.coerce import Shaped, span_table
from schemas.data.contract import REASONS, RowError, label_column
from schemas.data.row_schemas import EXPECTED, span_schema, utterance_schema
from schemas.spec.product import Spec


class Rules:
    """The rules of one spec, made once for all chunks."""

    def __init__(self, spec: Spec) -> None:
        self.utterances = utterance_schema(spec)
        tags = {name: head for name, head in spec.labelled_heads.items() if head.kind == "tag"}
        self.spans = {name: span_schema(head) for name, head in tags.items()}
        self.values = {name: head.values for name, head in tags.items()}

    def check(self, shaped: Shaped) -> list[RowError]:
        """Return the errors of the chunk's values, those that were found while it got its shape not among them."""
        unread = {error.row for error in shaped.row_errors if error.code in _NO_VALUES}
        row_errors = [
            RowError(row, code, f"{REASONS[code]}; found {_shown(shaped.frame, column, row)}")
            for row, code, column in _failures(self.utterances, shaped.frame.select(*self.utterances.columns))
            if row not in unread
        ]
        for head, schema in self.spans.items():
            spans = span_table(shaped.spans[head], shaped.frame)
            for at, code, _ in _failures(schema, spans):
                span = spans.row(at, named=True)
                found = f"{span['label']} {span['start']}:{span['end']} in a text of {span['characters']} characters"
                if code == "value_misfit":
                    kind = self.values[head][span["label"]].kind
                    found = (
                        f"{span['value']!s:.60} for {span['label']}, expected {EXPECTED[kind]}; mend it or leave it out"
                    )
                row_errors.append(RowError(span["row"], code, f"{head}: {REASONS[code]}; found {found}"))
        return row_errors


_ONE_AT_A_TIME = Lock()  # pandera keeps its settings in one place for all threads
_NO_VALUES = ("unparsable", "undecodable", "line_too_large")
"""Rows with these errors have no values at all, so no other rule has a word to say."""


def _failures(schema: pa.DataFrameSchema, frame: pl.DataFrame) -> list[tuple[int, str, str]]:
    """Return (position, reason code, column) of each value that breaks a rule of `schema`."""
    suspects = _suspects(schema, frame)
    if not len(suspects):
        return []
    try:
        with _ONE_AT_A_TIME:
            schema.validate(
                frame[suspects], lazy=True
            )  # lazy: go on after the first failure; the frame itself must not be
    except pa.errors.SchemaErrors as errors:
        cases = errors.failure_cases
        if not set(cases["check"]) <= REASONS.keys():  # a column's fault (missing, wrong type) is ours, not a row's
            raise
        rows = cases.select("index", "check", "column").iter_rows()
        return [(suspects[index], code, column) for index, code, column in rows]
    return []


def _suspects(schema: pa.DataFrameSchema, frame: pl.DataFrame) -> pl.Series:
    """Return the positions of the rows that fail any check of `schema`.

    What pandera does beside the checks themselves takes several times as long, and most rows pass them all.
    """
    columns = [(name, check) for name, column in schema.columns.items() for check in column.checks]
    checks = [*columns, *(("*", check) for check in schema.checks)]
    rows = frame.lazy()
    outputs = [PolarsCheckBackend(check).apply(PolarsData(rows, name)) for name, check in checks]
    passed = pl.concat(
        [output.select(pl.first().fill_null(True).alias(str(at))) for at, output in enumerate(outputs)],
        how="horizontal",
    )
    failed: pl.Series = passed.select(~pl.all_horizontal(pl.all())).collect().to_series()
    return failed.arg_true()


def _shown(frame: pl.DataFrame, column: str, row: int) -> str:
    value = frame[column][row]
    if column == "normalised":
        return f"{len(value)} characters: {value!r:.60}"
    if column.startswith(label_column("")):
        return f"{column.removeprefix(label_column(''))}: {value if isinstance(value, str) else value.to_list()!r:.60}"
    return f"{value!r:.60}"
