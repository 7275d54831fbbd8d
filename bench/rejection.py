"""What tells a strange question best, and what it costs a device: `python -m bench.rejection SOURCE`.

Of nets that `bench.quality` has trained, fp32, every score that could turn down an utterance: what the intent head
says, and how near the utterance's pooled state is to states of train rows, or to means of these, one or a few a label.
Scores are compared by AUROC, and at thresholds that valid rows choose: of the answers accepted so many are in scope
(`PRECISION`); or so much of in-scope accuracy is given away (`GIVEN`), the same for each score.
"""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from sklearn.cluster import KMeans
from sklearn.metrics import roc_auc_score

from bench.product import home_rows
from bench.quality import Cell, net_of, spec_of
from model.data.batches import Encoded, encode
from model.layers.heads import ClassHead
from model.training.device import choose_compute
from model.training.evaluate import logits_of
from model.training.finished import load_net
from trunkline_edge.understanding.confidence import confidence_of
from trunkline_edge.understanding.decode import softmax
from trunkline_edge.understanding.result import OUT_OF_SCOPE
from trunkline_edge.understanding.session import DOMAIN_HEAD, INTENT_HEAD

PRECISION, GIVEN = 0.95, 0.01
STRANGE_ROWS = 1_000 / 4_500
"""For each row in scope, in CLINC150's test split; valid has fewer, which are weighed to be as many."""
MEANS = (1, 2, 4)
"""So many means a label."""
NEAREST = 10
SHARPNESS = 10.0
"""Of cosines beside log-odds; set once, not searched."""


@dataclass(frozen=True)
class Read:
    """A split as a net reads it."""

    states: NDArray[np.float32]
    """What the intent head pools, of length 1. Shape: (rows, d)."""
    logits: NDArray[np.float32]
    """Shape: (rows, labels)."""
    labels: NDArray[np.int64]
    """Shape: (rows,)."""
    domains: NDArray[np.float32] | None = None
    """Logits of the domain head, where the net has one. Shape: (rows, domains)."""


@dataclass(frozen=True)
class Found:
    """How one score does on test rows, with thresholds from valid rows."""

    auroc: float
    recall_at_precision: float
    """Out-of-scope recall."""
    accuracy_given: float
    """In-scope rows that are accepted and right."""
    recall_given: float


def main() -> None:
    """Print the table."""
    parser = ArgumentParser(prog="python -m bench.rejection")
    parser.add_argument("source", type=Path, help="folder of the public data sets, e.g. ../shared/data")
    parser.add_argument("--product", default="clinc150", help="of bench.quality, with out-of-scope rows")
    parser.add_argument("--seeds", nargs="*", type=int, default=[0])
    parser.add_argument("--folder", type=Path, default=Path("build/quality"), help="where trainings lie")
    options = parser.parse_args()
    torch.set_num_threads(1)
    found: dict[str, list[Found]] = {}
    kilobytes: dict[str, float] = {}
    for seed in options.seeds:
        splits, names = read_all(Cell(options.product, seed), options.source, options.folder)
        strange = names.index(OUT_OF_SCOPE)
        near = references(splits["train"], strange)
        kilobytes = {with_ships: near[name].size / 1e3 for name in near for with_ships in (name, beside(name))}
        by_split = {split: scores(near, splits[split], names) for split in ("valid", "test")}
        for name in by_split["valid"]:
            valid, test = ((by_split[split][name], splits[split]) for split in ("valid", "test"))
            found.setdefault(name, []).append(judge(valid, test, strange))
    table = Table(
        "score", "kB more", "AUROC", "recall, accepted 95 % in scope", "in scope right, 1 point given", "recall"
    )
    table.title = f"{options.product}, test rows, thresholds from valid rows, %, mean of {len(options.seeds)} seeds"
    for name, each in found.items():
        means = np.mean([[one.auroc, one.recall_at_precision, one.accuracy_given, one.recall_given] for one in each], 0)
        table.add_row(name, f"{kilobytes.get(name, 0):.0f}", *(f"{100 * mean:.1f}" for mean in means))
    Console(width=120).print(table)


def read_all(cell: Cell, source: Path, folder: Path) -> tuple[Mapping[str, Read], Sequence[str]]:
    """Return each split as the cell's net reads it, and the labels of its intents; trains the net if need be."""
    spec = spec_of(cell, source)
    dataset = home_rows(spec, folder)
    net, featurizer = load_net(spec, net_of(spec, dataset, folder))
    plan = next(plan for plan in net.plans if plan.name == INTENT_HEAD)
    pooled: list[NDArray[np.float32]] = []
    head = net.head(INTENT_HEAD)
    assert isinstance(head, ClassHead)
    head.pool.register_forward_hook(lambda _, read, state: pooled.append(state.float().numpy()))
    splits = {}
    for split in ("train", "valid", "test"):
        pooled.clear()
        rows: Encoded = encode(dataset, split, featurizer, [plan])
        answers = list(logits_of(net, rows, choose_compute(spec.train)))
        order = np.argsort(np.concatenate([some for some, _ in answers]))
        logits = {name: np.concatenate([each[name] for _, each in answers])[order] for name in answers[0][1]}
        states = _of_length_1(np.concatenate(pooled)[order])
        labels = np.asarray(rows.targets[INTENT_HEAD], np.int64)
        splits[split] = Read(states, logits[INTENT_HEAD], labels, logits.get(DOMAIN_HEAD))
    return splits, plan.labels


