"""The rows that an utterance is nearest to, by what a net reads of both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import nlargest
from typing import Any

from schemas.data.dataset import Dataset
from trunkline_edge.understanding.featurizer import UNKNOWN_ID, Featurizer
from trunkline_edge.understanding.text import split_words


@dataclass(frozen=True)
class Near:
    """A row, and how near it is."""

    text: str
    labels: dict[str, Any]
    """Of the heads that the row labels."""
    share: float
    """1: the same words, in whatever order."""


def nearest(dataset: Dataset, featurizer: Featurizer, text: str, count: int, split: str = "train") -> list[Near]:
    """Return the rows of a split that share most with a text, nearest first; exact, by one look at every row.

    Shared are pieces: words of the vocabulary and the hashed runs of letters that the featurizer reads a word as. A row
    has the share that both texts have of the pieces of either (Jaccard 1912), so "lmp" is near to "lamp", while order
    and meaning count for nothing.
    """
    said = _pieces(featurizer, text)

    def rows() -> Iterator[tuple[float, str, dict[str, Any]]]:
        for frame in dataset.batches(split):
            for row, labels in frame.select("text", "labels").iter_rows():
                pieces = _pieces(featurizer, row)
                share = len(said & pieces) / max(1, len(said | pieces))
                if share > 0:
                    yield share, row, labels

    found = nlargest(count, rows(), key=lambda row: row[0])
    return [
        Near(row, {head: label for head, label in labels.items() if label is not None}, round(share, 4))
        for share, row, labels in found
    ]


def _pieces(featurizer: Featurizer, text: str) -> set[int]:
    return {piece for word in split_words(text) for piece in featurizer.features(word.form)} - {UNKNOWN_ID}
