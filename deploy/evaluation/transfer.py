"""What sharing did to each head, against a baseline that learned the head alone. Pure functions of scores.

    Delta(t)   = M(t) - B(t)                 points of the primary metric, of which higher is better for all kinds
    Delta_m(t) = 100 (M(t) - B(t)) / B(t)    per cent; **positive: sharing helped** (the tables of the FAMO and
                                             Nash-MTL papers print the opposite sign)

M and B are means over seeds of shared net and baseline. Intervals come from a bootstrap over rows and seeds at once,
each drawn apart (the pigeonhole bootstrap: Owen 2007, Annals of Applied Statistics 1(2)): all seeds answer the same
rows, so an unlucky set of rows is unlucky for all of them. A head is *flagged* when the whole interval of Delta is
below 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from deploy.evaluation.bootstrap import SEED, draws
from schemas.evaluation.matrix import Table
from schemas.evaluation.metrics import PRIMARY, HeadScore, primary_of

SMALLEST_TWIN = 0.05
"""A baseline's score below which per cent of it say nothing, as a point more or less would be a great gain or loss."""


@dataclass(frozen=True)
class Estimate:
    """A figure and its interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Transfer:
    """One head of a variant against its baseline."""

    head: str
    metric: str
    score: Estimate
    """Mean over seeds of the shared net."""
    baseline: Estimate
    """Mean over seeds of the net that learned this head alone."""
    difference: Estimate
    """Delta: score minus baseline."""
    gain: Estimate | None
    """Delta_m in per cent; None where the baseline is near 0 or below."""
    is_negative: bool
    """Flagged: the interval of `difference` lies wholly below 0."""


@dataclass(frozen=True)
class Suspect:
    """The head whose steps do a flagged head the most harm."""

    head: str
    affinity: float
    """Of its gradient steps on the flagged head's loss; below 0: they raise it."""


def transfer_of(
    head: str, shared: Sequence[HeadScore], alone: Sequence[HeadScore], *, confidence: float, resamples: int
) -> Transfer:
    """Compare a head's scores of several seeds with its baseline's of the same seeds, seed by seed.

    Raises:
        ValueError: not one baseline for each seed.
    """
    if not shared or len(shared) != len(alone):
        raise ValueError(f"{head}: {len(shared)} scores and {len(alone)} of baselines; expected one pair a seed")
    kind = shared[0].kind
    sums, rows = _resampled([*shared, *alone], resamples)
    resampled = _over_seeds(np.asarray(primary_of(kind, sums, rows)).reshape(resamples, 2, len(shared)))
    ours, theirs = (float(np.mean([score.primary for score in scores])) for scores in (shared, alone))
    difference = _estimate(ours - theirs, resampled[:, 0] - resampled[:, 1], confidence)
    scale = 100 / theirs if theirs >= SMALLEST_TWIN else None
    return Transfer(
        head=head,
        metric=PRIMARY[kind],
        score=_estimate(ours, resampled[:, 0], confidence),
        baseline=_estimate(theirs, resampled[:, 1], confidence),
        difference=difference,
        gain=Estimate(difference.value * scale, difference.low * scale, difference.high * scale) if scale else None,
        is_negative=difference.high < 0,
    )


def mean_over_seeds(scores: Sequence[HeadScore], *, confidence: float, resamples: int) -> Estimate:
    """Return the mean primary metric of one head over the seeds of one net."""
    sums, rows = _resampled(scores, resamples)
    resampled = _over_seeds(np.asarray(primary_of(scores[0].kind, sums, rows)).reshape(resamples, 1, len(scores)))
    return _estimate(float(np.mean([score.primary for score in scores])), resampled[:, 0], confidence)


def mean_gain(transfers: Sequence[Transfer]) -> float | None:
    """Return Delta_m over the heads, in per cent; None where no head has one."""
    gains = [transfer.gain.value for transfer in transfers if transfer.gain]
    return float(np.mean(gains)) if gains else None


