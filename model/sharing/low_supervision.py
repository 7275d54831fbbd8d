"""Low supervision: each head reads the layer of its depth (Søgaard & Goldberg 2016, ACL P16-2038).

H_t = H^{l_t},  so that L_t trains layers 1..l_t and no other.

The paper trains one randomly drawn task a step; here every step holds all heads that its rows label. A next-word head
keeps to the first layer's forward LSTM, whatever the depths are: nothing above is causal.
"""

from __future__ import annotations

from torch import Tensor, nn

from model.layers.trunk import CompactTrunk, WordEmbedding
from model.sharing.base import Answer, Sharing
from schemas.data.heads import HeadPlan


class LowSupervision(Sharing):
    """One trunk, read at several depths."""

    def __init__(self, trunk: CompactTrunk, heads: tuple[HeadPlan, ...]) -> None:
        super().__init__(heads)
        self.trunk = trunk
        self.depths = {head.name: 1 if head.kind == "next_word" else head.depth or len(trunk.layers) for head in heads}

    def forward(self, ids: Tensor, mask: Tensor, answer: Answer) -> dict[str, Tensor]:
        """Return for each head the states of its layer; heads of equal depth hold the same tensor."""
        states = self.trunk(ids, mask)
        return {
            head.name: states.causal if head.kind == "next_word" else states.layers[self.depths[head.name]]
            for head in self.heads
        }

    def hidden_names(self) -> dict[str, str]:
        """Main heads of depth l read `hidden.<l>`."""
        return {head.name: f"hidden.{self.depths[head.name]}" for head in self.heads if not head.auxiliary}

    def embedding_of(self, head: str) -> WordEmbedding:
        """There is one."""
        return self.trunk.embedding

    def shared_parameters(self) -> list[nn.Parameter]:
        """The embedding, and the layers up to the second deepest head: above it the deepest head is alone."""
        deepest = sorted(self.depths.values(), reverse=True)
        shared = deepest[min(1, len(deepest) - 1)]
        modules = [self.trunk.embedding, *self.trunk.layers[:shared]]
        return [parameter for module in modules for parameter in module.parameters()]

    def last_shared_parameters(self) -> list[nn.Parameter]:
        """The layer of the lowest head."""
        return list(self.trunk.layers[min(self.depths.values()) - 1].parameters())
