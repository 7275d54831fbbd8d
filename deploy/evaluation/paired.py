"""Challenger and champion on the same rows: how far apart, how sure, and is it more than chance? Pure functions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from deploy.evaluation.bootstrap import resampled_sums
from deploy.evaluation.verdict import HeadComparison
from schemas.evaluation.metrics import PRIMARY, HeadScore, ScoredKind, primary_of
from schemas.evaluation.significance import sign_test
from schemas.spec.product import GateSpec

Rows = NDArray[np.int64]
"""Positions in the scored set."""
ROUNDING = 1e-9
"""0.95 - 0.96 is a little less than -0.01 in floats; a loss of just the margin is still within it."""
NO_ROWS: Rows = np.zeros(0, dtype=np.int64)


def compare_head(
    name: str,
    challenger: HeadScore,
    champion: HeadScore,
    gate: GateSpec,
    *,
    only: Rows | None = None,
    without: Rows = NO_ROWS,
) -> HeadComparison:
    """Compare one head on the rows that both scored, with a paired bootstrap (Efron & Tibshirani 1993, ch. 13).

    Args:
        only: of these rows; None: of all
        without: rows that decide nothing
    """
    rows, ours, theirs = np.intersect1d(challenger.rows, champion.rows, return_indices=True)
    meant = np.ones(len(rows), dtype=np.bool_) if only is None else np.isin(rows, only)
    counted = meant & ~np.isin(rows, without)
    both = np.stack([challenger.counts[ours[counted]], champion.counts[theirs[counted]]])
    sums = resampled_sums(np.concatenate(both, axis=1), gate.resamples)
    width, n = both.shape[2], max(1, both.shape[1])
    differences = primary_of(challenger.kind, sums[:, :width], n) - primary_of(challenger.kind, sums[:, width:], n)
    tail = (1 - gate.confidence) / 2
    low, high = np.quantile(differences, [tail, 1 - tail])
    left_out = int((meant & ~counted).sum())
    return compared(name, challenger.kind, both, (float(low), float(high)), left_out)


def compared(
    name: str, kind: ScoredKind, both: NDArray[np.float64], interval: tuple[float, float], left_out: int = 0
) -> HeadComparison:
    """Return a comparison of the counts of both, challenger first. Shape: (2, rows, counts)."""
    rows = both.shape[1]
    a, b = (float(primary_of(kind, each.sum(axis=0), max(1, rows))) for each in both)
    ours, theirs = (_mistakes(kind, each) for each in both)
    gained, lost = int((ours < theirs).sum()), int((ours > theirs).sum())
    return HeadComparison(
        head=name,
        metric=PRIMARY[kind],
        challenger=a,
        champion=b,
        difference=a - b,
        low=interval[0],
        high=interval[1],
        rows=rows,
        differing=int((both[0] != both[1]).any(axis=1).sum()),
        gained=gained,
        lost=lost,
        p_value=sign_test(gained, lost),
        left_out=left_out,
    )


def _mistakes(kind: ScoredKind, counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how wrong each row is answered: of labels and spans, how many are missed or too many."""
    if kind == "class":
        return np.asarray(1 - counts[:, 0])
    if kind == "score":
        return np.asarray(counts[:, 0])
    return np.asarray(counts[:, 1] + counts[:, 2] - 2 * counts[:, 0])
