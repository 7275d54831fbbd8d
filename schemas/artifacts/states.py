"""What a frozen trunk makes of rows, as a file: read once by the runtime, learned from and calibrated on as often."""

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
    offsets: NDArray[np.int64]
    """Row i has hidden[offsets[i]:offsets[i + 1]]; a row without a word has one state of zeros."""

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def width(self) -> int:
        """The trunk's d."""
        return int(self.hidden.shape[1])

    def row(self, number: int) -> NDArray[np.float32]:
        """Return the states of one row. Shape: (words of it, d)."""
        return self.hidden[self.offsets[number] : self.offsets[number + 1]]

    def padded(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Return the states of some rows, and where these have words. Shapes: (B, N, d), (B, N)."""
        lengths = np.diff(self.offsets)[rows]
        position = np.arange(int(lengths.max()))
        mask = position < lengths[:, np.newaxis]
        source = np.where(mask, self.offsets[rows][:, np.newaxis] + position, 0)
        return self.hidden[source] * mask[..., np.newaxis], mask

    @classmethod
    def of(cls, rows: Iterable[NDArray[np.float32]], width: int) -> States:
        """Put rows together, each of shape (words of it, d)."""
        parts = [row if len(row) else np.zeros((1, width), dtype=np.float32) for row in rows]
        hidden = np.concatenate(parts) if parts else np.zeros((0, width), dtype=np.float32)
        return cls(hidden.astype(np.float32), np.cumsum([0, *map(len, parts)]).astype(np.int64))

    @classmethod
    def joined(cls, several: Sequence[States]) -> States:
        """Put the rows of several behind each other."""
        width = several[0].width
        return cls.of((each.row(number) for each in several for number in range(len(each))), width)

    def save(self, path: Path) -> None:
        """Write one file, whole."""
        write_atomic(path, save({"hidden": self.hidden, "offsets": self.offsets}))

    @classmethod
    def load(cls, path: Path) -> States:
        """Read what `save` wrote."""
        found = load_file(path)
        return cls(found["hidden"], found["offsets"])
