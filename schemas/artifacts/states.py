"""What a frozen trunk makes of rows, and what it read, as a file: made once by the runtime, learned from often."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save

from trunkline_edge.bundle.files import write_atomic


@dataclass(frozen=True)
class States:
    """The states of some rows, in the order of the rows."""

    hidden: NDArray[np.float32]
    """All rows' words one after the other. Shape: (words, d)."""
    ids: NDArray[np.int32]
    """What the featurizer makes of the same words. Shape: (words, max_features)."""
    offsets: NDArray[np.int64]
    """Row i has hidden[offsets[i]:offsets[i + 1]]; a row without a word has one of zeros, and ids too."""

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def width(self) -> int:
        """The trunk's d."""
        return int(self.hidden.shape[1])

    def row(self, number: int) -> NDArray[np.float32]:
        """Return the states of one row. Shape: (words of it, d)."""
        return self.hidden[self.offsets[number] : self.offsets[number + 1]]

    def ids_of(self, number: int) -> NDArray[np.int64]:
        """Return the ids of one row. Shape: (words of it, max_features)."""
        return self.ids[self.offsets[number] : self.offsets[number + 1]].astype(np.int64)

    def padded(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.int64]]:
        """Return states of some rows, where they have words, and ids. Shapes: (B, N, d), (B, N), (B, N, features)."""
        lengths = np.diff(self.offsets)[rows]
        position = np.arange(int(lengths.max()))
        mask = position < lengths[:, np.newaxis]
        source = np.where(mask, self.offsets[rows][:, np.newaxis] + position, 0)
        there = mask[..., np.newaxis]
        return self.hidden[source] * there, mask, self.ids[source].astype(np.int64) * there

    @classmethod
    def of(cls, rows: Iterable[tuple[NDArray[np.float32], NDArray[np.int64]]], width: int, features: int) -> States:
        """Put rows together, each of shapes (words of it, d) and (words of it, features)."""
        nothing = np.zeros((1, width), dtype=np.float32), np.zeros((1, features), dtype=np.int64)
        parts = [row if len(row[0]) else nothing for row in rows]
        hidden = np.concatenate([nothing[0][:0], *(states for states, _ in parts)])
        ids = np.concatenate([nothing[1][:0], *(ids for _, ids in parts)])
        offsets = np.cumsum([0, *(len(states) for states, _ in parts)])
        return cls(hidden.astype(np.float32), ids.astype(np.int32), offsets.astype(np.int64))

    @classmethod
    def joined(cls, several: Sequence[States]) -> States:
        """Put the rows of several behind each other."""
        hidden = np.concatenate([each.hidden for each in several])
        ids = np.concatenate([each.ids for each in several])
        lengths = np.concatenate([[0], *(np.diff(each.offsets) for each in several)])
        return cls(hidden, ids, np.cumsum(lengths))

    def save(self, path: Path) -> None:
        """Write one file, whole."""
        write_atomic(path, save({"hidden": self.hidden, "ids": self.ids, "offsets": self.offsets}))

    @classmethod
    def load(cls, path: Path) -> States:
        """Read what `save` wrote."""
        found = load_file(path)
        return cls(found["hidden"], found["ids"], found["offsets"])
