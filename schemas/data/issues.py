"""What a person should know about a data set as a whole: pure functions from its numbers to data issues."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # records of steps name data issues, and must load neither pandera nor polars
    from schemas.data.dataset import Dataset
    from schemas.spec.product import Spec

DRIFT_LIMIT = 0.1
"""Total variation distance of label shares above which a head is reported: a tenth of the labels moved."""

FEW_TEST_ROWS = 30
"""Held-out rows below which a score says little."""

LEAST_DISCORDANT = 6
"""Rows on which two nets must differ, all to the good of one, before chance is unlikely: the sign test wants so many,
as 2 * 0.5 ** 6 is below 0.05 and 2 * 0.5 ** 5 is not (McNemar 1947)."""

_SHOWN = 5  # examples in a message

_BLIND = {"valid": "epoch and threshold are chosen without these", "test": "its score says nothing of these"}
"""What a label that a held-out split lacks is left out of."""


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
            message = (
                f"{split} has no rows; give some rows `split: {split}`, or more rows without a split, of which some go "
                "there"
            )
            yield DataIssue("empty_split", message)
    for head in labelled:
        bare = [split for split in counts if counts[split] and not labelled[head][split]]
        if bare:
            cure = (
                f"give more rows a label of it, or some that have one `split: {bare[0]}`"
                if any(labelled[head].values())
                else "check its name in the data, or use `rename`"
            )
            message = f"head `{head}` has no label in {' and '.join(bare)}; {cure}"
            yield DataIssue("head_without_labels", message)
    for head, by_label in label_counts.items():
        rare = [label for label, count in by_label.items() if count < spec.validation.min_rows]
        if rare and labelled[head]["train"]:
            message = (
                f"head `{head}`: {len(rare)} of {len(by_label)} labels are in train fewer than "
                f"{spec.validation.min_rows} times ({shown(rare)}); add rows or merge labels"
            )
            yield DataIssue("rare_class", message)


def find_one_label(spec: Spec, label_counts: Mapping[str, Mapping[str, int]]) -> Iterator[DataIssue]:
    """Report class heads of which all train rows have the same label: these teach nothing."""
    for head, by_label in label_counts.items():
        there = [label for label, count in by_label.items() if count]
        if spec.heads[head].kind == "class" and len(there) == 1:
            message = (
                f"head `{head}`: every row of train has the label {shown(there)}, so there is nothing to learn; "
                "add rows with other labels, or leave the head out"
            )
            yield DataIssue("one_label", message)


def find_flat_numbers(
    spec: Spec, labelled: Mapping[str, Mapping[str, int]], ranges: Mapping[str, Mapping[str, tuple[float, float]]]
) -> Iterator[DataIssue]:
    """Report main heads of numbers whose held-out labels are all the same or few; `ranges` are lowest and highest."""
    for head in [name for name in ranges if name in spec.main_heads]:
        for split in [split for split in ("valid", "test") if labelled[head][split]]:
            rows, (lowest, highest) = labelled[head][split], ranges[head][split]
            if lowest == highest:
                told = f"{rows:,} labels of {split} do not differ, so they tell no r2"
            elif rows < FEW_TEST_ROWS:
                told = f"of {rows} labels of {split} an r2 tells little"
            else:
                continue
            message = f"head `{head}`: {told}; give at least {FEW_TEST_ROWS} rows of {split} different numbers"
            yield DataIssue("flat_numbers", message)


def find_unasked(
    counts: Mapping[str, int],
    labelled: Mapping[str, Mapping[str, int]],
    label_counts: Mapping[str, Mapping[str, int]],
    by_split: Mapping[str, Mapping[str, Mapping[str, int]]],
) -> Iterator[DataIssue]:
    """Report what the score will hide: labels that valid or test never ask for, and too few rows to tell nets apart.

    `by_split` counts each head's labels in each split.
    """
    for head, by_label in label_counts.items():
        for split, blind in _BLIND.items():
            unasked = [label for label, count in by_label.items() if count and not by_split[head][split].get(label)]
            if unasked and labelled[head][split]:
                message = (
                    f"head `{head}`: {split} never asks for {len(unasked)} of {len(by_label)} labels "
                    f"({shown(unasked)}); {blind}"
                )
                yield DataIssue("unasked_label", message)
    held_out = "test" if counts["test"] else "valid"
    rows = counts[held_out]
    if 0 < rows < FEW_TEST_ROWS:
        told = (
            f"differences of {100 * LEAST_DISCORDANT / rows:.0f} points at best"
            if rows >= LEAST_DISCORDANT
            else "nothing"
        )
        message = (
            f"{rows} rows of {held_out} tell {told} between two nets; give a few hundred, at least {FEW_TEST_ROWS}"
        )
        yield DataIssue("few_test_rows", message)


def find_unseen(head: str, split: str, unseen: Sequence[str]) -> DataIssue:
    """Report labels outside train that the net cannot learn."""
    return DataIssue(
        "unseen_label",
        f"head `{head}`: {len(unseen)} labels of {split} are not in train ({shown(unseen)}); "
        "their rows stay and count as errors",
    )


def find_alike(head: str, labels: Iterable[str]) -> Iterator[DataIssue]:
    """Report labels that differ only in case or white space."""
    alike: dict[str, list[str]] = {}
    for label in sorted(labels):
        alike.setdefault(" ".join(label.split()).casefold(), []).append(label)
    several = [" and ".join(map(repr, group)) for group in alike.values() if len(group) > 1]
    if several:
        message = (
            f"head `{head}`: labels that differ only in case or white space are different labels: {shown(several)}; "
            "if they mean the same, write them alike"
        )
        yield DataIssue("alike_labels", message)


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
