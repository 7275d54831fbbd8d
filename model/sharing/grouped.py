"""Several trunks under one product: heads of a group share one hard, groups share nothing but, if asked, the embedding.

H_t = H^L of the trunk of t's group

Which heads go together is what task grouping finds (Standley et al. 2020, arXiv 1905.07553; Fifty et al. 2021,
2109.04617); `trunkline compare` recommends groups. All trunks start as copies of one.
"""

from __future__ import annotations

from typing import cast

from torch import Tensor, nn

from model.layers.trunk import CompactTrunk, LstmLayer, WordEmbedding
from model.sharing.base import Answer, Sharing
from model.sharing.towers import copies
from schemas.data.heads import HeadPlan
from schemas.spec.sharing import Grouped as GroupedSpec


class Grouped(Sharing):
    """One trunk a group of heads."""

    def __init__(self, spec: GroupedSpec, trunk: CompactTrunk, heads: tuple[HeadPlan, ...]) -> None:
        super().__init__(heads)
        self.group_of = {name: index for index, group in enumerate(spec.groups) for name in group}
        embeddings, layers = copies(trunk, spec.groups, share_embedding=spec.share_embedding)
        self.embeddings, self.layers = nn.ModuleList(embeddings), nn.ModuleList(layers)
        self.causal_width = trunk.causal_width

    def forward(self, ids: Tensor, mask: Tensor, answer: Answer) -> dict[str, Tensor]:
        """Run the trunks one after the other; heads of a group hold the same tensor."""
        lengths = mask.sum(1).cpu()
        embedded = [embedding(ids) for embedding in self.embeddings]  # one, or one a group, of (B, N, d)
        states = embedded if len(embedded) > 1 else embedded * len(self.layers)
        tops, causal = [], []
        for state, layers in zip(states, self.layers, strict=True):
            reads = []
            for layer in cast(nn.ModuleList, layers):
                state, read = layer(state, mask, lengths)
                reads.append(read)
            tops.append(state)
            causal.append(reads[0][..., : self.causal_width])  # the first layer's forward half
        return {
            head.name: (causal if head.kind == "next_word" else tops)[self.group_of[head.name]] for head in self.heads
        }

    def hidden_names(self) -> dict[str, str]:
        """Main heads of group g read `hidden.<g>`."""
        return {head.name: f"hidden.{self.group_of[head.name]}" for head in self.heads if not head.auxiliary}

    def embedding_of(self, head: str) -> WordEmbedding:
        """Return the embedding of a head's group."""
        return cast(WordEmbedding, self.embeddings[min(self.group_of[head], len(self.embeddings) - 1)])

    def shared_parameters(self) -> list[nn.Parameter]:
        """The trunks of groups with two heads or more, and an embedding that groups share."""
        members = list(self.group_of.values())
        shared = [self.layers[group] for group in range(len(self.layers)) if members.count(group) > 1]
        embeddings = (
            list(self.embeddings)
            if len(self.embeddings) == 1 < len(members)
            else [self.embeddings[group] for group in range(len(self.embeddings)) if members.count(group) > 1]
        )
        return [parameter for module in (*embeddings, *shared) for parameter in module.parameters()]

    def last_shared_parameters(self) -> list[nn.Parameter]:
        """What every head's loss reaches: the embedding's projection, or with one group its last layer."""
        if len(self.layers) > 1:
            return list(self.embedding_of(self.heads[0].name).project.parameters()) if len(self.embeddings) == 1 else []
        depth = 0 if any(head.kind == "next_word" for head in self.heads) else -1
        return list(cast(LstmLayer, cast(nn.ModuleList, self.layers[0])[depth]).parameters())
