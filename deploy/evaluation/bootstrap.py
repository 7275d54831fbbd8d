"""Resamples of rows, the same ones for everything that is compared on these rows (Efron & Tibshirani 1993, ch. 13)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

SEED = 0
"""Fixed, so that the same scores always give the same verdict."""


def draws(rows: int, resamples: int) -> Iterator[NDArray[np.float64]]:
    """Yield how often each of `rows` is drawn, shape (rows,): the weights make one matrix product of a resample."""
    rng = np.random.default_rng(SEED)
    for _ in range(resamples):
        yield np.bincount(rng.integers(0, max(1, rows), rows), minlength=rows).astype(np.float64)
