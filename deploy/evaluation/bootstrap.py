"""Resamples of rows, the same ones for everything that is compared on these rows (Efron & Tibshirani 1993, ch. 13)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

SEED = 0
"""Fixed, so that the same scores always give the same verdict."""
CHUNK = 50
"""Resamples at once: of 100,000 rows that all differ, 40 MB."""


def draws(rows: int, resamples: int) -> Iterator[NDArray[np.float64]]:
    """Yield how often each of `rows` is drawn, shape (rows,): the weights make one matrix product of a resample."""
    rng = np.random.default_rng(SEED)
    for _ in range(resamples):
        yield np.bincount(rng.integers(0, max(1, rows), rows), minlength=rows).astype(np.float64)


def resampled_sums(counts: NDArray[np.float64], resamples: int) -> NDArray[np.float64]:
    """Return the summed counts of every resample; shape: (rows, k) -> (resamples, k).

    To a sum, rows with equal counts are one kind of row, and how often each kind is drawn is multinomial. Of right and
    wrong answers there are four kinds, so that many slices of many rows cost little.
    """
    if not len(counts):
        return np.zeros((resamples, counts.shape[1]))
    kinds, first, times = np.unique(counts, axis=0, return_index=True, return_counts=True)
    order = np.argsort(first)  # as the rows have them: sorted, it would matter which of two bundles is named first
    rng, shares = np.random.default_rng(SEED), times[order] / len(counts)
    drawn = (
        rng.multinomial(len(counts), shares, min(CHUNK, resamples - begin)) @ kinds[order]
        for begin in range(0, resamples, CHUNK)
    )
    return np.concatenate(list(drawn))
