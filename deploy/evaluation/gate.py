"""May the challenger become champion? A pure decision that returns its reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deploy.evaluation.bootstrap import draws
from schemas.evaluation.metrics import PRIMARY, HeadScore, Scores, primary_of
from schemas.spec.product import GateSpec

ROUNDING = 1e-9
"""0.95 - 0.96 is a little less than -0.01 in floats; a loss of just the margin is still within it."""


@dataclass(frozen=True)
class Comparison:
    """One head of challenger and champion on the same test rows."""

    head: str
    metric: str
    challenger: float
    champion: float
    difference: float
    """Challenger minus champion."""
    low: float
    """Lower end of the difference's paired bootstrap interval."""
    high: float


@dataclass(frozen=True)
class Verdict:
    """The decision and what led to it."""

    promote: bool
    reasons: tuple[str, ...]
    comparisons: tuple[Comparison, ...]


def judge(challenger: Scores, champion: Scores | None, gate: GateSpec, main_heads: Sequence[str]) -> Verdict:
    """Promote unless a main head lost more than `gate.margin` of its primary metric.

    The interval tells how sure the difference is; it informs and does not decide.
    """
    if champion is None:
        return Verdict(True, ("there is no champion yet",), ())
    comparisons, reasons, blocked = [], [], False
    for name in main_heads:
        if name not in champion.heads:
            reasons.append(f"{name}: the champion has no such head, so there is nothing to lose")
            continue
        comparison = compare_head(name, challenger.heads[name], champion.heads[name], gate)
        comparisons.append(comparison)
        is_worse = comparison.difference < -gate.margin - ROUNDING
        blocked |= is_worse
        reasons.append(
            f"{name}: {comparison.metric} {comparison.challenger:.4f} against {comparison.champion:.4f}, "
            f"{comparison.difference:+.4f} [{comparison.low:+.4f}, {comparison.high:+.4f}], "
            f"{'worse than' if is_worse else 'within'} the margin of {gate.margin}"
        )
    return Verdict(not blocked, tuple(reasons), tuple(comparisons))


def compare_head(name: str, challenger: HeadScore, champion: HeadScore, gate: GateSpec) -> Comparison:
    """Compare one head on the rows that both scored, with a paired bootstrap (Efron & Tibshirani 1993, ch. 13)."""
    shared, ours, theirs = np.intersect1d(challenger.rows, champion.rows, return_indices=True)
    ours_counts, theirs_counts = challenger.counts[ours], champion.counts[theirs]
    rows = max(1, len(shared))
    differences = np.zeros(gate.resamples)
    for i, weights in enumerate(draws(len(shared), gate.resamples)):
        ours_primary = primary_of(challenger.kind, weights @ ours_counts, rows)
        differences[i] = ours_primary - primary_of(champion.kind, weights @ theirs_counts, rows)
    tail = (1 - gate.confidence) / 2
    low, high = np.quantile(differences, [tail, 1 - tail])
    a = float(primary_of(challenger.kind, ours_counts.sum(axis=0), rows))
    b = float(primary_of(champion.kind, theirs_counts.sum(axis=0), rows))
    return Comparison(name, PRIMARY[challenger.kind], a, b, a - b, float(low), float(high))
