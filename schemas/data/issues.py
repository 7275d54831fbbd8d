"""What a person should know about a data set as a whole: pure functions from its numbers to data issues."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # records of steps name data issues, and must load neither pandera nor polars
    from schemas.data.dataset import Dataset
    from schemas.spec.product import Spec

DRIFT_LIMIT = 0.1
"""Total variation distance of label shares above which a head is reported: a tenth of the labels moved."""

_SHOWN = 5  # examples in a message


@dataclass(frozen=True)
class DataIssue:
    """Something about the data set as a whole that a person should know."""

    code: str
    message: str
    """What was found, where, and what to do."""


def find_thin_spots(
    spec: Spec,
    counts: Mapping[str, int],
    labelled: Mapping[str, Mapping[str, int]],
    label_counts: Mapping[str, Mapping[str, int]],
) -> Iterator[DataIssue]:
    """Report splits without rows, heads without labels, and labels that are rare in train."""
    for split in counts:
        if not counts[split]:
            message = f"{split} has no rows; give some rows `split: {split}`, or none a split at all"
            yield DataIssue("empty_split", message)
    for head in labelled:
        bare = [split for split in counts if counts[split] and not labelled[head][split]]
        if bare:
            message = f"head `{head}` has no label in {' and '.join(bare)}; check its name in the data, or use `rename`"
            yield DataIssue("head_without_labels", message)
    for head, by_label in label_counts.items():
        rare = [label for label, count in by_label.items() if count < spec.validation.min_rows]
        if rare and labelled[head]["train"]:
            message = (
                f"head `{head}`: {len(rare)} of {len(by_label)} labels are in train fewer than "
                f"{spec.validation.min_rows} times ({shown(rare)}); add rows or merge labels"
            )
            yield DataIssue("rare_class", message)


def find_unseen(head: str, split: str, unseen: Sequence[str]) -> DataIssue:
    """Report labels outside train that the net cannot learn."""
    return DataIssue(
        "unseen_label",
        f"head `{head}`: {len(unseen)} labels of {split} are not in train ({shown(unseen)}); "
        "their rows stay and count as errors",
    )


def find_leak(split: str, texts: int, ids: Sequence[str]) -> DataIssue:
    """Report rows of a held-out split whose text is also in train; `ids` are examples."""
    message = f"{texts} rows of {split} have a text that is also in train (ids {shown(ids)}); their scores flatter"
    return DataIssue("leak", message)


def find_drift(dataset: Dataset, champion: Dataset) -> Iterator[DataIssue]:
    """Report heads whose label shares in train differ from those of the champion's data."""
    for head in dataset.label_counts.keys() & champion.label_counts.keys():
        distance = label_drift(dataset.label_counts[head], champion.label_counts[head])
        if distance > DRIFT_LIMIT:
            yield DataIssue(
                "label_drift",
                f"head `{head}`: label shares moved by {distance:.2f} against the champion's data "
                f"(allowed {DRIFT_LIMIT}); compare scores by label before promoting",
            )


def find_left_out(source: str, counts: Mapping[str, int]) -> DataIssue:
    """Report what another tool's files say and rows cannot."""
    return DataIssue("left_out", f"{source}: not carried over: {tell_left_out(counts)}")


def tell_left_out(counts: Mapping[str, int]) -> str:
    """Return what was left out as people read it: "regex features (12), lookup tables (3)"."""
    return ", ".join(f"{what} ({times:,})" for what, times in counts.items())


def label_drift(now: Mapping[str, int], before: Mapping[str, int]) -> float:
    """Return the total variation distance of two label distributions: 0 equal, 1 nothing in common or one empty."""
    total_now, total_before = sum(now.values()), sum(before.values())
    if not total_now or not total_before:
        return float(total_now != total_before)
    labels = now.keys() | before.keys()
    return sum(abs(now.get(label, 0) / total_now - before.get(label, 0) / total_before) for label in labels) / 2


def shown(values: Sequence[str]) -> str:
    """Return some of the values for a message."""
    return ", ".join(values[:_SHOWN]) + (", ..." if len(values) > _SHOWN else "")
