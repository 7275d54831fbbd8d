"""What tells a strange question best, and what it costs a device: `python -m bench.rejection SOURCE`.

Of nets that `bench.quality` has trained, fp32, every score that could turn down an utterance: what the intent head
says, and how near the utterance's pooled state is to states of train rows, or to means of these, one or a few a label.
Scores are compared by AUROC, and at thresholds that valid rows choose: of the answers accepted so many are in scope
(`PRECISION`); or so much of in-scope accuracy is given away (`GIVEN`), the same for each score.
"""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping
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
from trunkline_edge.understanding.decode import softmax
from trunkline_edge.understanding.result import OUT_OF_SCOPE
from trunkline_edge.understanding.session import INTENT_HEAD

PRECISION, GIVEN = 0.95, 0.01
STRANGE_ROWS = 1_000 / 4_500
"""For each row in scope, in CLINC150's test split; valid has fewer, which are weighed to be as many."""
MEANS = (1, 2, 4)
"""So many means a label."""
NEAREST = 10


@dataclass(frozen=True)
class Read:
    """A split as a net reads it."""

    states: NDArray[np.float32]
    """What the intent head pools, of length 1. Shape: (rows, d)."""
    logits: NDArray[np.float32]
    """Shape: (rows, labels)."""
    labels: NDArray[np.int64]
    """Shape: (rows,)."""


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
    bytes_of: Mapping[str, int] = {}
    for seed in options.seeds:
        splits, strange = read_all(Cell(options.product, seed), options.source, options.folder)
        bytes_of = sizes(splits["train"], strange)
        by_split = {split: scores(splits["train"], splits[split], strange) for split in ("valid", "test")}
        for name in by_split["valid"]:
            valid, test = ((by_split[split][name], splits[split]) for split in ("valid", "test"))
            found.setdefault(name, []).append(judge(valid, test, strange))
    table = Table(
        "score", "kB more", "AUROC", "recall, accepted 95 % in scope", "in scope right, 1 point given", "recall"
    )
    table.title = f"{options.product}, test rows, thresholds from valid rows, %, mean of {len(options.seeds)} seeds"
    for name, each in found.items():
        means = np.mean([[one.auroc, one.recall_at_precision, one.accuracy_given, one.recall_given] for one in each], 0)
        table.add_row(name, f"{bytes_of.get(name, 0) / 1e3:.0f}", *(f"{100 * mean:.1f}" for mean in means))
    Console(width=120).print(table)


def read_all(cell: Cell, source: Path, folder: Path) -> tuple[Mapping[str, Read], int]:
    """Return each split as the cell's net reads it, and the label of what is out of scope; trains it if need be."""
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
        states = np.concatenate(pooled)[order]
        splits[split] = Read(
            states / np.linalg.norm(states, axis=1, keepdims=True),
            np.concatenate([logits[INTENT_HEAD] for _, logits in answers])[order],
            np.asarray(rows.targets[INTENT_HEAD], np.int64),
        )
    return splits, plan.labels.index(OUT_OF_SCOPE)


def scores(train: Read, rows: Read, strange: int) -> Mapping[str, NDArray[np.float64]]:
    """Return score -> its value on each row, greater where an utterance is more likely in scope."""
    inside = np.delete(np.arange(rows.logits.shape[1]), strange)
    probabilities = softmax(rows.logits.astype(np.float64))
    likeliest = probabilities[:, inside].max(1)
    log_odds = [np.log(p + 1e-12) - np.log1p(1e-12 - p) for p in (likeliest, 1 - probabilities[:, strange])]
    found = {
        "greatest probability": likeliest,
        "1 - p(oos)": 1 - probabilities[:, strange],
        "mean of the log-odds of both (ships)": np.mean(log_odds, axis=0),
        "energy": np.log(np.exp(rows.logits[:, inside].astype(np.float64)).sum(1)),
    }
    known = train.labels != strange
    similar = rows.states @ train.states[known].T
    nearest = np.partition(similar, -NEAREST, axis=1)[:, -NEAREST:].mean(1).astype(np.float64)
    means = {_of_means(count): (rows.states @ _means(train, strange, count).T).max(1) for count in MEANS}
    near = {name: each.astype(np.float64) for name, each in means.items()}
    near[_OF_ROWS] = nearest
    # A cosine of 1 is a distance of 0: as log-odds, so that it can stand beside the others.
    both = {f"{name}, and what ships": 10 * each + np.mean(log_odds, axis=0) for name, each in near.items()}
    return found | near | both


def sizes(train: Read, strange: int) -> Mapping[str, int]:
    """Return score -> bytes that a device needs for it beside the bundle, in 8 bits a number."""
    width, labels = train.states.shape[1], len(set(train.labels.tolist()) - {strange})
    near = {_of_means(count): count * labels * width for count in MEANS}
    near[_OF_ROWS] = int((train.labels != strange).sum()) * width
    return near | {f"{name}, and what ships": size for name, size in near.items()}


_OF_ROWS = f"cosine to the {NEAREST} nearest train rows"


def _of_means(count: int) -> str:
    return f"cosine to the nearest of {count} mean{'s' * (count > 1)} a label"


def _means(train: Read, strange: int, count: int) -> NDArray[np.float32]:
    """Return means of each label's states, of length 1. Shape: (labels x count, d)."""
    labels = sorted(set(train.labels.tolist()) - {strange})
    groups = (train.states[train.labels == label] for label in labels)
    means = [KMeans(min(count, len(group)), n_init=1, random_state=0).fit(group).cluster_centers_ for group in groups]
    stacked = np.concatenate(means).astype(np.float32)
    unit: NDArray[np.float32] = stacked / np.linalg.norm(stacked, axis=1, keepdims=True)
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
