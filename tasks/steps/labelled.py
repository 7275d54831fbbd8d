"""Labelled rows of a file as they stand there, for measuring: no data set is made, so any split may be empty."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl

from deploy.evaluation.score import Measured, score_rows
from schemas.data.coerce import shape, tag_labels
from schemas.data.contract import SPLITS, label_column
from schemas.data.rules import Rules
from schemas.data.sources.records import DataRefused
from schemas.data.sources.registry import read_chunks, source_name
from schemas.spec.product import Spec
from trunkline_edge.understanding.session import Runtime


def score_file(runtime: Runtime, spec: Spec, split: str, on_rows: Callable[[int], None]) -> tuple[Measured, str, int]:
    """Score a bundle on the spec's rows; returns the scores, the split that was taken, and how many rows were bad.

    Without a `split`: test if the file says so of any row, else all rows.
    """
    taken = split or ("test" if "test" in _splits_named(spec) else "all")
    if taken not in (*SPLITS, "all"):
        raise DataRefused(f"--split {taken}: expected one of {', '.join(SPLITS)}, all")
    counts = {"bad": 0}

    def frames() -> Iterator[pl.DataFrame]:
        for frame, bad in _chunks(spec):
            counts["bad"] += bad
            yield frame if taken == "all" else frame.filter(pl.col("split") == taken)

    measured = score_rows(runtime, frames(), on_rows=on_rows)
    if not measured.scores.rows:
        raise DataRefused(f"{_names(spec)}: no good row with split {taken}; `--split all` takes every row")
    return measured, taken, counts["bad"]


def _chunks(spec: Spec) -> Iterator[tuple[pl.DataFrame, int]]:
    """Yield good rows (text, split, labels) and how many of the chunk were bad."""
    rules = Rules(spec)
    for source in spec.data:
        for chunk in read_chunks(spec, source):
            shaped = shape(chunk, spec, source, source_name(source))
            bad = sorted({error.row for error in (*shaped.row_errors, *rules.check(shaped))})
            tags = [tag_labels(head, spans, shaped.frame) for head, spans in shaped.spans.items()]
            labels = [pl.col(label_column(head)).alias(head) for head in spec.labelled_heads]
            frame = shaped.frame.with_columns(tags).select("text", "split", pl.struct(labels).alias("labels"))
            is_good = pl.Series([True] * frame.height).scatter(bad, False)
            yield frame.filter(is_good), len(bad)


def _splits_named(spec: Spec) -> set[str]:
    return {
        str(record.row.get("split"))
        for source in spec.data
        for chunk in read_chunks(spec, source)
        for record in chunk
        if record.row is not None and record.row.get("split")
    }


def _names(spec: Spec) -> str:
    return ", ".join(str(Path(source.path)) if source.path else str(source.recipe) for source in spec.data)
