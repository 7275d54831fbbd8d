"""Look over the good rows once and count: the numbers of a data set, and the data issues that follow from them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl

from schemas.data.coerce import hash_column
from schemas.data.contract import SPLITS
from schemas.data.dataset import Dataset, rows_file
from schemas.data.issues import find_drift, find_leak, find_one_label, find_thin_spots, find_unasked, find_unseen
from schemas.spec.heads import HeadSpec
from schemas.spec.product import Spec

_HELD_OUT = ("valid", "test")


def profile(spec: Spec, digest: str, folder: Path, index: pl.DataFrame, champion: Dataset | None) -> Dataset:
    """Return the data set whose rows lie in `folder`; `index` has id, split, key and label hashes of each row."""
    heads = {name: head for name, head in spec.labelled_heads.items() if head.kind != "score"}
    found = {split: {name: _count_labels(folder, split, name, heads[name]) for name in heads} for split in SPLITS}
    labels = {name: head.labels or tuple(sorted(found["train"][name])) for name, head in heads.items()}
    label_counts = {name: {label: found["train"][name].get(label, 0) for label in labels[name]} for name in heads}
    counts, labelled = _count_rows(spec, index)
    data_issues = list(find_thin_spots(spec, counts, labelled, label_counts))
    data_issues += find_one_label(spec, label_counts)
    data_issues += find_unasked(counts, labelled, label_counts, found["test"])
    for split in _HELD_OUT:
        for name in heads:
            unseen = sorted(found[split][name].keys() - found["train"][name].keys())
            if unseen:
                data_issues.append(find_unseen(name, split, unseen))
        leaked = _leaked_ids(index, split)
        if len(leaked):
            data_issues.append(find_leak(split, len(leaked), leaked.head(5).to_list()))
    dataset = Dataset(digest, folder, counts, labels, labelled, label_counts, tuple(data_issues))
    if champion is None:
        return dataset
    return replace(dataset, data_issues=(*data_issues, *find_drift(dataset, champion)))


def _count_labels(folder: Path, split: str, name: str, head: HeadSpec) -> dict[str, int]:
    label = pl.col("labels").struct.field(name)
    if head.kind == "multilabel":
        label = label.explode()
    if head.kind == "tag":
        label = label.explode().struct.field("label")
    labels = pl.scan_parquet(rows_file(folder, split), glob=False).select(label.alias("label")).drop_nulls()
    return dict(labels.group_by("label").len().sort("label").collect(engine="streaming").iter_rows())


def _count_rows(spec: Spec, index: pl.DataFrame) -> tuple[dict[str, int], dict[str, dict[str, int]]]:
    """Return split -> rows, and head -> split -> rows with a label."""
    names = list(spec.labelled_heads)
    table = index.group_by("split").agg(pl.len(), *(pl.col(hash_column(name)).count() for name in names))
    by_split = {row["split"]: row for row in table.iter_rows(named=True)}
    empty = dict.fromkeys(table.columns, 0)
    counts = {split: by_split.get(split, empty)["len"] for split in SPLITS}
    labelled = {name: {split: by_split.get(split, empty)[hash_column(name)] for split in SPLITS} for name in names}
    return counts, labelled


def _leaked_ids(index: pl.DataFrame, split: str) -> pl.Series:
    """Return the ids of the rows of `split` whose text is also in train."""
    train = index.filter(pl.col("split") == "train").select("key")
    held_out = index.filter(pl.col("split") == split)
    return held_out.join(train, on="key", how="semi", maintain_order="left")["id"]
