"""What a device's own library gives: `python -m bench.library BUNDLE DATASET`, both folders that a retrain made.

The same bundle is asked the test rows four times: knowing no names; names, but none of those that are said; half of
those as well; all of them. So "all" is a player whose owner asks for what he has.
"""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from rich.console import Console
from rich.table import Table

from deploy.evaluation.score import score_rows
from schemas.data.dataset import Dataset
from trunkline_edge.understanding.names import Entry, Names
from trunkline_edge.understanding.session import SLOTS_HEAD, Runtime, open_folder
from trunkline_edge.understanding.text import normalise

OTHERS = 2_000
"""Names of train rows in each library."""

Named = tuple[str, str]
"""List and name in normal form."""


def names_in(dataset: Dataset, split: str, runtime: Runtime) -> list[Named]:
    """Return what is called by name in the rows of a split, each once."""
    found = (name for text, labels in _rows(dataset, split) for name, *_ in _named(text, labels[SLOTS_HEAD], runtime))
    return sorted(set(found))


def library(names: list[Named]) -> Names:
    """Return names as a device is told them; a thing's id says its list and name."""
    lists: dict[str, list[Entry]] = {}
    for of, name in names:
        lists.setdefault(of, []).append(Entry(f"{of}.{name}", (name,)))
    return Names({of: tuple(entries) for of, entries in lists.items()})


def resolved(runtime: Runtime, dataset: Dataset, known: set[Named]) -> tuple[int, int]:
    """Return how many of the known names that are said have the right id, and how many these are."""
    right = said = 0
    for text, labels in _rows(dataset, "test"):
        wanted = {(start, end): f"{of}.{name}" for (of, name), start, end in _named(text, labels[SLOTS_HEAD], runtime)
                  if (of, name) in known}  # fmt: skip
        said += len(wanted)
        for intent in runtime.parse(text).intents if wanted else ():
            right += sum(wanted.get((slot.start, slot.end)) == slot.id for slot in intent.slots if slot.id)
    return right, said


def run(runtime: Runtime, dataset: Dataset) -> Table:
    """Ask with each library."""
    said, learned = names_in(dataset, "test", runtime), names_in(dataset, "train", runtime)
    rng = Random(0)
    others = [name for name in learned if name not in set(said)]
    others = rng.sample(others, min(OTHERS, len(others)))
    half = rng.sample(said, len(said) // 2)
    table = Table(
        title=f"{runtime.manifest.product}: {dataset.counts['test']:,} test rows, {len(said):,} names in them"
    )
    for column in ("the device knows", "names", "intent", "slot F1", "whole sentences", "known names with their id"):
        table.add_column(column, justify="left" if column == "the device knows" else "right")
    for title, names in (
        ("nothing", []),
        ("others only", others),
        ("half of what is said", others + half),
        ("all that is said", others + said),
    ):
        runtime.know(library(names))
        scores = score_rows(runtime, dataset.batches("test")).scores
        metrics = scores.metrics()
        right, known = resolved(runtime, dataset, set(names))
        table.add_row(
            title,
            f"{len(names):,}",
            f"{100 * metrics['intent']['accuracy']:.1f} %",
            f"{100 * metrics[SLOTS_HEAD]['f1']:.1f} %",
            f"{100 * (scores.sentence_accuracy or 0.0):.1f} %",
            f"{100 * right / known:.1f} % of {known:,}" if known else "-",
        )
    return table


def _rows(dataset: Dataset, split: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for frame in dataset.batches(split):
        yield from frame.select("text", "labels").iter_rows()


def _named(text: str, spans: list[dict[str, Any]] | None, runtime: Runtime) -> Iterator[tuple[Named, int, int]]:
    lists = runtime.manifest.names or {}
    for span in spans or ():
        start, end = span["start"], span["end"]
        if span["label"] in lists:
            yield (lists[span["label"]], normalise(text[start:end])), start, end


if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("dataset", type=Path)
    given = parser.parse_args()
    Console(width=120).print(run(open_folder(given.bundle), Dataset.load(given.dataset)))
