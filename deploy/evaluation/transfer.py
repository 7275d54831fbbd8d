"""What sharing did to each head, against a baseline that learned the head alone. Pure functions of scores.

    Delta(t)   = M(t) - B(t)                 points of the primary metric, of which higher is better for all kinds
    Delta_m(t) = 100 (M(t) - B(t)) / B(t)    per cent; **positive: sharing helped** (the tables of the FAMO and
                                             Nash-MTL papers print the opposite sign)

M and B are means over seeds of shared net and baseline. Rows and seeds are chance of two kinds: all seeds answer the
same rows, so an unlucky set of rows is unlucky for all of them. The variance of Delta is the sum of both,

    v = r + max(0, u - e)                    e = (mean_s r_s - r) / (S - 1)

with r that of the mean and r_s that of seed s when rows are drawn again (bootstrap), u that of the mean over S seeds on
the very rows, and e what both hold of the noise that is each row's and seed's own. Interval and p-value are Student's t
with df = v^2 / (u^2 / (S - 1)) degrees of freedom (Satterthwaite 1946), the rows' part counting as known.

A head is *flagged* when Delta is below 0 beyond chance. Of several heads and variants that are looked at together, the
p-values are corrected for their number (Holm 1979, Scandinavian Journal of Statistics 6(2)), the intervals are not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from deploy.evaluation.bootstrap import SEED, draws
from schemas.evaluation.matrix import Table
from schemas.evaluation.metrics import PRIMARY, HeadScore, primary_of
from schemas.evaluation.significance import holm

MANY = 1e6
"""Degrees of freedom from which on Student's t is the normal distribution."""
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
    p_value: float
    """Of no difference at all, both ways; uncorrected."""
    is_negative: bool
    """Flagged: worse than alone beyond chance."""
    is_positive: bool
    """Better than alone beyond chance."""


@dataclass(frozen=True)
class Suspect:
    """The head whose steps do a flagged head the most harm."""

    head: str
    affinity: float
    """Of its gradient steps on the flagged head's loss, mean over the seeds; below 0: they raise it."""


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
    primary = np.asarray(primary_of(kind, sums, rows)).reshape(resamples, 2, len(shared))
    resampled = _over_seeds(primary)
    ours, theirs = (float(np.mean([score.primary for score in scores])) for scores in (shared, alone))
    by_seed = [mine.primary - its.primary for mine, its in zip(shared, alone, strict=True)]
    difference, p_value = _student(by_seed, primary[:, 0] - primary[:, 1], confidence)
    scale = 100 / theirs if theirs >= SMALLEST_TWIN else None
    return Transfer(
        head=head,
        metric=PRIMARY[kind],
        score=_estimate(ours, resampled[:, 0], confidence),
        baseline=_estimate(theirs, resampled[:, 1], confidence),
        difference=difference,
        gain=Estimate(difference.value * scale, difference.low * scale, difference.high * scale) if scale else None,
        p_value=p_value,
        is_negative=difference.high < 0,
        is_positive=difference.low > 0,
    )


def corrected(transfers: Sequence[Transfer], confidence: float) -> tuple[Transfer, ...]:
    """Return the same figures with flags that hold for all of them together: Holm's step-down correction."""
    return tuple(
        replace(
            each,
            is_negative=p < 1 - confidence and each.difference.value < 0,
            is_positive=p < 1 - confidence and each.difference.value > 0,
        )
        for each, p in zip(transfers, holm([each.p_value for each in transfers]), strict=True)
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


def suspect(head: str, affinities: Sequence[Table], confidence: float = 0.95) -> Suspect | None:
    """Return the head whose steps harm `head` most, if its affinity onto it is below 0 beyond chance; else None.

    `affinities` has a table a seed, with a line for each head whose step is taken and a column for each head whose loss
    is watched. The evidence is a one-sided t-test over the seeds, corrected for the number of heads that might be named
    (Bonferroni); so a single seed names nobody.
    """
    seeds: dict[str, list[float]] = {}
    for table in affinities:
        if head in table.columns:
            column = table.columns.index(head)
            for name, values in zip(table.rows, table.values, strict=True):
                if name != head and not np.isnan(values[column]):
                    seeds.setdefault(name, []).append(values[column])
    guilty = {
        name: float(np.mean(values))
        for name, values in seeds.items()
        if _chance_of_harm(values) * len(seeds) < 1 - confidence
    }
    if not guilty:
        return None
    worst = min(guilty, key=lambda name: guilty[name])
    return Suspect(worst, guilty[worst])


def _chance_of_harm(values: Sequence[float]) -> float:
    """Return the p-value of values this low if their mean were 0 or above."""
    if len(values) < 2:
        return 1.0
    error = float(np.std(values, ddof=1)) / np.sqrt(len(values))
    mean = float(np.mean(values))
    return _tail(mean / error, len(values) - 1) if error else float(mean >= 0)


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


def _student(
    by_seed: Sequence[float], samples: NDArray[np.float64], confidence: float
) -> tuple[Estimate, float]:  # fmt: skip
    """Return the mean over seeds with its interval, and the p-value of a mean of 0. Shape: (seeds,), (n, seeds)."""
    seeds, value = len(by_seed), float(np.mean(by_seed))
    of_rows = float(np.var(samples.mean(axis=1)))
    of_seeds = noise = 0.0
    if seeds > 1:
        of_seeds = float(np.var(by_seed, ddof=1)) / seeds
        noise = max(0.0, float(np.var(samples, axis=0).mean()) - of_rows) / (seeds - 1)
    variance = of_rows + max(0.0, of_seeds - noise)
    if variance == 0:
        return Estimate(value, value, value), float(value == 0)
    freedom = min((seeds - 1) * (variance / of_seeds) ** 2, MANY) if of_seeds else MANY
    from scipy.special import stdtrit  # half a second to load, which a retrain need not pay

    error = float(np.sqrt(variance))
    reach = error * float(stdtrit(freedom, (1 + confidence) / 2))
    return Estimate(value, value - reach, value + reach), 2 * _tail(-abs(value) / error, freedom)


def _tail(t: float, freedom: float) -> float:
    """Return the chance of a value of at most `t` under Student's distribution."""
    from scipy.special import stdtr

    return float(stdtr(freedom, t))


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
