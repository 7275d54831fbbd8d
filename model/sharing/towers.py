"""Towers: a net for each head, all started as copies of one trunk, over one word embedding or one each.

Soft, cross-stitch, sluice and factored sharing differ in what ties the towers; this is what they have in common.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn

from model.layers.trunk import CompactTrunk, LstmLayer, WordEmbedding
from model.sharing.base import Answer, Sharing
from schemas.data.heads import HeadPlan
from schemas.evaluation.matrix import Table


class Towers(Sharing):
    """T towers of L layers, tied by nothing but a shared embedding; systems override what ties them.

    Heads of all kinds have a tower. A next-word head reads the causal half of its first layer, before any mixing:
    what other towers give to it has read the words to come.
    """

    epochs_done: Tensor

    def __init__(
        self,
        heads: tuple[HeadPlan, ...],
        embeddings: Sequence[WordEmbedding],
        layers: Sequence[Sequence[LstmLayer] | nn.ModuleList],
        *,
        solo_epochs: int = 0,
    ) -> None:
        """Put towers together: `embeddings` are one or one a tower, `layers[t][l]` is layer l of tower t."""
        super().__init__(heads)
        self.embeddings = nn.ModuleList(embeddings)
        self.layers = nn.ModuleList(nn.ModuleList(tower) for tower in layers)
        self.solo_epochs = solo_epochs
        self.register_buffer("epochs_done", torch.zeros((), dtype=torch.int64))

    @property
    def depth(self) -> int:
        """Layers of each tower."""
        return len(self.tower(0))

    @property
    def is_solo(self) -> bool:
        """Are the towers still trained as single-head nets?"""
        return bool(self.epochs_done < self.solo_epochs)

    def tower(self, index: int) -> list[LstmLayer]:
        """Return the layers of a tower, first to last."""
        return [cast(LstmLayer, layer) for layer in cast(nn.ModuleList, self.layers[index])]

    def forward(self, ids: Tensor, mask: Tensor, answer: Answer) -> dict[str, Tensor]:
        """Run all towers side by side, one layer after the other."""
        lengths = mask.sum(1).cpu()
        embedded = [embedding(ids) for embedding in self.embeddings]  # one, or T, of (B, N, d)
        states = embedded if len(embedded) > 1 else embedded * len(self.heads)
        layers: list[list[Tensor]] = []
        first_reads: list[Tensor] = []
        for depth in range(self.depth):
            states, reads = self.step(depth, states, mask, lengths)
            first_reads = first_reads or reads
            states = self.mix(depth, states)
            layers.append(states)
        return {
            plan.name: read[..., : read.shape[-1] // 2] if plan.kind == "next_word" else state
            for plan, state, read in zip(self.heads, self.join(layers), first_reads, strict=True)
        }

    def step(
        self, depth: int, states: Sequence[Tensor], mask: Tensor, lengths: Tensor
    ) -> tuple[list[Tensor], list[Tensor]]:
        """Run one layer of every tower; returns the new states and the LSTMs' own outputs, each (B, N, d)."""
        ran = [self.tower(t)[depth](state, mask, lengths) for t, state in enumerate(states)]
        return [state for state, _ in ran], [read for _, read in ran]

    def mix(self, depth: int, states: list[Tensor]) -> list[Tensor]:
        """Return what the towers read after layer `depth` (from 0)."""
        return states

    def join(self, layers: list[list[Tensor]]) -> list[Tensor]:
        """Return each head's states from those of all layers, `layers[l][t]`."""
        return layers[-1]

    def tie(self) -> None:
        """Begin to share, after the solo epochs."""

    def on_epoch_end(self, epoch: int) -> None:
        """Count the solo epochs, and tie the towers when the last of them is over."""
        self.epochs_done += 1  # and no `epoch`: a training that goes on from another begins at 1 again
        if self.epochs_done == self.solo_epochs:
            self.tie()

    def hidden_names(self) -> dict[str, str]:
        """Every main head reads states of its own."""
        return {plan.name: f"hidden.{plan.name}" for plan in self.heads if not plan.auxiliary}

    def embedding_of(self, head: str) -> WordEmbedding:
        """Return the embedding of a head's tower."""
        index = [plan.name for plan in self.heads].index(head)
        return cast(WordEmbedding, self.embeddings[min(index, len(self.embeddings) - 1)])

    def shared_parameters(self) -> list[nn.Parameter]:
        """The embedding, if there is one for all; towers are private."""
        return list(self.embeddings.parameters()) if len(self.embeddings) == 1 else []

    def last_shared_parameters(self) -> list[nn.Parameter]:
        """The embedding's projection, if there is one for all."""
        return list(self.embedding_of(self.heads[0].name).project.parameters()) if len(self.embeddings) == 1 else []


class MixedTowers(Towers):
    """Towers whose layers feed one another: every tower serves every head, but for next-word heads."""

    def shared_parameters(self) -> list[nn.Parameter]:
        """All towers, once they are mixed."""
        return super().shared_parameters() if self.is_solo else list(self.parameters())

    def last_shared_parameters(self) -> list[nn.Parameter]:
        """The towers' last layers; with a next-word head the layer that it reads, the only one that it shares."""
        causal = [t for t, plan in enumerate(self.heads) if plan.kind == "next_word"]
        if self.is_solo or len(causal) > 1:
            return super().last_shared_parameters()
        if causal:
            return list(self.tower(causal[0])[0].read.parameters())
        return [parameter for t in range(len(self.heads)) for parameter in self.tower(t)[-1].parameters()]


def copies(
    trunk: CompactTrunk, owners: Sequence[object], *, share_embedding: bool
) -> tuple[list[WordEmbedding], list[nn.ModuleList]]:
    """Return embeddings and layers of one tower each for heads, or groups of heads.

    Equal starts matter: averages and mixtures of nets with permuted units mean nothing.
    """
    layers = [trunk.layers, *(copy.deepcopy(trunk.layers) for _ in owners[1:])]
    embeddings = [trunk.embedding, *(copy.deepcopy(trunk.embedding) for _ in owners[1:] if not share_embedding)]
    return embeddings, layers


def weighted_sums(weights: Tensor, states: Sequence[Tensor]) -> Tensor:
    """Return sum_s weights[t, s] * states[s] for every t.

    Shapes: weights (T, S, 1) or one a channel (T, S, c), S states of (B, N, c) -> (T, B, N, c). Products and a sum
    instead of a matrix product, which `model.export.quantise` would put into 8 bits: these are the states themselves.
    """
    return (weights[:, :, None, None, :] * torch.stack(list(states))).sum(1)


def distance_table(heads: Sequence[HeadPlan], nets: Sequence[Sequence[Tensor]]) -> Table:
    """Return how far each two heads' nets are apart: ||theta_s - theta_t||_2 over the tensors given for each."""
    names = tuple(plan.name for plan in heads)
    flat = torch.stack([torch.cat([tensor.detach().flatten() for tensor in net]) for net in nets])
    rows = torch.stack([(flat - net).norm(dim=1) for net in flat])
    return Table.of("distances", "Distance between the heads' nets", names, names, rows.tolist())
