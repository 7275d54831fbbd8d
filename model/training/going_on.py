"""Going on from a finished training: its weights, each where this net has the same word, label or unit.

Rows may have changed since, and with them the words and labels that a net knows. A row of the word table and a row of a
head's output layer belong to a word or a label, so they go where that has its place now; new ones keep their random
start, and those that nobody says any more are left behind.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import torch

from model.layers.encoder import PieceTable
from model.layers.trunk import WordEmbedding
from model.net import Net
from model.training.checkpoint import load_tensors
from model.training.finished import WEIGHTS, read_form
from schemas.data.heads import HeadPlan
from schemas.errors import UserError
from trunkline_edge.understanding.featurizer import FIRST_WORD_ID, PAD_ID, UNKNOWN_ID, Featurizer

Rows = tuple[list[int], list[int]]
"""Rows of a tensor here, and the rows of the earlier one that they take."""


class AnotherNet(UserError):
    """What a training is to go on from has another architecture."""


def words_kept(fitted: Featurizer, folder: Path) -> Featurizer:
    """Return the featurizer of the finished training in `folder`, whose trunk has a row for each of its words.

    `fitted` is what the spec makes of the rows of today. Its new words are read by shape and n-grams, as on a device.
    Raises `AnotherNet` where the two read text in other ways.
    """
    before = read_form(folder)[1]
    if before.config != fitted.config:
        raise _another("trunk.featurizer", str(before.config), str(fitted.config))
    return before


@torch.no_grad()
def go_on_from(net: Net, featurizer: Featurizer, folder: Path) -> None:
    """Give a net the weights of the finished training in `folder`; a head that was not there starts as it is.

    Raises:
        AnotherNet: the two differ in more than words, labels and heads.
    """
    plans, before = read_form(folder)
    if before.config != featurizer.config:
        raise _another("trunk.featurizer", str(before.config), str(featurizer.config))
    earlier = load_tensors(folder / WEIGHTS)[0]
    there = {plan.name: plan for plan in plans}
    moved = dict(_rows(net, featurizer, before, there))
    # Vectors of pieces are never trained: of other pieces they are what the pre-trained encoder says.
    given: tuple[str, ...] = ()
    if before.vocabulary != featurizer.vocabulary:
        given = tuple(f"{name}.vectors" for name, module in net.named_modules() if isinstance(module, PieceTable))
    new = tuple(f"heads.{plan.name}." for plan in net.plans if plan.name not in there)
    state = net.state_dict()
    gone = tuple(f"heads.{name}." for name in there if name not in net.heads)
    if unused := [name for name in earlier if name not in state and not name.startswith(gone)]:
        raise _another(unused[0], str(tuple(earlier[unused[0]].shape)), "none")
    for name, tensor in state.items():
        if name.startswith(new) or name in given:
            continue
        known = earlier.get(name)
        first = 1 if name in moved else 0  # dimension from which on the two have to be equal
        if known is None or known.shape[first:] != tensor.shape[first:]:
            raise _another(name, "none" if known is None else str(tuple(known.shape)), str(tuple(tensor.shape)))
        if name in moved:
            ours, theirs = moved[name]
            tensor[ours] = known[theirs].to(tensor)
        else:
            tensor.copy_(known)
    net.load_state_dict(state)  # some modules shape themselves after what they load


def _rows(
    net: Net, featurizer: Featurizer, before: Featurizer, plans: dict[str, HeadPlan]
) -> Iterator[tuple[str, Rows]]:
    """Yield the tensors whose rows belong to words or labels, and where the earlier rows go."""
    words = _words(featurizer, before)
    for name, module in net.named_modules():
        if isinstance(module, WordEmbedding):
            yield f"{name}.table.weight", words
    for plan in net.plans:
        earlier = plans.get(plan.name)
        if earlier is None or not plan.labels:
            continue
        if earlier.kind != plan.kind:
            raise _another(f"heads.{plan.name}.kind", earlier.kind, plan.kind)
        labels = _labels(plan.labels, earlier.labels, is_tag=plan.kind == "tag")
        for tensor in ("project.weight", "project.bias", "context.weight"):
            yield f"heads.{plan.name}.{tensor}", labels


def _words(featurizer: Featurizer, before: Featurizer) -> Rows:
    known = set(before.vocabulary)
    shared = [word for word in featurizer.vocabulary if word in known]
    buckets = range(featurizer.config.buckets)
    ours, theirs = (
        [
            *(PAD_ID, UNKNOWN_ID),
            *(each.word_id(word) for word in shared),
            *(FIRST_WORD_ID + len(each.vocabulary) + bucket for bucket in buckets),
        ]
        for each in (featurizer, before)
    )
    return ours, theirs


def _labels(labels: Sequence[str], before: Sequence[str], *, is_tag: bool) -> Rows:
    pairs = [(place, before.index(label)) for place, label in enumerate(labels) if label in before]
    if is_tag:  # O, then B and I of each label
        pairs = [(0, 0), *((1 + 2 * ours + part, 1 + 2 * theirs + part) for ours, theirs in pairs for part in (0, 1))]
    return [ours for ours, _ in pairs], [theirs for _, theirs in pairs]


def _another(what: str, before: str, now: str) -> AnotherNet:
    return AnotherNet(
        f"train.start_from: the champion has another architecture, so there is no going on from it: {what} is {now}, "
        f"the champion's {before}; train anew (`--set train.start_from=null`), and go on from what comes of that"
    )
