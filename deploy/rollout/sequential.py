"""Tests that may be looked at whenever one likes: is something more frequent than it may be?

Wald's sequential probability ratio, mixed over the alternatives (Wald 1945; Robbins 1970, "Statistical methods related
to the law of the iterated logarithm"). Under the null hypothesis the ratio is a nonnegative supermartingale that begins
at 1, so the chance that it ever reaches 1/alpha is at most alpha (Ville 1939), however often one looks and whenever one
stops. The inverse of its highest value is an always-valid p-value (Johari, Koomen, Pekelis, Walsh 2022, "Always valid
inference", Operations Research 70).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

_ODDS = np.array([1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0])
"""Of the alternatives, as multiples of the null's: from a little more frequent to far more, with equal weights."""


def log_ratio(null: float, hits: ArrayLike, misses: ArrayLike) -> NDArray[np.float64]:
    """Return the log of the mixed likelihood ratio of "a hit is more frequent than `null`" to "exactly that frequent".

    Shape: that of `hits` and `misses`. Less frequent hits only lower it, so it tests "at most that frequent".
    """
    odds = _ODDS * null / (1 - null)
    frequencies = odds / (1 + odds)
    gain, loss = np.log(frequencies / null), np.log((1 - frequencies) / (1 - null))
    terms = np.multiply.outer(np.asarray(hits, float), gain) + np.multiply.outer(np.asarray(misses, float), loss)
    highest = terms.max(axis=-1, keepdims=True)
    mixed: NDArray[np.float64] = highest[..., 0] + np.log(np.exp(terms - highest).mean(axis=-1))
    return mixed


def p_value_of_share(limit: float, hits: int, misses: int) -> float:
    """Return how likely this many hits are at most, ever, if a hit has no more than chance `limit`."""
    return float(np.exp(-max(0.0, float(log_ratio(limit, hits, misses)))))


@dataclass(frozen=True)
class Rise:
    """Devices with the candidate, each beside one with the base: which of the two rejects more?"""

    pairs: int
    higher: int
    """Pairs in which the candidate's rejects more."""
    lower: int
    """In which the base's does."""
    candidate: float
    """Mean rejection rate."""
    base: float
    p_value: float
    """Always-valid, for "the candidate's is the higher one in at most half of the pairs that differ"."""


def rise_of(observed: Iterable[tuple[bool, float]]) -> Rise:
    """Compare rejection rates of devices, in the order in which they came: (has the candidate, rate).

    The n-th device with the candidate is set beside the n-th with the base. Both groups are drawn by hash, so without a
    difference between the bundles either may be the higher one. A device, not an utterance, is what counts: utterances
    of one household are alike. Each device may be in it once.
    """
    rates: dict[bool, list[float]] = {True: [], False: []}
    for is_candidate, rate in observed:
        rates[is_candidate].append(rate)
    pairs = min(map(len, rates.values()))
    candidate, base = np.asarray(rates[True][:pairs]), np.asarray(rates[False][:pairs])
    higher, lower = np.cumsum(candidate > base), np.cumsum(candidate < base)
    highest = float(log_ratio(0.5, higher, lower).max(initial=0.0))
    return Rise(
        pairs=pairs,
        higher=int((candidate > base).sum()),
        lower=int((candidate < base).sum()),
        candidate=float(np.mean(rates[True])) if rates[True] else 0.0,
        base=float(np.mean(rates[False])) if rates[False] else 0.0,
        p_value=float(np.exp(-highest)),
    )


NO_RISE = rise_of(())
"""Before anybody has answered."""
