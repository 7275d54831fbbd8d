"""How good predictions are, measured on labels: the same numbers for a net in training and a bundle on a device."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from schemas.spec.heads import HeadKind

ScoredKind = Literal["class", "multilabel", "tag", "score"]
PRIMARY = {"class": "accuracy", "multilabel": "f1", "tag": "f1", "score": "r2"}
"""The metric that decides, by head kind. Higher is better for all."""

LOWEST = -1.0
"""What r2, which has no bound, counts for at least in a mean over heads: near 0, where nets begin, every epoch still
differs, and no head takes more away than another can give."""

LEAST_SPREAD = 1e-12
"""Of numbers about their mean, as a share of the sum of their squares; less is rounding."""

CALIBRATION_BINS = 15
"""Of equal width; Guo et al. 2017 (arXiv 1706.04599) use as many."""


@dataclass(frozen=True)
class HeadScore:
    """One head on one set of labelled rows."""

    kind: ScoredKind
    counts: NDArray[np.float64]
    """One line a labelled row. class: correct; tag and multilabel: hits, predicted, gold; score: error^2, y, y^2."""
    correct: NDArray[np.bool_]
    """Per labelled row: is the whole answer right? All False for `score`."""
    rows: NDArray[np.int64]
    """Position of each labelled row in the scored set, so that two scores can be paired."""
    confusion: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """(gold, predicted) -> rows; class heads only."""
    confidence: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 2)))
    """One line a labelled row of a bundle's class head: probability of the likeliest label, and 1 where it is right;
    rejected or not."""

    @property
    def is_measured(self) -> bool:
        """Do the rows tell how good the head is? Not without a label, nor with numbers that are all the same."""
        return len(self.counts) > 0 and (self.kind != "score" or bool(np.ptp(self.counts[:, 1])))

    @property
    def metrics(self) -> dict[str, float]:
        """All metrics by name that the rows tell, the primary one first; none without a labelled row."""
        if not len(self.counts):
            return {}
        if self.kind == "tag" or self.kind == "multilabel":
            hits, predicted, gold = self.counts.sum(axis=0)
            precision = hits / predicted if predicted else 0.0
            recall = hits / gold if gold else 0.0
            exact = float(self.correct.mean())
            return {"f1": self.primary, "precision": float(precision), "recall": float(recall), "exact": exact}
        if self.kind == "score":
            r2 = {"r2": self.primary} if self.is_measured else {}
            return {**r2, "rmse": float(np.sqrt(self.counts[:, 0].mean()))}
        return {"accuracy": self.primary, "macro_f1": self._macro_f1()}

    @property
    def primary(self) -> float:
        """The metric that decides."""
        return float(primary_of(self.kind, self.counts.sum(axis=0), len(self.counts)))

    @property
    def calibration_error(self) -> float:
        """Expected calibration error: mean distance of probability and accuracy over bins (Guo et al. 2017, eq. 5)."""
        return sum(share * abs(right - p) for share, p, right in self.reliability())

    def reliability(self) -> list[tuple[float, float, float]]:
        """Return share of rows, mean probability and accuracy of each bin that has rows; from unsure to sure."""
        p, right = self.confidence.T
        bins = np.minimum((p * CALIBRATION_BINS).astype(np.int64), CALIBRATION_BINS - 1)
        return [
            (float(np.mean(bins == b)), float(p[bins == b].mean()), float(right[bins == b].mean()))
            for b in np.unique(bins)
        ]

    def _macro_f1(self) -> float:
        labels = {gold for gold, _ in self.confusion}
        scores = []
        for label in labels:
            hits = self.confusion.get((label, label), 0)
            gold = sum(n for (g, _), n in self.confusion.items() if g == label)
            predicted = sum(n for (_, p), n in self.confusion.items() if p == label)
            scores.append(2 * hits / (gold + predicted))
        return float(np.mean(scores))


@dataclass(frozen=True)
class Scores:
    """All heads of a net or bundle on one set of rows."""

    heads: Mapping[str, HeadScore]
    rows: int

    @property
    def sentence_accuracy(self) -> float | None:
        """Share of rows on which all labelled heads but `score` are wholly right; None where no row has one."""
        right = np.ones(self.rows, dtype=np.bool_)
        seen = np.zeros(self.rows, dtype=np.bool_)
        for score in self.heads.values():
            if score.kind != "score":
                right[score.rows] &= score.correct
                seen[score.rows] = True
        return float(right[seen].mean()) if seen.any() else None

    @property
    def mean(self) -> float:
        """Mean of the heads' primary metrics, each at least `LOWEST`; of heads that the rows tell something of."""
        primary = [score.primary for score in self.heads.values() if score.is_measured]
        return float(np.maximum(primary, LOWEST).mean()) if primary else 0.0

    def metrics(self) -> dict[str, dict[str, float]]:
        """Head -> metric -> value; without metrics where no row is labelled."""
        return {name: score.metrics for name, score in self.heads.items()}


