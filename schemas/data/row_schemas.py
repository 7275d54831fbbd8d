"""The rules of `schemas.data.contract` as pandera models.

They work on frames of typed values (`schemas.data.coerce` makes them out of untrusted ones). Utterances and spans are
checked as two frames, one line an utterance and one line a span, so that every rule is one vectorised comparison.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import pandera.polars as pa
import polars as pl
from pandera.typing.polars import Series

from schemas.data.contract import LABEL_DTYPES, SPLITS, label_column
from schemas.spec.heads import HeadSpec
from schemas.spec.product import Spec
from trunkline_edge.understanding.text import MAX_CHARACTERS
from trunkline_edge.understanding.values.kinds import Kind

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

EXPECTED: Mapping[Kind, str] = MappingProxyType(
    {
        "number": "a number such as 2 or 0.5",
        "percent": "a number such as 50",
        "temperature": "a number of degrees such as 21.5",
        "duration": "a number of seconds, 0 or more",
        "ordinal": "a whole number from 1",
        "datetime": "a time of day such as 06:30, as text",
    }
)
"""Kind of `FITTING` -> the same in words."""


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
    code = "unknown_label" if head.follows is None else "next_misfit"
    if head.kind == "multilabel":
        return [_check(code, lambda column: column.list.eval(pl.element().is_in(known)).list.all())]
    return [_check(code, lambda column: column.is_in(known))]


def _check(code: str, rule: Callable[[pl.Expr], pl.Expr]) -> pa.Check:
    return pa.Check(lambda data: data.lazyframe.select(rule(pl.col(data.key))), name=code, error=code)
