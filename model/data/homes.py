"""Made-up homes: what a device would know by name of the words of a row, anew every epoch.

The names of a list are the train spans of its labels, so any data set has homes: a player's artists as well as a
house's lamps. The matcher is the device's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas.data.dataset import Dataset
from schemas.spec.product import Spec
from trunkline_edge.understanding.names import Entry, Lexicon, Names
from trunkline_edge.understanding.text import Word, split_words

NO_HOME = 0.25
"""Share of rows that are said where no name is known."""
OWN = 0.9
"""Share of the names said that are known where some are."""
NESTED = 0.3
"""Share of the other names that stand in a row ("kitchen" in "kitchen lamp") and are known too."""
TRAP = 0.1
"""Share of homes in which something has the name of a word that is no name in this row: a list called "timer"."""
OTHERS = 2
"""Further names of a home; they matter where words resemble them."""

KEPT = 500_000
"""Rows whose facts are kept from epoch to epoch; those of others are read anew."""

_SLOTS = "slots"


class _Row(NamedTuple):
    """What does not change from epoch to epoch; names as list and text."""

    said: tuple[tuple[str, str], ...]
    nested: tuple[tuple[str, str], ...]
    free: tuple[str, ...]
    """Words outside of all spans."""


class Homes:
    """Gives each row a home; a pure function of seed, epoch and row, so a resumed epoch is the same one."""

    def __init__(self, dataset: Dataset, spec: Spec) -> None:
        self._list_of: Mapping[str, str] = spec.names
        self._lists = spec.name_lists
        self._seed = spec.train.seed
        found: dict[str, dict[str, None]] = {name: {} for name in self._lists}
        for frame in dataset.batches("train"):
            for text, labels in frame.select("text", "labels").iter_rows():
                for list_name, name in self._said(text, labels):
                    found[list_name][name] = None
        self._vocabulary = {name: tuple(texts) for name, texts in found.items()}
        self._rows: dict[str, _Row] = {}
        self._everything = Lexicon(_names((of, text) for of, texts in found.items() for text in texts), self._lists)

    def __call__(self, frame: pl.DataFrame, words: Sequence[Sequence[Word]], epoch: int) -> list[NDArray[np.float32]]:
        """Return what is known by name of the words of each row, (words, 2 x lists).

        `frame` has the rows as they were before anything was misspelt or misheard, `words` what was heard.
        """
        return [
            self._known(
                row_id, text, labels, [word.form for word in heard], Random(f"{self._seed}/{epoch}/home/{row_id}")
            )
            for (row_id, text, labels), heard in zip(
                frame.select("id", "text", "labels").iter_rows(), words, strict=True
            )
        ]

    def _known(
        self, row_id: str, text: str, labels: Mapping[str, Any], heard: list[str], rng: Random
    ) -> NDArray[np.float32]:
        if rng.random() < NO_HOME:
            return np.zeros((len(heard), 2 * len(self._lists)), dtype=np.float32)
        row = self._rows.get(row_id)
        if row is None:
            row = self._read(text, labels)
            if len(self._rows) < KEPT:
                self._rows[row_id] = row
        home = {name for name in row.said if rng.random() < OWN}
        home |= {name for name in row.nested if rng.random() < NESTED}
        if row.free and rng.random() < TRAP:
            home.add((rng.choice(self._lists), rng.choice(row.free)))
        for _ in range(OTHERS):
            list_name = rng.choice(self._lists)
            if self._vocabulary[list_name]:
                home.add((list_name, rng.choice(self._vocabulary[list_name])))
        return Lexicon(_names(sorted(home)), self._lists).tensor(heard)

    def _read(self, text: str, labels: Mapping[str, Any]) -> _Row:
        words = split_words(text)
        said = tuple(self._said(text, labels))
        matches = self._everything.matches([word.form for word in words])
        nested = dict.fromkeys((match.list_name, match.entry.id) for match in matches if not match.slips)
        spans = labels.get(_SLOTS) or ()
        free = [
            word.form
            for word in words
            if word.form.isalpha() and not any(span["start"] < word.end and word.start < span["end"] for span in spans)
        ]
        return _Row(said, tuple(name for name in nested if name not in said), tuple(free))

    def _said(self, text: str, labels: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Return list and text of each span that is a name."""
        return [
            (self._list_of[span["label"]], text[span["start"] : span["end"]])
            for span in labels.get(_SLOTS) or ()
            if span["label"] in self._list_of
        ]


def _names(named: Any) -> Names:
    lists: dict[str, list[Entry]] = {}
    for list_name, name in named:
        lists.setdefault(list_name, []).append(Entry(name, (name,)))
    return Names({name: tuple(entries) for name, entries in lists.items()})
