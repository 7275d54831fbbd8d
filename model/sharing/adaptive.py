"""Fully-adaptive feature sharing: a thin trunk that splits into branches, from the top, where heads disagree
(Lu et al. 2017, arXiv 1611.05377).

e_t^n = 1[m_t^n >= mean m_t]                                 m: distance of answer from label; e: a hard example
A(s, t) = mean_n [ e_s e_t + (1 - e_s)(1 - e_t) ]            over the examples n that are labelled for both

Every few epochs the next layer down is widened: the branches above it are grouped by `model.sharing.grouping`, each
group gets a copy of the layer, and nothing changes at that moment. One group: all layers below stay shared.

- `trunk.width` is the width of *one* branch: start about half as wide as for hard sharing. The paper's thin start from
  a trained wide net (SOMP) is left out, see docs/adr/0008.
- mean m_t is a running mean over about `MEMORY` batches, as the margins shrink while the net learns.
- Heads never labelled together have no common example. They get what unrelated heads would show: with shares r of hard
  examples, r_s r_t + (1 - r_s)(1 - r_t). A constant would call them more, or less, than unrelated.
- A next-word head reads the first layer's branch 0 and is no part of the tree: above, it reads nothing.

All T copies of every layer exist from the start, so that shapes never change; copies without a head do not train.
"""

from __future__ import annotations

import copy
import itertools
from collections import Counter
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

from model.data.batches import IGNORE
from model.layers.trunk import CompactTrunk
from model.sharing.base import Sharing
from model.sharing.grouping import branch_affinity, choose_grouping
from model.sharing.tree import Tree
from schemas.data.heads import HeadPlan
from schemas.evaluation.matrix import Table
from schemas.spec.sharing import Adaptive as AdaptiveSpec

MEMORY = 50
"""Batches over which a head's mean margin is taken."""