def references(train: Read, strange: int) -> Mapping[str, NDArray[np.float32]]:
    """Return score -> the states that utterances are compared with, as a device would have them in 8 bits a number.

    Shape: each (states, d).
    """
    labels = sorted(set(train.labels.tolist()) - {strange})
    groups = [train.states[train.labels == label] for label in labels]
    near = {_OF_ROWS: np.concatenate(groups)}
    for count in MEANS:
        fits = (KMeans(min(count, len(group)), n_init=1, random_state=0).fit(group) for group in groups)
        means = np.concatenate([fit.cluster_centers_ for fit in fits]).astype(np.float32)
        near[f"cosine to the nearest of {count} mean{'s' * (count > 1)} a label"] = _of_length_1(means)
    return near


def scores(
    near: Mapping[str, NDArray[np.float32]], rows: Read, names: Sequence[str]
) -> Mapping[str, NDArray[np.float64]]:
    """Return score -> its value on each row, greater where an utterance is more likely in scope."""
    strange = names.index(OUT_OF_SCOPE)
    inside = np.delete(rows.logits, strange, axis=1).astype(np.float64)
    intents = softmax(rows.logits.astype(np.float64))
    domains = [None] * len(intents) if rows.domains is None else list(softmax(rows.domains.astype(np.float64)))
    ships = np.asarray([confidence_of(intent, names, domain) for intent, domain in zip(intents, domains, strict=True)])
    found = {
        "greatest probability": np.delete(intents, strange, axis=1).max(1),
        "1 - p(oos)": 1 - intents[:, strange],
        "energy": np.log(np.exp(inside).sum(1)),
        "confidence, which ships": ships,
    }
    cosines = {
        name: _nearest(rows.states @ states.T, NEAREST if name == _OF_ROWS else 1) for name, states in near.items()
    }
    # As log-odds: cosines and probabilities near 1 differ by little.
    both = {beside(name): SHARPNESS * each + np.log(ships) - np.log1p(-ships) for name, each in cosines.items()}
    return found | cosines | both


_OF_ROWS = f"cosine to the {NEAREST} nearest train rows"


def beside(name: str) -> str:
    """Return what a score is called where it stands beside the one that ships."""
    return f"{name}, and what ships"


def _nearest(cosines: NDArray[np.float32], count: int) -> NDArray[np.float64]:
    """Return the mean of the greatest of each row. Shape: (rows, states) -> (rows,)."""
    greatest: NDArray[np.float64] = np.partition(cosines, -count, axis=1)[:, -count:].mean(1, dtype=np.float64)
    return greatest


def _of_length_1(states: NDArray[np.float32]) -> NDArray[np.float32]:
    unit: NDArray[np.float32] = states / np.linalg.norm(states, axis=1, keepdims=True)
    return unit


def judge(valid: tuple[NDArray[np.float64], Read], test: tuple[NDArray[np.float64], Read], strange: int) -> Found:
    """Return how a score does on test rows."""
    score, rows = valid
    inside = rows.labels != strange
    weights = np.where(inside, 1.0, STRANGE_ROWS * inside.sum() / (~inside).sum())
    whole = accuracy(score, rows, strange, -np.inf)
    thresholds = [-np.inf, *np.sort(score)]
    at_accuracy = max(each for each in thresholds if accuracy(score, rows, strange, each) >= whole - GIVEN)
    at_precision = min(each for each in thresholds if _precision(score, rows, strange, each, weights) >= PRECISION)
    score, rows = test
    return Found(
        float(roc_auc_score(rows.labels != strange, score)),
        recall(score, rows, strange, at_precision),
        accuracy(score, rows, strange, at_accuracy),
        recall(score, rows, strange, at_accuracy),
    )


def _precision(
    score: NDArray[np.float64], rows: Read, strange: int, threshold: float, weights: NDArray[np.float64]
) -> float:
    """Return the share of what is accepted that is in scope."""
    taken = weights * accepted(score, rows, strange, threshold)
    return float(taken[rows.labels != strange].sum() / max(taken.sum(), 1e-12))


def accepted(score: NDArray[np.float64], rows: Read, strange: int, threshold: float) -> NDArray[np.bool_]:
    """Return which rows are answered: the score is high enough, and the likeliest label is none of strangers."""
    answered: NDArray[np.bool_] = (score >= threshold) & (rows.logits.argmax(1) != strange)
    return answered


def accuracy(score: NDArray[np.float64], rows: Read, strange: int, threshold: float) -> float:
    """Return the share of in-scope rows that are accepted, and right."""
    inside = rows.labels != strange
    return float((accepted(score, rows, strange, threshold) & (rows.logits.argmax(1) == rows.labels))[inside].mean())


def recall(score: NDArray[np.float64], rows: Read, strange: int, threshold: float) -> float:
    """Return the share of out-of-scope rows that are turned down."""
    return float(1 - accepted(score, rows, strange, threshold)[rows.labels == strange].mean())


if __name__ == "__main__":
    main()
