"""The verdict of a cross-validation, asked where the held-out rows of a small set cannot decide. Pure functions.

What is compared are two recipes, a spec with its rows each: champion's and challenger's are trained anew for every
fold, and answer the rows of it, from which neither has learned. So all rows of the set count, and not a tenth of them.

Nets of two folds share most of their rows, so the spread of the folds' differences d_1 .. d_k falls short of that of
new rows and new nets. Its variance is made larger by what they share (Nadeau & Bengio 2003, Machine Learning 52; there
for random parts, of which folds are the case without overlap):

    var(d) = (1 / k + 1 / (k - 1)) * s^2(d_1 .. d_k)          interval: Student's t, k - 1 degrees of freedom

Differences of figures are taken over all rows together, as those of F1 over a few rows vary with what these hold.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from deploy.evaluation.gate import UNDECIDED, find, lost_heads, outcome, reason_of
from deploy.evaluation.paired import compared
from deploy.evaluation.verdict import HeadComparison, Verdict
from schemas.evaluation.metrics import HeadScore, Scores, primary_of
from schemas.spec.product import GateSpec

Answered = tuple[Scores, Scores]
"""What the challenger's recipe scored on a fold, and what the champion's did."""


def judge_folds(verdict: Verdict, folds: Sequence[Answered], gate: GateSpec, main_heads: Sequence[str]) -> Verdict:
    """Return what folds decide that held-out rows left undecided, with the reasons of both."""
    lost = {head for challenger, champion in folds for head in lost_heads(challenger, champion)}
    known = [head for head in main_heads if all(head in champion.heads for _, champion in folds)]
    by_folds = [
        compare_folds(head, [(ours.heads[head], theirs.heads[head]) for ours, theirs in folds], gate)
        for head in known
        if head not in lost
    ]
    findings = {find(comparison, gate) for comparison in by_folds} | ({UNDECIDED} if lost else set())
    promote, undecided = outcome(findings, verdict.slices, gate)
    rows = sum(ours.rows for ours, _ in folds)
    begin = f"so {len(folds)} folds of all {rows:,} rows decide, both recipes trained anew for each:"
    return replace(
        verdict,
        promote=promote,
        undecided=undecided,
        reasons=(*verdict.reasons, begin, *(reason_of(comparison, gate) for comparison in by_folds)),
        by_folds=tuple(by_folds),
    )


def compare_folds(head: str, folds: Sequence[tuple[HeadScore, HeadScore]], gate: GateSpec) -> HeadComparison:
    """Compare one head of challenger and champion over the folds that have rows labelled for it."""
    counts, differences = [], []
    for ours, theirs in folds:
        _, mine, its = np.intersect1d(ours.rows, theirs.rows, return_indices=True)
        if len(mine):
            counts.append(np.stack([ours.counts[mine], theirs.counts[its]]))
            on_fold = [float(primary_of(ours.kind, each.sum(axis=0), len(mine))) for each in counts[-1]]
            differences.append(on_fold[0] - on_fold[1])
    kind = folds[0][0].kind
    both = np.concatenate(counts, axis=1) if counts else np.zeros((2, 0, folds[0][0].counts.shape[1]))
    found = compared(head, kind, both, (0.0, 0.0))
    reach = _reach(differences, gate.confidence)
    return replace(found, low=found.difference - reach, high=found.difference + reach)


def _reach(differences: Sequence[float], confidence: float) -> float:
    """Return half the width of the interval; without two folds nothing is known."""
    k = len(differences)
    if k < 2:
        return math.inf
    from scipy.special import stdtrit  # half a second to load, which a retrain need not pay

    deviation = math.sqrt((1 / k + 1 / (k - 1)) * float(np.var(differences, ddof=1)))
    return deviation * float(stdtrit(k - 1, (1 + confidence) / 2))
