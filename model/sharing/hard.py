"""Hard parameter sharing: one trunk, private heads (Caruana 1993, 1997; Ruder 2017 section 3.1).

H_t = H^L  for every head t
gradient of the trunk = sum over heads of w_t dL_t / d theta
"""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from model.layers.encoder import EncoderTrunk
from model.layers.trunk import CompactTrunk, WordEmbedding
from model.sharing.base import Answer, Sharing
from schemas.data.heads import HeadPlan


class Hard(Sharing):
    """All layers shared."""

    def __init__(self, trunk: CompactTrunk | EncoderTrunk, heads: tuple[HeadPlan, ...]) -> None:
        super().__init__(heads)
        self.trunk = trunk

    def forward(self, ids: Tensor, mask: Tensor, answer: Answer, lexicon: Tensor | None = None) -> dict[str, Tensor]:
        """Return the last layer's states for every head, the causal ones for next-word heads.

        `lexicon` is what a compact trunk reads of names.
        """
        states = self.trunk(ids, mask) if lexicon is None else self.trunk(ids, mask, lexicon)
        return {head.name: states.causal if head.kind == "next_word" else states.layers[-1] for head in self.heads}

    def hidden_names(self) -> dict[str, str]:
        """All main heads read the one tensor `hidden`, but for next-word heads, which read `causal`."""
        return {
            head.name: "causal" if head.kind == "next_word" else "hidden" for head in self.heads if not head.auxiliary
        }

    def embedding_of(self, head: str) -> WordEmbedding:
        """There is one."""
        # Of pieces there is another kind; only next-word heads look at it, and the spec refuses these for encoders.
        return self.trunk.embedding  # type: ignore[return-value]  # see above

    def param_groups(self) -> list[dict[str, Any]]:
        """A pre-trained trunk learns more slowly than the heads."""
        return self.trunk.param_groups()

    def last_shared_parameters(self) -> list[nn.Parameter]:
        """Return the last layer, or the first where a next-word head reads that one's causal states."""
        depth = 0 if any(head.kind == "next_word" for head in self.heads) else -1
        return list(self.trunk.layers[depth].parameters())
