"""What a good row is: columns, types, sizes, and the reason codes of rows that break a rule.

The rules are in `schemas.data.row_schemas`; this is light to import, as most commands speak of rows and few judge them.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import polars as pl

from schemas.spec.product import Spec
from trunkline_edge.understanding.text import MAX_CHARACTERS, MAX_MARKS, MAX_RAW_CHARACTERS
from trunkline_edge.understanding.values.kinds import Kind

SPLITS = ("train", "valid", "test")

NUMBER_KINDS: tuple[Kind, ...] = ("number", "percent", "temperature", "duration", "ordinal")
"""Kinds of a span's words whose value is a number."""

MAX_LINE_BYTES = 1 << 20
"""A longer line is one quarantined row and is never held whole."""

MAX_ROW_BYTES = 32 << 10
"""Of id, text, source and labels together, as JSON. 512 characters of which each has a span take 20 KiB; and whoever
reads `ROW_GROUP_ROWS` good rows at once must know what these can take."""

REASONS: Mapping[str, str] = MappingProxyType(
    {
        "unparsable": "no row can be read from the line",
        "undecodable": "not UTF-8",
        "line_too_large": f"a line may have {MAX_LINE_BYTES:,} bytes",
        "row_too_large": f"id, text, source and labels may have {MAX_ROW_BYTES:,} bytes together",
        "wrong_type": "value of the wrong type",
        "missing_text": "no text, or nothing to read in it",
        "text_too_long": f"at most {MAX_CHARACTERS} characters after normalisation, {MAX_RAW_CHARACTERS} before, and "
        f"{MAX_MARKS} combining marks in a row",
        "control_character": "no NUL or control characters but tab and line ends",
        "bad_split": "must be train, valid, test or null",
        "unknown_language": "must be a BCP 47 tag, and one of the spec's `validate.languages` if these are given",
        "wrong_label_type": "label of the wrong type",
        "unknown_label": "not in the head's closed label set",
        "next_misfit": "`next` is an object with labels of the turn after, as the heads that follow them take them",
        "span_outside": "a span must lie inside the text",
        "span_empty": "a span must have at least one character",
        "span_overlap": "spans may not overlap",
        "span_cuts_character": "a span may not cut a character from its combining marks",
        "value_misfit": "a span's value must fit the kind that the spec's `values` give its label",
        "duplicate_id": "an earlier row has this id",
        "conflicting_labels": "an earlier row of the split has the same text with another label",
    }
)
"""Reason code -> the rule that was broken."""


class RowError(NamedTuple):
    """One reason why one row is bad."""

    row: int
    """Position of the row in its chunk."""
    code: str
    """Key of `REASONS`."""
    message: str


LABEL_DTYPES: Mapping[str, pl.DataType] = MappingProxyType(
    {
        "class": pl.String(),
        "multilabel": pl.List(pl.String),
        "tag": pl.List(pl.Struct({"start": pl.Int64, "end": pl.Int64, "label": pl.String, "value": pl.String})),
        "score": pl.Float64(),
        "next_word": pl.String(),
    }
)
"""Head kind -> type of its labels in a frame. A span's `value` is JSON: text, numbers and truth stand in one column."""


def label_column(head: str) -> str:
    """Return the column of the head's labels, in CSV files and in frames that are being checked."""
    return f"labels.{head}"


def labels_dtype(spec: Spec) -> pl.Struct:
    """Return the type of the column `labels`: one field a labelled head."""
    return pl.Struct({name: LABEL_DTYPES[head.kind] for name, head in spec.labelled_heads.items()})
