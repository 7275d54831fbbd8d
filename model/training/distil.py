"""Learning from teachers (Hinton et al. 2015, arXiv 1503.02531), on text that nobody labelled.

Every train row gives some synthetic rows (`model.data.synthetic`). The teachers answer them once; p is the mean of the
probabilities of those that know a head. Each step the net answers a batch of synthetic rows beside its labelled one,
and
    w KL(p | q) / chance        q: the net's probabilities, a word or a row each

adds to the head's loss; divided by chance as that is. So a balancing method weighs labels and teachers of a head
alike; and what a teacher leaves open counts for nothing, which methods that look at the loss itself need. A head learns
from the rows whose source labels it. With a teacher a data set, this is born-again multi-task learning (Clark et al.
2019, arXiv 1907.04829).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from model.data.batches import Encoded, batch_rows, collate, encode
from model.data.synthetic import Recombiner
from model.net import Net
from model.training.device import Compute
from model.training.evaluate import logits_of
from schemas.data.dataset import Dataset
from schemas.data.heads import HeadPlan
from schemas.spec.bounded_yaml import SpecError
from trunkline_edge.understanding.decode import softmax
from trunkline_edge.understanding.featurizer import Featurizer

TAUGHT = ("class", "tag")
"""Kinds of heads whose answers are probabilities of one among several labels."""


@dataclass(frozen=True)
class Teacher:
    """A trained net and its own featurizer."""

    net: Net
    featurizer: Featurizer


@dataclass(frozen=True)
class _Made:
    """One round of synthetic rows."""

    rows: Encoded
    answers: Mapping[str, NDArray[np.float16]]
    """Head -> the teachers' mean probabilities: class (rows, C), tag (words, tags)."""


class Teaching:
    """Synthetic rows with their answers, and the loss against these."""

    def __init__(
        self,
        teachers: Sequence[Teacher],
        dataset: Dataset,
        plans: Sequence[HeadPlan],
        featurizer: Featurizer,
        *,
        made: int,
        weight: float,
        batch_size: int,
        seed: int,
        compute: Compute,
    ) -> None:
        known = {plan.name for teacher in teachers for plan in teacher.net.plans}
        self.heads = [plan for plan in plans if plan.kind in TAUGHT and plan.name in known]
        self.weight = weight
        # Another order than the labelled rows have, which the same seed would give: synthetic rows follow theirs.
        self.batch_size, self.seed, self.compute = batch_size, seed + 1, compute
        self.rounds = [
            self._round(
                teachers, dataset, featurizer, Recombiner(dataset, self.heads, featurizer.vocabulary, f"{number}")
            )
            for number in range(made)
        ]
        self._epoch, self._steps = 0, list[NDArray[np.int64]]()

    def _round(
        self,
        teachers: Sequence[Teacher],
        dataset: Dataset,
        featurizer: Featurizer,
        make: Recombiner,
    ) -> _Made:
        rows = encode(dataset, "train", featurizer, self.heads, make)
        # Most teachers read as the net does.
        encodings = {(featurizer.config, featurizer.vocabulary): rows}
        sums: dict[str, NDArray[np.float32]] = {}
        knowing: Counter[str] = Counter()
        for teacher in teachers:
            encoding = teacher.featurizer.config, teacher.featurizer.vocabulary
            if encoding not in encodings:
                encodings[encoding] = encode(dataset, "train", teacher.featurizer, self.heads, make)
            theirs = encodings[encoding]
            if not np.array_equal(theirs.offsets, rows.offsets):
                raise SpecError(
                    "a teacher reads other words than the net: give both the same trunk.featurizer.max_words"
                )
            heads = [plan for plan in self.heads if plan.name in teacher.net.heads]
            for name, answers in _answers(teacher.net, theirs, heads, self.compute):
                sums[name] = sums.get(name, np.zeros_like(answers)) + answers
                knowing[name] += 1
        return _Made(rows, {name: (total / knowing[name]).astype(np.float16) for name, total in sums.items()})

    def losses(self, net: Net, epoch: int, step: int) -> dict[str, Tensor]:
        """Return head -> weighted loss of shape () against its teachers.

        On the synthetic rows of a step (from 0) of an epoch (from 1); a head that these do not teach is absent.
        """
        made = self.rounds[epoch % len(self.rounds)]
        if epoch != self._epoch:
            self._epoch, self._steps = epoch, batch_rows(made.rows, self.batch_size, self.seed, epoch)
        rows = self._steps[step % len(self._steps)]
        batch = collate(made.rows, rows).to(self.compute.device)
        logits = net(batch.ids, batch.mask)
        losses: dict[str, Tensor] = {}
        for plan in self.heads:
            if made.rows.has_label[plan.name][rows].any():
                wanted = _gathered(made, plan, rows).to(self.compute.device)
                likely = functional.log_softmax(logits[plan.name].float(), -1)
                distance = (torch.special.xlogy(wanted, wanted) - wanted * likely).sum() / wanted.sum()
                losses[plan.name] = self.weight * distance / net.head(plan.name).chance
        return losses


def _answers(
    net: Net, rows: Encoded, heads: Sequence[HeadPlan], compute: Compute
) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Yield head -> probabilities, a row or a word each, in the order of the rows; 0 for rows that label no head."""
    found: dict[str, NDArray[np.float32]] = {}
    labelled = np.flatnonzero(np.logical_or.reduce([rows.has_label[plan.name] for plan in heads]))
    for some, logits in logits_of(net.to(compute.device), rows, compute, labelled):
        for plan in heads:
            probabilities = softmax(logits[plan.name].astype(np.float32))
            is_tag = plan.kind == "tag"
            size = len(rows.words) if is_tag else len(rows)
            answers = found.setdefault(plan.name, np.zeros((size, probabilities.shape[-1]), np.float32))
            if is_tag:
                is_word, place = rows.places(some)
                answers[place[is_word]] = probabilities[is_word]
            else:
                answers[some] = probabilities
    yield from found.items()


def _gathered(made: _Made, plan: HeadPlan, rows: NDArray[np.int64]) -> Tensor:
    """Return the answers to some rows, 0 where nothing is taught. Shape: (B, C), of tags (B, N, tags)."""
    taught, place = made.rows.has_label[plan.name][rows], rows
    if plan.kind == "tag":
        is_word, place = made.rows.places(rows)
        taught = is_word & taught[:, np.newaxis]
    return torch.from_numpy(made.answers[plan.name][place].astype(np.float32) * taught[..., np.newaxis])
