"""Gated experts: layers for all heads and layers of each head's own, weighed word by word (Tang et al. 2020, RecSys).

  H_t = sum_e g_te E_e(h),  e over the shared experts and those of t;  g_t = softmax(W_t h) at each word

h is what the layer below gives, E_e are last layers side by side. This is the paper's customized gate control, over
lower layers that all heads share; with no experts of a head's own it is the mixture of Ma et al. (2018, KDD). Experts
start from different random weights, gates from equal shares. The paper gates a whole example; words are gated here, as
tags are answers about words.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import cast

import torch
from torch import Tensor, nn

from model.layers.trunk import CompactTrunk, LstmLayer, WordEmbedding
from model.sharing.base import Answer, Sharing
from schemas.data.heads import HeadPlan
from schemas.evaluation.matrix import Table
from schemas.spec.sharing import GatedExperts as GatedExpertsSpec

MEMORY = 0.01
"""Share of the last batch in the running mean of the gates."""


class GatedExperts(Sharing):
    """Shared lower layers, then experts that each head weighs for itself."""

    usage: Tensor
    """(T, E): running mean of what head t takes of shared experts, then of its own."""

    def __init__(self, spec: GatedExpertsSpec, trunk: CompactTrunk, heads: tuple[HeadPlan, ...]) -> None:
        super().__init__(heads)
        self.spec = spec
        self.members = tuple(head for head in heads if head.kind != "next_word")
        *lower, first = trunk.layers
        self.embedding, self.causal_width = trunk.embedding, trunk.causal_width
        self.lower = nn.ModuleList(lower)
        self.shared = nn.ModuleList([first, *(_another(first) for _ in range(spec.shared - 1))])
        self.private = nn.ModuleList(nn.ModuleList(_another(first) for _ in range(spec.private)) for _ in self.members)
        count = spec.shared + spec.private
        self.gates = nn.ModuleList(nn.Linear(trunk.width, count, bias=False) for _ in self.members)
        for gate in self.gates:
            nn.init.zeros_(cast(nn.Linear, gate).weight)
        self.register_buffer("usage", torch.full((len(self.members), count), 1 / count))
        self._last_usage: Tensor | None = None

    def forward(self, ids: Tensor, mask: Tensor, answer: Answer) -> dict[str, Tensor]:
        """Run every expert once; each head gets its own mixture."""
        lengths = mask.sum(1).cpu()
        state, first_read = self.embedding(ids), None
        for layer in self.lower:
            state, read = layer(state, mask, lengths)
            first_read = read if first_read is None else first_read
        shared = [expert(state, mask, lengths) for expert in self.shared]
        first_read = shared[0][1] if first_read is None else first_read
        mixed, shares = {}, []
        for member, private, gate in zip(self.members, self.private, self.gates, strict=True):
            experts = [state for state, _ in shared]
            experts += [expert(state, mask, lengths)[0] for expert in cast(nn.ModuleList, private)]
            share = gate(state).softmax(-1)  # (B, N, E)
            # Products and a sum: a matrix product would go into 8 bits at export, and these are the states themselves.
            mixed[member.name] = (share.unsqueeze(-1) * torch.stack(experts, 2)).sum(2)  # (B, N, E, d) -> (B, N, d)
            shares.append(share)
        if self.training:
            words = mask.unsqueeze(-1)
            self._last_usage = torch.stack([(s.detach() * words).sum((0, 1)) / mask.sum() for s in shares])
        return {head.name: mixed.get(head.name, first_read[..., : self.causal_width]) for head in self.heads}

    def observe(self, logits: Mapping[str, Tensor], targets: Mapping[str, Tensor]) -> None:
        """Remember what the gates took."""
        if self._last_usage is not None:
            self.usage.lerp_(self._last_usage.to(self.usage), MEMORY)

    def hidden_names(self) -> dict[str, str]:
        """Every main head reads states of its own."""
        return {member.name: f"hidden.{member.name}" for member in self.members if not member.auxiliary}

    def embedding_of(self, head: str) -> WordEmbedding:
        """There is one."""
        return self.embedding

    def shared_parameters(self) -> list[nn.Parameter]:
        """The embedding, the lower layers and, beside one head alone or none, the shared experts."""
        experts = [self.shared] if len(self.members) > 1 or len(self.heads) == 1 else []
        return [p for module in (self.embedding, self.lower, *experts) for p in module.parameters()]

    def last_shared_parameters(self) -> list[nn.Parameter]:
        """The shared experts; beside a next-word head the first layer, which is as far as that one reaches."""
        if len(self.heads) == len(self.members):
            return list(self.shared.parameters())
        return list((self.lower[0] if len(self.lower) else self.shared[0]).parameters())

    def tables(self) -> list[Table]:
        """Return what each head takes of its experts, on average over the words of the last batches."""
        columns = [f"shared {number}" for number in range(1, self.spec.shared + 1)]
        columns += [f"own {number}" for number in range(1, self.spec.private + 1)]
        names = [member.name for member in self.members]
        return [Table.of("experts", "Share of each expert in what a head reads", names, columns, self.usage.tolist())]


def _another(layer: nn.Module) -> LstmLayer:
    """Return a layer of the same form that starts from other weights: equal experts would stay equal."""
    other = copy.deepcopy(cast(LstmLayer, layer))
    other.read.lstm.reset_parameters()
    return other