def together(parts: Sequence[Scores]) -> Scores:
    """Return the scores of all rows from those of parts of them, one after the other; there is at least one."""
    first = np.cumsum([0, *(part.rows for part in parts)])
    heads = {}
    for name, head in parts[0].heads.items():
        scores = [part.heads[name] for part in parts]
        confusion = Counter[tuple[str, str]]()
        for score in scores:
            confusion.update(score.confusion)
        heads[name] = HeadScore(
            head.kind,
            np.concatenate([score.counts for score in scores]),
            np.concatenate([score.correct for score in scores]),
            np.concatenate([score.rows + start for score, start in zip(scores, first[:-1], strict=True)]),
            confusion,
            np.concatenate([score.confidence for score in scores]),
        )
    return Scores(heads, int(first[-1]))


def primary_of(kind: ScoredKind, total: NDArray[np.float64], rows: Any) -> NDArray[np.float64]:
    """Return the primary metric from summed counts; works on one sum (k,) or many (n, k), as a bootstrap needs.

    Numbers that are all the same have an r2 of 0, whatever was predicted.
    """
    if kind == "class":
        return np.asarray(total[..., 0] / np.maximum(rows, 1))
    if kind == "score":
        spread = total[..., 2] - total[..., 1] ** 2 / np.maximum(rows, 1)
        differ = spread > LEAST_SPREAD * total[..., 2]
        return np.asarray(np.where(differ, 1.0 - total[..., 0] / np.where(differ, spread, 1.0), 0.0))
    hits, predicted, gold = total[..., 0], total[..., 1], total[..., 2]
    # With nothing to find and nothing found, there was no mistake.
    return np.asarray(np.where(predicted + gold > 0, 2 * hits / np.maximum(predicted + gold, 1), 1.0))


def scored_as(kind: HeadKind) -> ScoredKind:
    """Return the kind as which a head that ships is scored: the word after a text is one label of it."""
    assert kind != "masked_word", "none ships"
    return "class" if kind == "next_word" else kind


def score_head(
    kind: ScoredKind,
    gold: Sequence[Any],
    predicted: Sequence[Any],
    likeliest: Sequence[tuple[str, float]] = (),
) -> HeadScore:
    """Score one head. `gold[i]` is None where row i has no label; such rows are left out.

    class: str; multilabel: list of str; tag: list of (start, end, label) or of dicts with these keys; score: float.
    `likeliest` has the likeliest label of each row with its probability, where these are known.
    """
    rows = [i for i, label in enumerate(gold) if label is not None]
    width = 1 if kind == "class" else 3
    counts = np.zeros((len(rows), width))
    correct = np.zeros(len(rows), dtype=np.bool_)
    confusion: dict[tuple[str, str], int] = {}
    for line, i in enumerate(rows):
        if kind == "class":
            correct[line] = gold[i] == predicted[i]
            counts[line, 0] = correct[line]
            confusion[gold[i], predicted[i]] = confusion.get((gold[i], predicted[i]), 0) + 1
        elif kind == "score":
            counts[line] = (predicted[i] - gold[i]) ** 2, gold[i], gold[i] ** 2
        else:
            wanted, found = set(map(_key, gold[i])), set(map(_key, predicted[i]))
            counts[line] = len(wanted & found), len(found), len(wanted)
            correct[line] = wanted == found
    sure = [(likeliest[i][1], likeliest[i][0] == gold[i]) for i in rows] if likeliest else []
    return HeadScore(
        kind,
        counts,
        correct,
        np.asarray(rows, dtype=np.int64),
        confusion,
        np.asarray(sure, dtype=np.float64).reshape(-1, 2),
    )


def _key(item: Any) -> Any:
    return (item["start"], item["end"], item["label"]) if isinstance(item, Mapping) else item
