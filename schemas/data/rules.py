"""Put a shaped chunk under the rules: what pandera finds becomes errors with reason codes."""

from __future__ import annotations

import pandera.polars as pa
import polars as pl

from schemas.data.coerce import Shaped, span_table
from schemas.data.contract import REASONS, RowError, label_column
from schemas.data.row_schemas import span_schema, utterance_schema
from schemas.spec.product import Spec


class Rules:
    """The rules of one spec, made once for all chunks."""

    def __init__(self, spec: Spec) -> None:
        self.utterances = utterance_schema(spec)
        self.spans = {name: span_schema(head) for name, head in spec.labelled_heads.items() if head.kind == "tag"}

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
                    found = f"{span['value']!s:.60} for {span['label']}"
                row_errors.append(RowError(span["row"], code, f"{head}: {REASONS[code]}; found {found}"))
        return row_errors


_NO_VALUES = ("unparsable", "undecodable", "line_too_large")
"""Rows with these errors have no values at all, so no other rule has a word to say."""


def _failures(schema: pa.DataFrameSchema, frame: pl.DataFrame) -> list[tuple[int, str, str]]:
    """Return (position, reason code, column) of each value that breaks a rule of `schema`."""
    try:
        schema.validate(frame, lazy=True)  # lazy: go on after the first failure. The frame itself must not be lazy
    except pa.errors.SchemaErrors as errors:
        cases = errors.failure_cases
        if not set(cases["check"]) <= REASONS.keys():  # a column's fault (missing, wrong type) is ours, not a row's
            raise
        return list(cases.select("index", "check", "column").iter_rows())
    return []


def _shown(frame: pl.DataFrame, column: str, row: int) -> str:
    value = frame[column][row]
    if column == "normalised":
        return f"{len(value)} characters: {value!r:.60}"
    if column.startswith(label_column("")):
        return f"{column.removeprefix(label_column(''))}: {value if isinstance(value, str) else value.to_list()!r:.60}"
    return f"{value!r:.60}"
