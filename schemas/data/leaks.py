"""Held-out rows whose text somebody has learned from already: they tell what it remembers, not what it understands."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import polars as pl
from numpy.typing import NDArray

from trunkline_edge.understanding.text import normalise


def find_leaks(held_out: Iterable[pl.DataFrame], learned: Iterable[pl.DataFrame]) -> NDArray[np.int64]:
    """Return the positions of the held-out rows whose text, in normal form, is in the rows that were learned from.

    Frames have a column `text`. In memory are the texts of the held-out rows alone.
    """
    places: dict[str, list[int]] = {}
    position = 0
    for frame in held_out:
        for text in frame["text"]:
            places.setdefault(normalise(text), []).append(position)
            position += 1
    found: set[int] = set()
    for frame in learned:
        for text in frame["text"]:
            found.update(places.pop(normalise(text), ()))
    return np.asarray(sorted(found), dtype=np.int64)
