"""Folds of a cross-validation: every row is held out once, from nets that learned from nothing like it.

Rows of one template, the same words around spans and numbers, are in one fold: "turn on the [name]" with a lamp tells
what to do with a radio. Where every row is a template of its own, that is ordinary cross-validation.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from schemas.data.coerce import text_key
from schemas.data.contract import SPLITS, labels_dtype
from schemas.data.dataset import Dataset, rows_file
from schemas.data.profile import count_rows, profile
from schemas.spec.product import Spec
from trunkline_edge.understanding.text import normalise

_NUMBER = re.compile(r"\d+")


def template(text: str, labels: Mapping[str, Any]) -> str:
    """Return a text in normal form, with the label of a span in place of its words, and 0 for a number."""
    lists = [value for value in labels.values() if isinstance(value, list)]
    spans = sorted((span["start"], span["end"], span["label"])
                   for value in lists for span in value if isinstance(span, Mapping))  # fmt: skip
    parts, read = [], 0
    for start, end, label in spans:
        if start >= read:  # spans of two heads may overlap
            parts += [text[read:start], f"[{label}]"]
            read = end
    return _NUMBER.sub("0", normalise("".join([*parts, text[read:]])))


def share_out(rows: Mapping[str, int], folds: int) -> dict[str, int]:
    """Return template -> fold, from 0; `rows` is how many each template has.

    The largest goes first, each into the fold with the fewest rows: two folds differ by no more than one template's
    rows. Of templates as large, which come in the order of their hashes, none is near another for its letters.
    """
    sizes = [0] * folds
    found = {}
    for name in sorted(rows, key=lambda name: (-rows[name], text_key(name))):
        found[name] = sizes.index(min(sizes))
        sizes[found[name]] += rows[name]
    return found


def fold_digest(learned: str, judged: str, fold: int, folds: int) -> str:
    """Return the digest of the data set that `cut_fold` makes of two with these digests."""
    return hashlib.sha256(f"{learned}\0{judged}\0{fold}\0{folds}".encode()).hexdigest()


def cut_fold(spec: Spec, learned: Dataset, judged: Dataset, fold: int, folds: int, folder: Path) -> Dataset:
    """Write to `folder` what a net learns that is held out from a fold, and the rows that it is then asked.

    `spec` is what `learned` was validated with. Its train and test rows outside the fold are train, its valid rows
    outside are valid; test are the rows of `judged`, of whatever split, that are in the fold. Labels that `spec` does
    not know are left out of these.
    """
    all_learned, all_judged = _rows(learned), _rows(judged)
    by_text: dict[str, str] = {}  # one text may be labelled in two ways, and must not be on both sides
    for form, name in _templates(all_judged):
        by_text.setdefault(form, name)
    fold_by_template = share_out(Counter(by_text[form] for form, _ in _templates(all_judged)), folds)

    def inside(frame: pl.DataFrame) -> pl.Series:
        names = (by_text.get(form, name) for form, name in _templates(frame))
        return pl.Series([fold_by_template.get(name) == fold for name in names], dtype=pl.Boolean)

    kept, asked = all_learned.filter(~inside(all_learned)), all_judged.filter(inside(all_judged))
    split = pl.when(pl.col("split") == "valid").then(pl.lit("valid")).otherwise(pl.lit("train")).alias("split")
    asked = asked.with_columns(pl.lit("test").alias("split"), _labels_of(spec, asked))
    frame = pl.concat([kept.with_columns(split, _labels_of(spec, kept)), asked])
    (folder / "rows").mkdir(parents=True)
    for name in SPLITS:
        frame.filter(pl.col("split") == name).write_parquet(rows_file(folder, name))
    counted = count_rows(spec, [frame.select("split", "labels")])
    dataset = profile(spec, fold_digest(learned.digest, judged.digest, fold, folds), folder, counted, None)
    dataset.save()
    return dataset


def _rows(dataset: Dataset) -> pl.DataFrame:
    """Return the rows of all splits."""
    return pl.concat([frame for split in SPLITS for frame in dataset.batches(split)])


def _templates(frame: pl.DataFrame) -> Iterator[tuple[str, str]]:
    """Yield each row's text in normal form, and its template."""
    for text, labels in zip(frame["text"], frame["labels"].to_list(), strict=True):
        yield normalise(text), template(text, labels)


def _labels_of(spec: Spec, frame: pl.DataFrame) -> pl.Expr:
    """Return the labels of the heads of `spec`; null where the rows have none of that kind."""
    there = dict(frame.schema["labels"])  # type: ignore[call-overload]  # the column is a struct
    labels = pl.col("labels").struct
    fields = [
        labels.field(head) if there.get(head) == dtype else pl.lit(None, dtype).alias(head)
        for head, dtype in dict(labels_dtype(spec)).items()
    ]
    return pl.struct(fields).alias("labels")
