"""Look over the good rows once and count: the numbers of a data set, and the data issues that follow from them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from schemas.data.coerce import hash_column
from schemas.data.contract import SPLITS
from schemas.data.dataset import Dataset, rows_file
from schemas.data.issues import find_drift, find_leak, find_one_label, find_thin_spots, find_unasked, find_unseen
from schemas.spec.heads import HeadSpec
from schemas.spec.product import Spec

_HELD_OUT = ("valid", "test")


@dataclass(frozen=True)
class Counted:
    """What was counted of the good rows while they passed."""

    counts: Mapping[str, int]
    """Split -> rows."""
    labelled: Mapping[str, Mapping[str, int]]
    """Head -> split -> rows with a label."""
    leaked: Mapping[str, tuple[int, Sequence[str]]]
    """Held-out split -> rows whose text is also in train, and the ids of the first of them."""

    @property
    def rows(self) -> int:
        """All of them."""
        return sum(self.counts.values())


def count_rows(heads: Iterable[str], parts: Iterable[pl.DataFrame]) -> Counted:
    """Count the good rows, which have split and label hashes, a part at a time; nothing is known yet of leaks."""
    columns = {head: hash_column(head) for head in heads}
    counts: Counter[str] = Counter()
    labelled: dict[str, Counter[str]] = {head: Counter() for head in columns}
    for part in parts:
        table = part.group_by("split").agg(pl.len(), *(pl.col(column).count() for column in columns.values()))
        for row in table.iter_rows(named=True):
            counts[row["split"]] += row["len"]
            for head, column in columns.items():
                labelled[head][row["split"]] += row[column]
    return Counted(
        {split: counts[split] for split in SPLITS},
        {head: {split: found[split] for split in SPLITS} for head, found in labelled.items()},
        {},
    )


def profile(spec: Spec, digest: str, folder: Path, counted: Counted, champion: Dataset | None) -> Dataset:
    """Return the data set whose rows lie in `folder`."""
    heads = {name: head for name, head in spec.labelled_heads.items() if head.kind not in ("score", "next_word")}
    found = {split: {name: _count_labels(folder, split, name, heads[name]) for name in heads} for split in SPLITS}
    labels = {name: head.labels or tuple(sorted(found["train"][name])) for name, head in heads.items()}
    label_counts = {name: {label: found["train"][name].get(label, 0) for label in labels[name]} for name in heads}
    counts, labelled = counted.counts, counted.labelled
    data_issues = list(find_thin_spots(spec, counts, labelled, label_counts))
    data_issues += find_one_label(spec, label_counts)
    data_issues += find_unasked(counts, labelled, label_counts, found["test"])
    for split in _HELD_OUT:
        for name in heads:
            unseen = sorted(found[split][name].keys() - found["train"][name].keys())
            if unseen:
                data_issues.append(find_unseen(name, split, unseen))
        rows, ids = counted.leaked.get(split, (0, ()))
        if rows:
            data_issues.append(find_leak(split, rows, ids))
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
