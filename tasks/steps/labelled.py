"""Labelled rows of a file as they stand there, for measuring: no data set is made, so any split may be empty."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from deploy.evaluation.score import Measured, score_rows
from schemas.data.coerce import shape, tag_labels, text_key
from schemas.data.contract import SPLITS, label_column
from schemas.data.issues import shown
from schemas.data.rules import Rules
from schemas.data.sources.records import DataRefused
from schemas.data.sources.registry import read_chunks, source_name
from schemas.spec.product import Spec
from tasks.rows import data_with
from tasks.settings import Settings
from trunkline_edge.understanding.session import Runtime
from trunkline_edge.understanding.text import normalise


@dataclass(frozen=True)
class ScoredFile:
    """What a bundle reached on a file of rows, and which rows of it did not count."""

    measured: Measured
    split: str
    """That was taken: train, valid, test or all."""
    bad: int
    seen: int | None
    """Rows that the bundle learned from; None: its data set is gone, so that nobody knows."""
    unknown: Mapping[str, tuple[str, ...]]
    """Head -> labels that the bundle does not have; they count as errors."""


def score_file(
    runtime: Runtime, spec: Spec, split: str, on_rows: Callable[[int], None], *, with_seen: bool = False
) -> ScoredFile:
    """Score a bundle on the spec's rows that it did not learn from; `with_seen`: on those as well.

    Without a `split`: test if the file says so of any row, else all rows. Raises `DataRefused` where no row is left,
    where none of them has a label, or where a head has none of the file's labels.
    """
    taken = split or ("test" if "test" in _splits_named(spec) else "all")
    if taken not in (*SPLITS, "all"):
        raise DataRefused(f"--split {taken}: expected one of {', '.join(SPLITS)}, all")
    learned = _learned(runtime.manifest.provenance.data_digest)
    there = _labels_in(spec)
    unknown = _unknown(runtime, there, _names(spec))
    bad = seen = 0

    def frames() -> Iterator[pl.DataFrame]:
        nonlocal bad, seen
        for frame, bad_rows in _chunks(spec):
            bad += bad_rows
            kept = frame if taken == "all" else frame.filter(pl.col("split") == taken)
            is_seen = pl.Series(
                [key in learned for key in kept["key"]] if learned else [False] * kept.height, dtype=pl.Boolean
            )
            seen += int(is_seen.sum())
            yield kept if with_seen else kept.filter(~is_seen)

    measured = score_rows(runtime, frames(), on_rows=on_rows)
    if not measured.scores.rows and seen:
        raise DataRefused(
            f"{_names(spec)}: the bundle learned from all {seen:,} rows, so they tell nothing of new ones; give "
            "others, or score them all the same with --with-seen"
        )
    if not measured.scores.rows:
        raise DataRefused(f"{_names(spec)}: no good row with split {taken}; `--split all` takes every row")
    heads = measured.scores.heads
    if not any(len(head.rows) for head in heads.values()):
        first = next(iter(heads))
        raise DataRefused(
            f"{_names(spec)}: found no label of {', '.join(heads)} in {measured.scores.rows:,} rows; one of `{first}` "
            f"stands in `labels: {{{first}: ...}}`, in a CSV file in the column `{label_column(first)}`, and `rename` "
            "in a spec matches other names"
        )
    return ScoredFile(measured, taken, bad, seen if learned is not None else None, unknown)


def _learned(data_digest: str) -> set[bytes] | None:
    """Return the keys of the texts that were in train or valid: one taught, the other chose epoch and thresholds."""
    dataset = data_with(data_digest, Settings.from_environment())
    if dataset is None:
        return None
    return {
        text_key(normalise(text))
        for split in ("train", "valid")
        for frame in dataset.batches(split)
        for text in frame["text"]
    }


def _labels_in(spec: Spec) -> dict[str, set[str]]:
    """Return the labels of each head that has any in the rows; heads of scores have none."""
    found: dict[str, set[str]] = {}
    for frame, _ in _chunks(spec):
        for head, what in spec.labelled_heads.items():
            label = pl.col("labels").struct.field(head)
            if what.kind in ("multilabel", "tag"):
                label = label.explode()
            if what.kind == "tag":
                label = label.struct.field("label")
            if what.kind not in ("score", "next_word"):
                found.setdefault(head, set()).update(frame.select(label.alias("label"))["label"].drop_nulls().unique())
    return found


def _unknown(runtime: Runtime, there: Mapping[str, set[str]], names: str) -> dict[str, tuple[str, ...]]:
    """Return the labels of each head that the bundle does not have; raises `DataRefused` where it has none of them."""
    unknown = {}
    for head in runtime.manifest.heads:
        asked = there.get(head.name, set())
        lacking = tuple(sorted(asked - set(head.labels)))
        if lacking and len(lacking) == len(asked):
            raise DataRefused(
                f"{names}: head `{head.name}`: the champion has none of its {len(asked)} labels ({shown(lacking)}); it "
                f"knows {shown(head.labels)}. Is this a file of another product? `rename` in a spec matches names"
            )
        if lacking:
            unknown[head.name] = lacking
    return unknown


def _chunks(spec: Spec) -> Iterator[tuple[pl.DataFrame, int]]:
    """Yield good rows (text, split, key, labels) and how many of the chunk were bad."""
    rules = Rules(spec)
    for source in spec.data:
        for chunk in read_chunks(spec, source):
            shaped = shape(chunk, spec, source, source_name(source))
            bad = sorted({error.row for error in (*shaped.row_errors, *rules.check(shaped))})
            tags = [tag_labels(head, spans, shaped.frame) for head, spans in shaped.spans.items()]
            labels = [pl.col(label_column(head)).alias(head) for head in spec.labelled_heads]
            frame = shaped.frame.with_columns(tags).select("text", "split", "key", pl.struct(labels).alias("labels"))
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
