"""Columns: a stack of layers for each head, all started as copies of one trunk, over one word embedding or one each.

Cross-stitch, sluice, soft and factored sharing differ in what ties the columns; this is what they have in common.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence

from torch import Tensor, nn

from model.trunk import CompactTrunk, WordEmbedding
from schemas.heads import HeadPlan


class Columns(nn.Module):
    """T columns of L layers. Equal starts matter: averages of nets with permuted units mean nothing."""

    def __init__(self, trunk: CompactTrunk, heads: Sequence[HeadPlan], *, share_embedding: bool) -> None:
        super().__init__()
        self.heads = tuple(heads)
        copies = [trunk, *(copy.deepcopy(trunk) for _ in heads[1:])]
        self.causal_width = trunk.causal_width
        self.embeddings = nn.ModuleList(each.embedding for each in copies[: 1 if share_embedding else None])
        self.layers = nn.ModuleList(each.layers for each in copies)
        """`layers[t][l]` is layer l of column t."""

    @property
    def depth(self) -> int:
        """Layers of each column."""
        return len(self.layers[0])  # type: ignore[arg-type]

    def embedding_of(self, head: str) -> WordEmbedding:
        """Return the embedding of a head's column."""
        index = next(index for index, plan in enumerate(self.heads) if plan.name == head)
        embedding: WordEmbedding = self.embeddings[min(index, len(self.embeddings) - 1)]  # type: ignore[assignment]
        return embedding

    def embed(self, ids: Tensor) -> list[Tensor]:
        """Return H^0 of every column, each (B, N, d); one tensor T times where the embedding is shared."""
        embedded = [embedding(ids) for embedding in self.embeddings]
        return embedded if len(embedded) > 1 else embedded * len(self.heads)

    def step(
        self, layer: int, states: Sequence[Tensor], mask: Tensor, lengths: Tensor
    ) -> tuple[list[Tensor], list[Tensor]]:
        """Run one layer of every column; returns the new states and the LSTMs' own outputs, each (B, N, d)."""
        ran = [column[layer](state, mask, lengths) for column, state in zip(self.layers, states, strict=True)]  # type: ignore[index]
        return [state for state, _ in ran], [read for _, read in ran]

    def hand_out(self, states: Sequence[Tensor], first_reads: Sequence[Tensor]) -> dict[str, Tensor]:
        """Return head -> what it reads: its column's states, or the causal half of its first LSTM's own output."""
        return {
            plan.name: read[..., : self.causal_width] if plan.kind == "next_word" else state
            for plan, state, read in zip(self.heads, states, first_reads, strict=True)
        }
