"""A joint many-task model: heads at growing depths, each layer reads the words and the answers below it
(Hashimoto et al. 2017, arXiv 1611.01587, sections 2 and 3).

input of layer l:  g^l = H^{l-1} + S^l H^0 + sum_j A^l_j y_j      over the heads j of depth < l
label embedding:   y_j = softmax(logits_j) E_j;  sigmoid(logits_j) E_j for multilabel heads
successive regularisation:  J_k = L_k + delta ||theta_{<k} - theta'_{<k}||^2

Where the paper differs, and why:
- It concatenates [h; x; y] before an LSTM without a residual path. Our layers have one, so h keeps its place with the
  weight I and only x and y are projected: S = A = 0 is the plain stack.
- Its tasks take turns, and theta' is renewed at each switch of tasks, that is once an epoch for each task. Our steps
  train all heads at once and no switch ever happens; theta' is renewed at each epoch's end, and in the first epoch
  there is none. The mean of J_k over T heads counts a parameter by the share of heads above it, which is done here.
- The penalty acts by its proximal map after the optimiser's step, theta <- theta' + (theta - theta') / (1 + 2 r delta)
  at learning rate r: exact for any delta, and not rescaled by Adam. The paper's delta 1e-3 at its rate 1.0 pulls as
  hard as 0.5 does at our 2e-3, hence the default. Lower classifiers are not held: each step trains them itself.
- Only main heads are read: an answer that a layer reads must be made on the device too, and auxiliary heads never ship.
  A score has no labels to embed.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from model.layers.trunk import CompactTrunk, WordEmbedding
from model.sharing.base import Answer, Sharing
from schemas.data.heads import HeadPlan
from schemas.evaluation.matrix import Table
from schemas.spec.sharing import JointMany as JointManySpec
from trunkline_edge.understanding.decode import tag_count


class LabelEmbedding(nn.Module):
    """A vector a label, mixed by how sure a head is of each."""

    def __init__(self, head: HeadPlan, width: int) -> None:
        super().__init__()
        self.kind = head.kind
        labels = tag_count(head.labels) if head.kind == "tag" else len(head.labels)
        self.vectors = nn.Parameter(nn.init.xavier_uniform_(torch.empty(labels, width)))

    def forward(self, logits: Tensor) -> Tensor:
        """Shape: (B, N, C) -> (B, N, y) for tag heads, (B, C) -> (B, 1, y) for the others."""
        sure = logits.sigmoid() if self.kind == "multilabel" else logits.softmax(-1)
        mixed = sure @ self.vectors  # (B, N, C) x (C, y) -> (B, N, y)
        return mixed if self.kind == "tag" else mixed.unsqueeze(1)


class LayerEntry(nn.Module):
    """What a layer reads beside the layer below it."""

    def __init__(self, width: int, label_width: int, *, shortcut: bool, answers: list[str]) -> None:
        super().__init__()
        self.words = nn.Linear(width, width) if shortcut else None
        self.answers = nn.ModuleDict({head: nn.Linear(label_width, width, bias=False) for head in answers})

    def forward(self, below: Tensor, words: Tensor, given: Mapping[str, Tensor]) -> Tensor:
        """Shapes: (B, N, d), (B, N, d), head -> (B, N or 1, y) -> (B, N, d)."""
        entering = below if self.words is None else below + self.words(words)
        for head, project in self.answers.items():
            entering = entering + project(given[head])
        return entering


class JointMany(Sharing):
    """A stack that answers on its way up."""

    started: Tensor

    def __init__(self, spec: JointManySpec, trunk: CompactTrunk, heads: tuple[HeadPlan, ...]) -> None:
        super().__init__(heads)
        self.trunk = trunk
        self.depths = spread_depths(heads, len(trunk.layers))
        labelled = [head for head in heads if head.kind not in ("score", "next_word") and not head.auxiliary]
        read = [head for head in labelled if spec.label_width and self.depths[head.name] < len(trunk.layers)]
        self.labels = nn.ModuleDict({head.name: LabelEmbedding(head, spec.label_width) for head in read})
        self.entries = nn.ModuleList(
            LayerEntry(
                trunk.width,
                spec.label_width,
                shortcut=spec.shortcut and depth > 1,  # the first layer reads the words anyway
                answers=[head.name for head in read if self.depths[head.name] < depth],
            )
            for depth in range(1, len(trunk.layers) + 1)
        )
        self.successive = spec.successive
        self.register_buffer("started", torch.zeros(()))
        for index, (_, parameter) in enumerate(self._held()):
            self.register_buffer(f"before_{index}", parameter.detach().clone())

    def forward(self, ids: Tensor, mask: Tensor, answer: Answer) -> dict[str, Tensor]:
        """Return for each head the states of its layer."""
        lengths = mask.sum(1).cpu()
        words = self.trunk.embedding(ids)
        below = words
        given: dict[str, Tensor] = {}
        hidden: dict[str, Tensor] = {}
        for depth, (entry, layer) in enumerate(zip(self.entries, self.trunk.layers, strict=True), start=1):
            below, read = layer(entry(below, words, given), mask, lengths)
            for head in self.heads:
                if head.kind == "next_word" and depth == 1:  # the first layer reads words alone: still causal
                    hidden[head.name] = read[..., : self.trunk.causal_width]  # (B, N, d / 2)
                elif self.depths.get(head.name) == depth:
                    hidden[head.name] = below
                    if head.name in self.labels:
                        given[head.name] = self.labels[head.name](answer(head.name, below, mask))
        return hidden

    def hidden_names(self) -> dict[str, str]:
        """Main heads of depth l read `hidden.<l>`."""
        return {head.name: f"hidden.{self.depths[head.name]}" for head in self.heads if not head.auxiliary}

    def embedding_of(self, head: str) -> WordEmbedding:
        """There is one."""
        return self.trunk.embedding

    def shared_parameters(self) -> list[nn.Parameter]:
        """The embedding, and the layers up to the second deepest head with what enters them."""
        deepest = sorted(self._reach(), reverse=True)
        shared = deepest[min(1, len(deepest) - 1)]
        return [p for depth in range(shared + 1) for module in self._modules_at(depth) for p in module.parameters()]

    def last_shared_parameters(self) -> list[nn.Parameter]:
        """The layer of the lowest head."""
        return list(self.trunk.layers[min(self._reach()) - 1].parameters())

    def penalties(self) -> dict[str, Tensor]:
        """Return delta ||theta - theta'||^2 without a gradient: `on_step_end` does what it asks for."""
        if not self.successive:
            return {}
        with torch.no_grad():
            distances = [
                share * (parameter - self.get_buffer(f"before_{index}")).square().sum()
                for index, (share, parameter) in enumerate(self._held())
            ]
            return {"successive": self.successive * self.started * torch.stack(distances).sum()}

    def on_step_end(self, step: int, learning_rate: float) -> None:
        """Pull lower layers towards where the last epoch left them: the penalty's proximal map."""
        with torch.no_grad():
            for index, (share, parameter) in enumerate(self._held()):
                pull = 2 * learning_rate * self.successive * share * self.started
                parameter.lerp_(self.get_buffer(f"before_{index}"), pull / (1 + pull))

    def on_epoch_end(self, epoch: int) -> None:
        """Remember where this epoch leaves the lower layers."""
        with torch.no_grad():
            for index, (_, parameter) in enumerate(self._held()):
                self.get_buffer(f"before_{index}").copy_(parameter)
            self.started.fill_(1)

    def tables(self) -> list[Table]:
        """Return how strongly each layer reads the words and each answer: Frobenius norms of the projections."""
        values = []
        for entry in self.entries[1:]:
            read = {"": entry.words, **dict(entry.answers.items())}  # type: ignore[union-attr, operator]  # a LayerEntry
            weights = [getattr(read.get(source), "weight", torch.zeros(1)) for source in ("", *self.labels)]
            values.append([float(weight.detach().norm()) for weight in weights])
        rows = [f"layer {depth}" for depth in range(2, len(self.entries) + 1)]
        title = "What each layer reads beside the layer below (norm of the projection)"
        return [Table.of("joint_many", title, rows, ("the words", *self.labels), values)] if rows else []

    def _reach(self) -> list[int]:
        """Return the layer up to which each head's loss reaches."""
        return [self.depths.get(head.name, 1) for head in self.heads]

    def _modules_at(self, depth: int) -> list[nn.Module]:
        """Return a layer with what enters it; depth 0 is the embedding."""
        if depth == 0:
            return [self.trunk.embedding]
        vectors = [self.labels[name] for name in self.labels if self.depths[name] == depth - 1]
        return [self.trunk.layers[depth - 1], self.entries[depth - 1], *vectors]

    def _held(self) -> list[tuple[float, nn.Parameter]]:
        """Return the parameters below some head, each with the share of heads above it.

        A layer belongs to the lowest head that it serves; the heads above that one are to leave it where it was.
        """
        if not self.successive:
            return []
        held, depths = [], list(self.depths.values())
        for depth in range(max(depths) + 1):
            owner = min(each for each in depths if each >= depth) if depth else 0
            share = sum(each > owner for each in depths) / len(depths)
            if share:
                held += [(share, parameter) for module in self._modules_at(depth) for parameter in module.parameters()]
        return held


def spread_depths(heads: tuple[HeadPlan, ...], layers: int) -> dict[str, int]:
    """Return head -> depth: its own, or its share of the way up in the spec's order; the last head reads the top."""
    free = [head.name for head in heads if head.kind != "next_word" and head.depth is None]
    spread = {name: -(-(rank * layers) // len(free)) for rank, name in enumerate(free, start=1)}
    return {head.name: head.depth or spread[head.name] for head in heads if head.kind != "next_word"}