def suspect(head: str, affinity: Table | None) -> Suspect | None:
    """Return the head with the lowest affinity onto `head`, however high that is; None without a measurement.

    `affinity` has a line for each head whose step is taken and a column for each head whose loss is watched.
    """
    if affinity is None or head not in affinity.columns:
        return None
    column = affinity.columns.index(head)
    known = {
        name: values[column]
        for name, values in zip(affinity.rows, affinity.values, strict=True)
        if name != head and not np.isnan(values[column])
    }
    if not known:
        return None
    worst = min(known, key=lambda name: known[name])
    return Suspect(worst, known[worst])


def mean_table(tables: Sequence[Table]) -> Table:
    """Return the mean of a table over several seeds; a cell is NaN only where every seed's is."""
    values = np.asarray([table.values for table in tables], dtype=np.float64)
    known = ~np.isnan(values)
    counted = known.sum(axis=0)
    mean = np.where(counted > 0, np.where(known, values, 0).sum(axis=0) / np.maximum(counted, 1), np.nan)
    first = tables[0]
    return Table.of(first.name, first.title, first.rows, first.columns, mean)


def rank_correlations(tables: Mapping[str, Table]) -> Table:
    """Return Spearman's rank correlation of every two tables of heads, over the pairs of heads that both have.

    The diagonal of such a table is no relation and is left out. NaN with fewer than three pairs or where all are equal.
    """
    title = "Do the measures rank pairs of heads alike? (Spearman)"
    values = ((_rank_correlation(a, b) for b in tables.values()) for a in tables.values())
    return Table.of("rank_correlation", title, tables, tables, values)


def _estimate(value: float, samples: NDArray[np.float64], confidence: float) -> Estimate:
    low, high = np.quantile(samples, ((1 - confidence) / 2, (1 + confidence) / 2))
    return Estimate(value, float(low), float(high))


def _resampled(scores: Sequence[HeadScore], resamples: int) -> tuple[NDArray[np.float64], int]:
    """Return summed counts of every resample, shape (resamples, scores, counts), on the rows that all scored."""
    rows = reduce(np.intersect1d, [score.rows for score in scores])
    counts = [score.counts[np.isin(score.rows, rows)] for score in scores]
    flat = np.concatenate(counts, axis=1)
    sums = np.stack([weights @ flat for weights in draws(len(rows), resamples)])
    return sums.reshape(resamples, len(scores), -1), max(1, len(rows))


def _over_seeds(primary: NDArray[np.float64]) -> NDArray[np.float64]:
    """Average over seeds drawn with replacement, all nets of a seed together: (n, nets, seeds) -> (n, nets).

    The variance of a few drawn seeds falls short by (S-1)/S; their deviation is stretched to make up for it.
    """
    resamples, _, seeds = primary.shape
    picks = np.random.default_rng(SEED + 1).integers(0, seeds, (resamples, 1, seeds))
    centre = primary.mean(axis=2)
    drawn = np.take_along_axis(primary, np.broadcast_to(picks, primary.shape), axis=2).mean(axis=2)
    return np.asarray(centre + np.sqrt(seeds / max(1, seeds - 1)) * (drawn - centre))


def _rank_correlation(a: Table, b: Table) -> float:
    pairs = [(s, t) for s in a.rows for t in a.columns if s != t and s in b.rows and t in b.columns]
    both = np.asarray([[_cell(table, *pair) for table in (a, b)] for pair in pairs]).reshape(-1, 2)
    both = both[~np.isnan(both).any(axis=1)]
    if len(both) < 3 or (both == both[0]).all(axis=0).any():
        return float("nan")
    from scipy.stats import spearmanr  # takes a second to load, which a retrain need not pay

    return float(spearmanr(both[:, 0], both[:, 1]).statistic)


def _cell(table: Table, row: str, column: str) -> float:
    return table.values[table.rows.index(row)][table.columns.index(column)]
