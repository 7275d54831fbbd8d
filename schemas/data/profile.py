"""Look over the good rows once and count: the numbers of a data set, and the data issues that follow from them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from schemas.data.contract import SPLITS
from schemas.data.dataset import Dataset
from schemas.data.issues import (
    find_alike,
    find_drift,
    find_flat_numbers,
    find_leak,
    find_one_label,
    find_thin_spots,
    find_unasked,
    find_unseen,
)
from schemas.spec.product import Spec

_HELD_OUT = ("valid", "test")
_WITH_LABEL_SET = ("class", "multilabel", "tag")


@dataclass(frozen=True)
class Counted:
    """What was counted of the good rows while they passed."""

    counts: Mapping[str, int]
    """Split -> rows."""
    labelled: Mapping[str, Mapping[str, int]]
    """Head -> split -> rows with a label."""
    by_label: Mapping[str, Mapping[str, Counter[str]]]
    """Class, multilabel and tag head -> split -> label -> how often."""
    ranges: Mapping[str, Mapping[str, tuple[float, float]]]
    """Score head -> split that it is labelled in -> its lowest and highest label there."""
    leaked: Mapping[str, tuple[int, Sequence[str]]]
    """Held-out split -> rows whose text is also in train, and the ids of the first of them."""

    @property
    def rows(self) -> int:
        """All of them."""
        return sum(self.counts.values())


def count_rows(spec: Spec, parts: Iterable[pl.DataFrame]) -> Counted:
    """Count good rows, which have `split` and `labels`, a part at a time; nothing is known yet of leaks."""
    kinds = {name: head.kind for name, head in spec.labelled_heads.items() if head.kind in _WITH_LABEL_SET}
    counts: Counter[str] = Counter()
    labelled: dict[str, Counter[str]] = {name: Counter() for name in spec.labelled_heads}
    by_label: dict[str, dict[str, Counter[str]]] = {name: {split: Counter() for split in SPLITS} for name in kinds}
    ranges: dict[str, dict[str, tuple[float, float]]] = {
        name: {} for name, head in spec.labelled_heads.items() if head.kind == "score"
    }
    split, of_heads = pl.col("split"), pl.col("labels").struct
    there = [of_heads.field(name).is_not_null().sum().alias(f"labels.{name}") for name in labelled]
    for part in parts:
        # Grouped by numbers, not by text; no column is parted or copied.
        rows = part.select(split.cast(pl.Enum(SPLITS)), "labels")
        for name, n_rows, *n_labelled in rows.group_by("split").agg(pl.len(), *there).iter_rows():
            counts[name] += n_rows
            for head, found in zip(labelled, n_labelled, strict=True):
                labelled[head][name] += found
        for head, kind in kinds.items():
            for name, label, times in _splits_and_labels(rows, head, kind).group_by("split", "label").len().iter_rows():
                by_label[head][name][label] += times
        for head, found in ranges.items():
            number = of_heads.field(head)
            bounds = rows.group_by("split").agg(number.min().alias("lowest"), number.max().alias("highest"))
            for name, lowest, highest in bounds.drop_nulls().iter_rows():
                before = found.get(name, (lowest, highest))
                found[name] = min(lowest, before[0]), max(highest, before[1])
    return Counted(
        {split: counts[split] for split in SPLITS},
        {name: {split: found[split] for split in SPLITS} for name, found in labelled.items()},
        by_label,
        ranges,
        {},
    )


def profile(spec: Spec, digest: str, folder: Path, counted: Counted, champion: Dataset | None) -> Dataset:
    """Return the data set whose rows lie in `folder`."""
    heads = {name: head for name, head in spec.labelled_heads.items() if head.kind not in ("score", "next_word")}
    found = counted.by_label
    labels = {name: head.labels or tuple(sorted(found[name]["train"])) for name, head in heads.items()}
    label_counts = {name: {label: found[name]["train"][label] for label in labels[name]} for name in heads}
    counts, labelled = counted.counts, counted.labelled
    data_issues = list(find_thin_spots(spec, counts, labelled, label_counts))
    data_issues += find_one_label(spec, label_counts)
    data_issues += find_flat_numbers(spec, labelled, counted.ranges)
    data_issues += find_unasked(counts, labelled, label_counts, found)
    for name in heads:
        data_issues += find_alike(name, {label for times in found[name].values() for label in times})
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


def _splits_and_labels(rows: pl.DataFrame, name: str, kind: str) -> pl.DataFrame:
    """Return the labels of a class, multilabel or tag head, each with its split, one a line."""
    found = rows.select("split", pl.col("labels").struct.field(name).alias("label"))
    if kind != "class":
        found = found.filter(pl.col("label").list.len() > 0).explode("label")
    if kind == "tag":
        found = found.with_columns(pl.col("label").struct.field("label"))
    return found.drop_nulls()
