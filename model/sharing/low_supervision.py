"""Low supervision: each head reads the layer of its depth (Søgaard & Goldberg 2016, ACL P16-2038).

H_t = H^{l_t},  so that L_t trains layers 1..l_t and no other.

The paper trains one randomly drawn task a step; here every step holds all heads that its rows label. A next-word head
keeps to the first layer's forward LSTM, whatever the depths are: nothing above is causal.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from model.layers.encoder import EncoderTrunk
from model.layers.trunk import CompactTrunk, WordEmbedding
from model.sharing.base import Answer, Sharing
from schemas.data.heads import HeadPlan


class LowSupervision(Sharing):
    """One trunk, read at several depths."""

    def __init__(self, trunk: CompactTrunk | EncoderTrunk, heads: tuple[HeadPlan, ...]) -> None:
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
        # Of pieces there is another kind; only next-word heads look at it, and the spec refuses these for encoders.
        return self.trunk.embedding  # type: ignore[return-value]

    def param_groups(self) -> list[dict[str, Any]]:
        """A pre-trained trunk learns more slowly than the heads."""
        return self.trunk.param_groups()

    def shared_parameters(self) -> list[nn.Parameter]:
        """All below the layer of the second deepest head, and that: above it the deepest head is alone."""
        deepest = sorted(self.depths.values(), reverse=True)
        shared = deepest[min(1, len(deepest) - 1)]
        private = {id(parameter) for layer in self.trunk.layers[shared:] for parameter in layer.parameters()}
        return [parameter for parameter in self.trunk.parameters() if id(parameter) not in private]

    def last_shared_parameters(self) -> list[nn.Parameter]:
        """The layer of the lowest head."""
        return list(self.trunk.layers[min(self.depths.values()) - 1].parameters())
