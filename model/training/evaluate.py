"""Score a net on a split with the decoding that devices use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from model.data.batches import IGNORE, Encoded, by_length, collate
from model.data.shards import Split
from model.net import Net
from model.training.device import Compute
from schemas.data.heads import HeadPlan
from schemas.evaluation.metrics import Scores, score_head, scored_as, together
from trunkline_edge.understanding.decode import best_tags, sigmoid

SCORING_BATCH = 256
"""Rows at once: no gradients, so more fit than in training."""
MULTILABEL_THRESHOLD = 0.5


def score_net(net: Net, split: Split, compute: Compute) -> Scores:
    """Score the main heads on the rows that label them.

    Works on targets, in units of words: a span whose edge cuts a word counts by its words here. Released figures come
    from `deploy.evaluation.score`, which compares characters.
    """
    return together([_score(net, part, compute) for part in split.parts()])


def _score(net: Net, encoded: Encoded, compute: Compute) -> Scores:
    plans = [plan for plan in net.plans if not plan.auxiliary]
    gold: dict[str, list[Any]] = {plan.name: [None] * len(encoded) for plan in plans}
    predicted: dict[str, list[Any]] = {plan.name: [None] * len(encoded) for plan in plans}
    for rows, logits in logits_of(net, encoded, compute):
        for plan in plans:
            for line, row in enumerate(rows):
                if not _is_asked(plan, encoded, int(row)):
                    continue
                length = encoded.lengths[row]
                gold[plan.name][row] = _gold(plan, encoded, int(row))
                predicted[plan.name][row] = _predicted(plan, logits[plan.name][line], int(length))
    scores = {plan.name: score_head(scored_as(plan.kind), gold[plan.name], predicted[plan.name]) for plan in plans}
    return Scores(scores, len(encoded))


def logits_of(
    net: Net, encoded: Encoded, compute: Compute, rows: NDArray[np.int64] | None = None
) -> Iterator[tuple[NDArray[np.int64], dict[str, Any]]]:
    """Yield positions of rows, and head -> logits padded to the longest of them, until all are answered.

    All rows, or those at the positions `rows`. Shape: (any,).
    """
    was_training = net.training
    net.eval()
    with torch.inference_mode():
        for some in by_length(encoded, SCORING_BATCH, rows):
            batch = collate(encoded, some).to(compute.device)
            with torch.autocast(compute.device.type, compute.autocast, enabled=compute.autocast is not None):
                logits = net(*batch.inputs)
            yield some, {name: tensor.float().cpu().numpy() for name, tensor in logits.items()}
    net.train(was_training)


def _is_asked(plan: HeadPlan, encoded: Encoded, row: int) -> bool:
    """Has the row a label that the answer is compared with? Of next words it is the one after the text."""
    if plan.kind == "next_word":
        return bool(encoded.targets[plan.name][encoded.offsets[row + 1] - 1] != IGNORE)
    return bool(encoded.has_label[plan.name][row])


def _gold(plan: HeadPlan, encoded: Encoded, row: int) -> Any:
    target = encoded.targets[plan.name]
    if plan.kind == "next_word":
        return str(target[encoded.offsets[row + 1] - 1])
    if plan.kind == "tag":
        return _spans(target[encoded.offsets[row] : encoded.offsets[row + 1]].tolist())
    if plan.kind == "multilabel":
        return [label for label, value in zip(plan.labels, target[row], strict=True) if value == 1]
    return str(target[row]) if plan.kind == "class" else float(target[row])


def _predicted(plan: HeadPlan, logits: NDArray[np.floating[Any]], length: int) -> Any:
    if plan.kind == "tag":
        return _spans(best_tags(logits[:length]))
    if plan.kind == "next_word":
        return str(int(logits[length - 1].argmax()))
    if plan.kind == "multilabel":
        return [x for x, p in zip(plan.labels, sigmoid(logits), strict=True) if p >= MULTILABEL_THRESHOLD]
    return str(int(logits.argmax())) if plan.kind == "class" else float(logits[0])


def _spans(tags: list[int]) -> list[tuple[int, int, int]]:
    """Return (first word, past the last word, label index) of each span of a tag sequence."""
    spans: list[tuple[int, int, int]] = []
    for position, tag in enumerate([*tags, 0]):
        if tag > 0 and tag % 2:
            spans.append((position, position + 1, (tag - 1) // 2))
        elif tag > 0 and spans and spans[-1][1] == position and spans[-1][2] == (tag - 1) // 2:
            spans[-1] = (spans[-1][0], position + 1, spans[-1][2])
    return spans
