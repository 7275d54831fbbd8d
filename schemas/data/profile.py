"""Look over the good rows once and count: the numbers of a data set, and the data issues that follow from them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from schemas.data.contract import SPLITS
from schemas.data.dataset import Dataset
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
    by_label: Mapping[str, Mapping[str, Counter[str]]]
    """Class, multilabel and tag head -> split -> label -> how often."""
    leaked: Mapping[str, tuple[int, Sequence[str]]]
    """Held-out split -> rows whose text is also in train, and the ids of the first of them."""

    @property
    def rows(self) -> int:
        """All of them."""
        return sum(self.counts.values())


def count_rows(spec: Spec, parts: Iterable[pl.DataFrame]) -> Counted:
    """Count good rows, which have `split` and `labels`, a part at a time; nothing is known yet of leaks."""
    heads = {name: label for name, head in spec.labelled_heads.items() if (label := _label(name, head)) is not None}
    counts: Counter[str] = Counter()
    labelled: dict[str, Counter[str]] = {name: Counter() for name in spec.labelled_heads}
    by_label: dict[str, dict[str, Counter[str]]] = {name: {split: Counter() for split in SPLITS} for name in heads}
    for part in parts:
        for (split,), rows in part.select("split", "labels").partition_by("split", as_dict=True).items():
            counts[split] += rows.height
            labels = rows["labels"].struct
            for name in labelled:
                labelled[name][split] += labels.field(name).count()
            for name, label in heads.items():
                found = rows.select(label.alias("label")).drop_nulls().group_by("label").len()
                by_label[name][split].update(dict(found.iter_rows()))
    return Counted(
        {split: counts[split] for split in SPLITS},
        {name: {split: found[split] for split in SPLITS} for name, found in labelled.items()},
        by_label,
        {},
    )


def profile(spec: Spec, digest: str, folder: Path, counted: Counted, champion: Dataset | None) -> Dataset:
    """Return the data set whose rows lie in `folder`."""
    heads = {name: head for name, head in spec.labelled_heads.items() if head.kind != "score"}
    found = counted.by_label
    labels = {name: head.labels or tuple(sorted(found[name]["train"])) for name, head in heads.items()}
    label_counts = {name: {label: found[name]["train"][label] for label in labels[name]} for name in heads}
    counts, labelled = counted.counts, counted.labelled
    data_issues = list(find_thin_spots(spec, counts, labelled, label_counts))
    data_issues += find_one_label(spec, label_counts)
    data_issues += find_unasked(counts, labelled, label_counts, {name: found[name]["test"] for name in heads})
    for split in _HELD_OUT:
        for name in heads:
            unseen = sorted(found[name][split].keys() - found[name]["train"].keys())
            if unseen:
                data_issues.append(find_unseen(name, split, unseen))
        rows, ids = counted.leaked.get(split, (0, ()))
        if rows:
            data_issues.append(find_leak(split, rows, ids))
    dataset = Dataset(digest, folder, counts, labels, labelled, label_counts, tuple(data_issues))
    if champion is None:
        return dataset
    return replace(dataset, data_issues=(*data_issues, *find_drift(dataset, champion)))


def _label(name: str, head: HeadSpec) -> pl.Expr | None:
    """Return the labels of a head, one a line; None for numbers."""
    label = pl.col("labels").struct.field(name)
    if head.kind == "class":
        return label
    if head.kind == "multilabel":
        return label.explode()
    return label.explode().struct.field("label") if head.kind == "tag" else None
