"""What a good row is: the columns, the rules as pandera models, and the reason codes of rows that break them.

The rules work on frames of typed values (`schemas.data.coerce` makes them out of untrusted ones). Utterances and spans
are checked as two frames, one line an utterance and one line a span, so that every rule is one vectorised comparison.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import pandera.polars as pa
import polars as pl
from pandera.typing.polars import Series

from schemas.spec.product import HeadSpec, Spec
from trunkline_edge.understanding.text import MAX_CHARACTERS, MAX_MARKS, MAX_RAW_CHARACTERS
from trunkline_edge.understanding.values.kinds import Kind

SPLITS = ("train", "valid", "test")

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
    }
)
"""Head kind -> type of its labels in a frame. A span's `value` is JSON: text, numbers and truth stand in one column."""

_NUMBER = r"^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$"
FITTING: Mapping[Kind, str] = MappingProxyType(
    {
        "number": _NUMBER,
        "percent": _NUMBER,
        "temperature": _NUMBER,
        "duration": r"^[0-9]+(\.[0-9]+)?$",
        "ordinal": r"^[1-9][0-9]*$",
        "datetime": r'^"([01][0-9]|2[0-3]):[0-5][0-9]"$',
    }
)
"""Kind -> what the JSON of its values looks like; any value fits the others."""


def label_column(head: str) -> str:
    """Return the column of the head's labels, in CSV files and in frames that are being checked."""
    return f"labels.{head}"


def labels_dtype(spec: Spec) -> pl.Struct:
    """Return the type of the column `labels`: one field a labelled head."""
    return pl.Struct({name: LABEL_DTYPES[head.kind] for name, head in spec.labelled_heads.items()})


class Utterances(pa.DataFrameModel):
    """Rules for the columns that every row has; `utterance_schema` adds those of the heads."""

    text: Series[str] = pa.Field(nullable=True)
    normalised: Series[str]
    """Empty where the row has no text."""
    split: Series[str] = pa.Field(nullable=True)
    """Null only where there is no text to assign a split by."""
    lang: Series[str] = pa.Field(nullable=True)

    class Config:
        strict = True

    @pa.check("normalised", name="missing_text")
    def has_something_to_read(cls, data: pa.PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(pl.col(data.key).str.contains(r"[^\p{Z}\p{C}]|\p{Cc}"))

    @pa.check("normalised", name="text_too_long")
    def fits_the_reader(cls, data: pa.PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(pl.col(data.key).str.len_chars() <= MAX_CHARACTERS)

    @pa.check("text", name="control_character")
    def is_printable(cls, data: pa.PolarsData) -> pl.LazyFrame:
        # Tab and line ends are space to `normalise`, and do come with texts from spreadsheets.
        return data.lazyframe.select(~pl.col(data.key).str.contains(r"[\p{Cc}--\t\n\r]"))

    @pa.check("split", name="bad_split")
    def is_a_split(cls, data: pa.PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(pl.col(data.key).is_in(SPLITS))

    @pa.check("lang", name="unknown_language")
    def is_a_language_tag(cls, data: pa.PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(pl.col(data.key).str.contains(r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$"))


class Spans(pa.DataFrameModel):
    """Rules for the spans of one head, sorted by row and start; `span_schema` adds the closed label set."""

    row: Series[pl.UInt32]
    start: Series[int]
    end: Series[int]
    label: Series[str]
    characters: Series[pl.UInt32]
    """Length of the text."""
    previous_end: Series[int]
    """Of the span before in the same text; the first span has its own start."""
    whole: Series[bool]
    """Both ends are character boundaries."""
    value: Series[str] = pa.Field(nullable=True)
    """JSON; null where the row gives none."""

    class Config:
        strict = True

    @pa.dataframe_check(name="span_empty")
    def has_characters(cls, data: pa.PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(pl.col("start") < pl.col("end"))

    @pa.dataframe_check(name="span_outside")
    def lies_inside(cls, data: pa.PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select((pl.col("start") >= 0) & (pl.col("end") <= pl.col("characters")))

    @pa.dataframe_check(name="span_overlap")
    def begins_after_the_one_before(cls, data: pa.PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(pl.col("start") >= pl.col("previous_end"))

    @pa.check("whole", name="span_cuts_character")
    def keeps_characters_whole(cls, data: pa.PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(pl.col(data.key))


def utterance_schema(spec: Spec) -> pa.DataFrameSchema:
    """Return the rules for one line an utterance: `Utterances`, the spec's languages, and the heads but tag heads."""
    schema = Utterances.to_schema()
    if spec.validation.languages is not None:
        known = [tag.lower() for tag in spec.validation.languages]  # BCP 47 tags ignore letter case
        check = _check("unknown_language", lambda column: column.str.to_lowercase().is_in(known))
        schema = schema.update_column("lang", checks=[check])
    return schema.add_columns(
        {
            label_column(name): pa.Column(LABEL_DTYPES[head.kind], _closed(head), nullable=True)
            for name, head in spec.labelled_heads.items()
            if head.kind != "tag"
        }
    )


def span_schema(head: HeadSpec) -> pa.DataFrameSchema:
    """Return the rules for one line a span of `head`."""
    schema = Spans.to_schema().update_column("label", checks=_closed(head))
    misfits = [
        (pl.col("label") == label) & ~pl.col("value").str.contains(FITTING[rule.kind])
        for label, rule in head.values.items()
        if rule.kind in FITTING
    ]
    if misfits:
        misfit = pl.any_horizontal(misfits).fill_null(False)
        check = pa.Check(lambda data: data.lazyframe.select(~misfit), name="value_misfit", error="value_misfit")
        schema.checks.append(check)
    return schema


def _closed(head: HeadSpec) -> list[pa.Check]:
    if head.labels is None:
        return []
    known = list(head.labels)
    if head.kind == "multilabel":
        return [_check("unknown_label", lambda column: column.list.eval(pl.element().is_in(known)).list.all())]
    return [_check("unknown_label", lambda column: column.is_in(known))]


def _check(code: str, rule: Callable[[pl.Expr], pl.Expr]) -> pa.Check:
    return pa.Check(lambda data: data.lazyframe.select(rule(pl.col(data.key))), name=code, error=code)