class Adaptive(Tree):
    """A tree that grows."""

    routing: Tensor
    frontier: Tensor
    tally: Tensor
    typical: Tensor
    seen: Tensor

    def __init__(self, spec: AdaptiveSpec, trunk: CompactTrunk, heads: tuple[HeadPlan, ...]) -> None:
        count = sum(head.kind != "next_word" for head in heads)
        layers = [[layer, *(copy.deepcopy(layer) for _ in range(count - 1))] for layer in trunk.layers]
        super().__init__(heads, trunk.embedding, layers, trunk.causal_width, [])
        self.spec = spec
        self.register_buffer("routing", torch.zeros(len(layers), count, dtype=torch.int64))
        self.register_buffer("frontier", torch.tensor(len(layers) - 1))  # layer to widen next; -1: the tree is grown
        self.register_buffer("tally", torch.zeros(3, count, count))  # examples hard, easy, labelled for both heads
        self.register_buffer("typical", torch.zeros(count))  # running mean of the margins
        self.register_buffer("seen", torch.zeros(count))  # batches with a label

    @property
    def routes(self) -> list[list[int]]:
        """As the buffer says, which checkpoints hold."""
        routes: list[list[int]] = self.routing.tolist()
        return routes

    def shared_parameters(self) -> list[nn.Parameter]:
        """The embedding, and the branches below more than one head."""
        readers = [Counter(route) for route in self.routes]
        readers[0][0] += len(self.heads) - len(self.members)
        branches = [
            self.layers[layer][branch]  # type: ignore[index]  # a ModuleList of ModuleLists
            for layer, counts in enumerate(readers)
            for branch, count in counts.items()
            if count >= min(2, len(self.heads))
        ]
        return [parameter for module in (self.embedding, *branches) for parameter in module.parameters()]

    def last_shared_parameters(self) -> list[nn.Parameter]:
        """The top layer without branches, or the embedding; a next-word head reaches no layer above the first."""
        whole = sum(not any(route) for route in self.routes)
        depth = min(whole, 1) if len(self.heads) > len(self.members) else whole
        module = self.layers[depth - 1][0] if depth else self.embedding  # type: ignore[index]  # a ModuleList of them
        return list(module.parameters())

    @torch.no_grad()
    def observe(self, logits: Mapping[str, Tensor], targets: Mapping[str, Tensor]) -> None:
        """Count which examples are hard for which heads."""
        found = {m.name: margins(m, logits[m.name], targets[m.name]) for m in self.members if m.name in targets}
        if not found:
            return
        unlabelled = torch.full_like(next(iter(found.values())), torch.nan)
        table = torch.stack([found.get(member.name, unlabelled) for member in self.members])  # (T, B)
        known = ~table.isnan()
        here = known.any(1)
        self.seen += here
        mean = table.nan_to_num().sum(1) / known.sum(1).clamp(min=1)
        self.typical += here * (mean - self.typical) / self.seen.clamp(1, MEMORY)
        is_hard = table >= self.typical[:, None]
        hard, easy, labelled = ((known & which).to(self.tally.dtype) for which in (is_hard, ~is_hard, known))
        self.tally += torch.stack([hard @ hard.T, easy @ easy.T, labelled @ labelled.T])

    def affinity(self) -> Tensor:
        """Return A (T, T) of the examples seen since the last widening: symmetric, 1 on the diagonal."""
        hard, easy, both = self.tally.double()
        rate = torch.where(both.diagonal() > 0, hard.diagonal() / both.diagonal(), 0.5)
        chance = torch.outer(rate, rate) + torch.outer(1 - rate, 1 - rate)
        return torch.where(both > 0, (hard + easy) / both, chance).fill_diagonal_(1)

    def on_epoch_end(self, epoch: int) -> None:
        """Widen the next layer when it is time."""
        if epoch % self.spec.every == 0:
            if int(self.frontier) >= 0:
                self._widen(int(self.frontier))
            self.tally.zero_()

    def _widen(self, layer: int) -> None:
        """Split a layer among groups of the branches above it."""
        count = len(self.members)
        above = self.routes[layer + 1] if layer + 1 < len(self.layers) else list(range(count))
        branches = [[m for m in range(count) if above[m] == branch] for branch in dict.fromkeys(above)]
        heads = self.affinity().cpu().numpy().astype(np.float64)
        groups = choose_grouping(branch_affinity(heads, branches), self.spec.branch_cost).groups
        self.frontier.fill_(layer - 1 if len(groups) > 1 else -1)
        copies = self.layers[layer]
        for new, group in enumerate(groups):
            self.routing[layer, list(itertools.chain.from_iterable(branches[branch] for branch in group))] = new
            copies[new].load_state_dict(copies[0].state_dict())  # type: ignore[index]  # a ModuleList

    def for_export(self) -> Sharing:
        """Return the tree as it has grown, without the copies that no head reads."""
        routes = self.routes
        grown = zip(self.layers, routes, strict=True)
        layers = [list(copies)[: max(route) + 1] for copies, route in grown]  # type: ignore[call-overload]  # ModuleLists
        return Tree(self.heads, self.embedding, layers, self.causal_width, routes)

    def tables(self) -> list[Table]:
        """Return the heads' affinity in the last epochs, and the tree."""
        names = [member.name for member in self.members]
        layers = [f"layer {depth}" for depth in range(1, len(self.layers) + 1)]
        alike = "Share of examples that are hard, or easy, for both heads"
        return [
            Table.of("adaptive_affinity", alike, names, names, self.affinity().tolist()),
            Table.of("adaptive_tree", "Branch of each layer that a head reads", layers, names, self.routes),
        ]


def margins(head: HeadPlan, logits: Tensor, target: Tensor) -> Tensor:
    """Return how far each row's answer is from its label, (B,), NaN where unlabelled; shapes as in `Batch`.

    The probability that a class head withholds from the label; of a tag head its mean over the words; of a multilabel
    head the mean distance over the labels; of a score the distance.
    """
    answered = logits.float()
    match head.kind:
        case "score":
            return (answered[:, 0] - target).abs()
        case "multilabel":
            return (answered.sigmoid() - target).abs().mean(1)
        case _:
            known = target != IGNORE
            withheld = 1 - answered.softmax(-1).gather(-1, target.clamp(min=0).unsqueeze(-1)).squeeze(-1)
            withheld = torch.where(known, withheld, torch.nan)
            return withheld if head.kind == "class" else withheld.nanmean(1)
