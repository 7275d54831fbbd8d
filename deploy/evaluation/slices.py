"""The test rows by language, source, intent family and length: is any of these worse, while the whole is not?

Many slices are looked at together, of every main head, so their p-values are Holm's. A slice counts as worse when that
is below 1 - `gate.confidence` and it has lost more than `gate.slice_margin`: where nothing has changed, some slice of a
verdict is taken for worse with a chance of at most 1 - `gate.confidence`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from deploy.evaluation.paired import NO_ROWS, ROUNDING, Rows, compare_head
from deploy.evaluation.verdict import SliceComparison
from schemas.evaluation.metrics import HeadScore, Scores, primary_of
from schemas.evaluation.significance import holm
from schemas.spec.product import GateSpec
from trunkline_edge.understanding.session import DOMAIN_HEAD, INTENT_HEAD
from trunkline_edge.understanding.text import split_words

LENGTHS = (3, 7, 12)
"""Words: up to 3, 4 to 7, 8 to 12, more."""


@dataclass(frozen=True)
class Slice:
    """Some of the rows, and what they have in common."""

    by: str
    """"language", "source", "intent family" or "length"."""
    value: str
    rows: Rows


@dataclass(frozen=True)
class SliceScore:
    """How well one bundle does on a slice."""

    by: str
    value: str
    rows: int
    scores: tuple[float | None, ...]
    """Primary metric of each main head, in their order; None where no row is labelled for it."""


def slices_of(frames: Iterable[pl.DataFrame]) -> tuple[Slice, ...]:
    """Cut scored rows into slices; one that has all rows is none. `frames` are those that were scored, in their order.

    The family of an intent is its domain where rows are labelled with one, else the intent itself.
    """
    table = pl.concat([pl.DataFrame(schema=dict.fromkeys(_BY, pl.String)), *map(_described, frames)]).with_row_index()
    return tuple(
        Slice(by, value, rows["index"].to_numpy().astype(np.int64))
        for by in _BY
        for (value,), rows in table.drop_nulls(by).partition_by(by, as_dict=True).items()
        if len(rows) < len(table)
    )


def score_slices(slices: Sequence[Slice], scores: Scores, main_heads: Sequence[str]) -> tuple[SliceScore, ...]:
    """Score a bundle on each slice, the one that does worst at the first main head first."""
    found = [
        SliceScore(
            each.by, each.value, len(each.rows), tuple(_primary_on(scores.heads[name], each) for name in main_heads)
        )
        for each in slices
    ]
    return tuple(sorted(found, key=lambda each: 2.0 if each.scores[0] is None else each.scores[0]))


def _primary_on(score: HeadScore, on: Slice) -> float | None:
    counts = score.counts[np.isin(score.rows, on.rows)]
    return float(primary_of(score.kind, counts.sum(axis=0), len(counts))) if len(counts) else None


def compare_slices(
    slices: Sequence[Slice],
    challenger: Scores,
    champion: Scores,
    gate: GateSpec,
    heads: Sequence[str],
    without: Rows = NO_ROWS,
) -> tuple[SliceComparison, ...]:
    """Compare heads that both have on every slice with `gate.slice_rows` rows of it; least likely chance first."""
    found = [
        (each, comparison)
        for each in slices
        if len(each.rows) >= gate.slice_rows
        for name in heads
        if (
            comparison := compare_head(
                name, challenger.heads[name], champion.heads[name], gate, only=each.rows, without=without
            )
        ).rows
        >= gate.slice_rows
    ]
    p_values = holm([comparison.p_value for _, comparison in found])
    judged = [
        SliceComparison(
            by=each.by,
            value=each.value,
            comparison=comparison,
            p_holm=p,
            is_worse=p < 1 - gate.confidence
            and comparison.lost > comparison.gained
            and comparison.difference < -gate.slice_margin - ROUNDING,
        )
        for (each, comparison), p in zip(found, p_values, strict=True)
    ]
    return tuple(sorted(judged, key=lambda each: (not each.is_worse, each.comparison.p_value)))


_BY = ("language", "source", "intent family", "length")


def _described(frame: pl.DataFrame) -> pl.DataFrame:
    kinds = {field.name: field.dtype for field in frame.schema["labels"].fields}  # type: ignore[attr-defined]  # the column is a struct
    family = [
        pl.col("labels").struct.field(head) for head in (DOMAIN_HEAD, INTENT_HEAD) if kinds.get(head) == pl.String
    ]
    lengths = pl.Series([_length(text) for text in frame["text"]], dtype=pl.String)
    return frame.select(
        pl.col("lang").alias("language"),
        pl.col("source"),
        pl.coalesce(*family, pl.lit(None, pl.String)).alias("intent family"),
        lengths.alias("length"),
    )


def _length(text: str) -> str:
    words = len(split_words(text))
    for least, most in zip((0, *LENGTHS), LENGTHS, strict=False):
        if words <= most:
            return f"{least + 1} to {most} words"
    return f"over {LENGTHS[-1]} words"
