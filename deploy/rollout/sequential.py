"""Tests that may be looked at whenever one likes: is something more frequent than it may be?

Wald's sequential probability ratio, mixed over the alternatives (Wald 1945; Robbins 1970, "Statistical methods related
to the law of the iterated logarithm"). Under the null hypothesis the ratio is a nonnegative supermartingale that begins
at 1, so the chance that it ever reaches 1/alpha is at most alpha (Ville 1939), however often one looks and whenever one
stops. The inverse of its highest value is an always-valid p-value (Johari, Koomen, Pekelis, Walsh 2022, "Always valid
inference", Operations Research 70).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

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
    """Mean rejection rate of those in pairs."""
    base: float
    p_value: float
    """Always-valid, for "the candidate's is the higher one in at most half of the pairs that differ"."""


class Rated(NamedTuple):
    """A device that has answered often enough."""

    has_candidate: bool
    rate: float
    """Of its utterances that it rejects."""
    pace: int = 0
    """How much it is talked to, in powers of two. Devices are set beside those of their own pace."""


def rise_of(observed: Iterable[Rated]) -> Rise:
    """Compare rejection rates of devices, in the order in which they came.

    The n-th device with the candidate is set beside the n-th of its pace with the base. Both groups are drawn by hash,
    so without a difference between the bundles either may be the higher one. Without the pace it is not so: fetching
    takes time, so that the first devices with the candidate are talked to less than the first of the others, and
    whoever talks less is understood less. A device, not an utterance, is what counts: utterances of one household are
    alike. Each device may be in it once.
    """
    alone: dict[tuple[int, bool], deque[float]] = {}
    pairs: list[tuple[float, float]] = []
    for has_candidate, rate, pace in observed:
        if others := alone.get((pace, not has_candidate)):
            other = others.popleft()
            pairs.append((rate, other) if has_candidate else (other, rate))
        else:
            alone.setdefault((pace, has_candidate), deque()).append(rate)
    candidate, base = np.asarray(pairs, dtype=np.float64).reshape(-1, 2).T
    higher, lower = np.cumsum(candidate > base), np.cumsum(candidate < base)
    highest = float(log_ratio(0.5, higher, lower).max(initial=0.0))
    return Rise(
        pairs=len(pairs),
        higher=int((candidate > base).sum()),
        lower=int((candidate < base).sum()),
        candidate=float(candidate.mean()) if pairs else 0.0,
        base=float(base.mean()) if pairs else 0.0,
        p_value=float(np.exp(-highest)),
    )


NO_RISE = rise_of(())
"""Before anybody has answered."""
