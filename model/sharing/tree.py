"""A tree of layers: heads share the lower ones and part on the way up; `adaptive` grows and exports it."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from model.layers.trunk import WordEmbedding
from model.sharing.base import Answer, Sharing
from schemas.data.heads import HeadPlan


class Tree(Sharing):
    """Layers with branches; `routes[l][m]` is the branch of layer l that member m reads."""

    def __init__(
        self,
        heads: tuple[HeadPlan, ...],
        embedding: WordEmbedding,
        layers: Sequence[Sequence[nn.Module]],
        causal_width: int,
        routes: list[list[int]],
    ) -> None:
        super().__init__(heads)
        self.members = tuple(head for head in heads if head.kind != "next_word")
        self.embedding, self.causal_width = embedding, causal_width
        self.layers = nn.ModuleList(nn.ModuleList(branches) for branches in layers)
        self._routes = routes

    @property
    def routes(self) -> list[list[int]]:
        """Branch ids, from 0, of each layer and member."""
        return self._routes

    def forward(self, ids: Tensor, mask: Tensor, answer: Answer) -> dict[str, Tensor]:
        """Run each branch once and return for each head the top of its own."""
        lengths = mask.sum(1).cpu()
        states = [self.embedding(ids)] * len(self.members)
        firsts = []
        for branches, route in zip(self.layers, self.routes, strict=True):
            ran = {
                branch: branches[branch](states[route.index(branch)], mask, lengths)  # type: ignore[index]  # a ModuleList
                for branch in dict.fromkeys(route)
            }
            states = [ran[branch][0] for branch in route]
            firsts.append(ran[0][1])
        tops = {head.name: state for head, state in zip(self.members, states, strict=True)}
        return {head.name: tops.get(head.name, firsts[0][..., : self.causal_width]) for head in self.heads}

    def hidden_names(self) -> dict[str, str]:
        """Main heads on branch b of the top layer read `hidden.<b>`."""
        tops = zip(self.members, self.routes[-1], strict=True)
        return {head.name: f"hidden.{branch}" for head, branch in tops if not head.auxiliary}

    def embedding_of(self, head: str) -> WordEmbedding:
        """There is one."""
        return self.embedding
