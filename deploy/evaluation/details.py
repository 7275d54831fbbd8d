"""What lies behind a head's score: how well each label is found, and the mistakes that a bundle is surest of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SHOWN_MISTAKES = 50


@dataclass(frozen=True)
class LabelScore:
    """One label of a head."""

    head: str
    label: str
    rows: int
    """Rows, or spans, that are labelled so."""
    precision: float
    """Of the answers of this label; 0 where there is none."""
    recall: float
    f1: float


@dataclass(frozen=True)
class Mistake:
    """A wrong answer."""

    text: str
    head: str
    labelled: str
    answered: str
    p: float
    """How sure the bundle was of the utterance's intent, or of the head's label; 0 where it gave none."""


@dataclass(frozen=True)
class Details:
    """Behind the scores of a bundle."""

    labels: tuple[LabelScore, ...] = ()
    """Worst first within a head."""
    mistakes: tuple[Mistake, ...] = ()
    """Surest first, `SHOWN_MISTAKES` at most."""


def label_scores(head: str, gold: Sequence[Any], predicted: Sequence[Any]) -> list[LabelScore]:
    """Score every label that is labelled or answered, worst first.

    `gold[i]` is a label, a list of labels, a list of spans (start, end, label), or None where row i has no label.
    """
    hits, found, wanted = Counter[str](), Counter[str](), Counter[str]()
    for label, answer in zip(gold, predicted, strict=True):
        if label is None:
            continue
        items, answers = _items(label), _items(answer)
        wanted.update(map(_label_of, items))
        found.update(map(_label_of, answers))
        hits.update(map(_label_of, items & answers))
    scores = [
        LabelScore(
            head,
            label,
            wanted[label],
            hits[label] / found[label] if found[label] else 0.0,
            hits[label] / wanted[label] if wanted[label] else 0.0,
            2 * hits[label] / (found[label] + wanted[label]),
        )
        for label in {*wanted, *found} - {""}
    ]
    return sorted(scores, key=lambda score: (score.f1, -score.rows, score.label))


def worst_mistakes(
    texts: Sequence[str],
    sure: Sequence[float],
    gold: Mapping[str, Sequence[Any]],
    predicted: Mapping[str, Sequence[Any]],
) -> tuple[Mistake, ...]:
    """Return the wrong answers that the bundle was surest of; heads of scores have none."""
    found = [
        Mistake(texts[row], head, _said(label, texts[row]), _said(predicted[head][row], texts[row]), sure[row])
        for head, labels in gold.items()
        for row, label in enumerate(labels)
        if label is not None and not isinstance(label, float) and _items(label) != _items(predicted[head][row])
    ]
    return tuple(sorted(found, key=lambda mistake: -mistake.p)[:SHOWN_MISTAKES])


def _items(label: Any) -> set[Any]:
    return {label} if isinstance(label, str) else set(label)


def _label_of(item: Any) -> str:
    return str(item[2]) if isinstance(item, tuple) else str(item)


def _said(label: Any, text: str) -> str:
    if isinstance(label, str):
        return label or "(nothing)"
    parts = [f"{item[2]}={text[item[0] : item[1]]}" if isinstance(item, tuple) else str(item) for item in label]
    return ", ".join(filter(None, parts)) or "(nothing)"
