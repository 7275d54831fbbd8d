"""Low-rank adapters of each head's own on an encoder (MTL-LoRA: Yang et al. 2024, arXiv 2410.09437).

  W_t = W + sum_i softmax(w_t)_i B_i Lambda_t A     for each linear map of the adapted layers' attention

A goes from the width down to rank r, the B_i back up: heads share them. Lambda_t (r, r) and the weights w_t are a
head's own. B starts at zero, where this is hard sharing; Lambda at one; w at random, as equal weights would keep the
B_i equal for ever. The paper adapts every layer of a model that it freezes. Here only the last layers have adapters,
so that a device reads those below them once, and W goes on learning, as slowly as under hard sharing.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from model.layers.encoder import AttentionLayer, EncoderTrunk
from model.layers.trunk import WordEmbedding
from model.sharing.base import Answer, Sharing
from schemas.data.heads import HeadPlan
from schemas.evaluation.matrix import Table
from schemas.spec.sharing import LowRank as LowRankSpec

ADAPTED = ("attention", "mix")
"""Linear maps of an `AttentionLayer`: queries, keys and values; and their output."""


class Adapter(nn.Module):
    """What all heads add to one linear map."""

    def __init__(self, base: nn.Linear, heads: int, rank: int, ups: int) -> None:
        super().__init__()
        self.down = nn.Parameter(torch.randn(rank, base.in_features) / base.in_features**0.5)  # A
        self.ups = nn.Parameter(torch.zeros(ups, base.out_features, rank))  # B_i
        self.own = nn.Parameter(torch.eye(rank).repeat(heads, 1, 1))  # Lambda_t
        self.weights = nn.Parameter(torch.randn(heads, ups))  # w_t

    def pair(self, head: int) -> tuple[Tensor, Tensor]:
        """Return Lambda_t A and the weighted sum of the B_i. Shapes: (r, in), (out, r)."""
        up = torch.tensordot(self.weights[head].softmax(0), self.ups, 1)
        return self.own[head] @ self.down, up

    def forward(self, head: int, read: Tensor) -> Tensor:
        """Shape: (B, N, in) -> (B, N, out)."""
        down, up = self.pair(head)
        return functional.linear(functional.linear(read, down), up)


class WrittenAdapter(nn.Module):
    """The same with each head's two matrices written out, for export."""

    def __init__(self, adapter: Adapter) -> None:
        super().__init__()
        pairs = [adapter.pair(head) for head in range(len(adapter.own))]
        self.downs = nn.ParameterList(down.detach() for down, _ in pairs)
        self.ups = nn.ParameterList(up.detach() for _, up in pairs)

    def forward(self, head: int, read: Tensor) -> Tensor:
        """Shape: (B, N, in) -> (B, N, out)."""
        return functional.linear(functional.linear(read, self.downs[head]), self.ups[head])


class LowRank(Sharing):
    """One encoder, whose last layers run once a head, each time with that head's adapters."""

    def __init__(self, spec: LowRankSpec, trunk: EncoderTrunk, heads: tuple[HeadPlan, ...]) -> None:
        super().__init__(heads)
        self.trunk = trunk
        self.common = len(trunk.layers) - spec.layers
        """Layers below the adapted ones."""
        self.adapters = nn.ModuleList(
            nn.ModuleDict({name: Adapter(getattr(layer, name), len(heads), spec.rank, spec.ups) for name in ADAPTED})
            for layer in self.adapted
        )

    @property
    def adapted(self) -> list[AttentionLayer]:
        """The layers that have adapters."""
        return [cast(AttentionLayer, layer) for layer in self.trunk.layers[self.common :]]

    def forward(self, ids: Tensor, mask: Tensor, answer: Answer) -> dict[str, Tensor]:
        """Read the lower layers once and the others for each head."""
        state, bias, first = self.trunk.begin(ids, mask)
        for layer in self.trunk.layers[: self.common]:
            state = layer(state, bias)
        states = {}
        for number, head in enumerate(self.heads):
            own = state
            for layer, adapters in zip(self.adapted, self.adapters, strict=True):
                own = layer(own, bias, partial(_more, cast(nn.ModuleDict, adapters), number))
            states[head.name] = self.trunk.of_words(own, first)
        return states

    def hidden_names(self) -> dict[str, str]:
        """Every main head reads states of its own."""
        return {head.name: f"hidden.{head.name}" for head in self.heads if not head.auxiliary}

    def embedding_of(self, head: str) -> WordEmbedding:
        """There is one."""
        # Of pieces there is another kind; only heads that name words look at it, and the spec refuses these there.
        return self.trunk.embedding  # type: ignore[return-value]

    def param_groups(self) -> list[dict[str, Any]]:
        """The pre-trained trunk learns more slowly than the adapters, which no decay pulls to zero."""
        return [*self.trunk.param_groups(), {"params": list(self.adapters.parameters()), "rate_factor": 1.0}]

    def shared_parameters(self) -> list[nn.Parameter]:
        """The trunk, A and the B_i."""
        adapters = [each for each in self.adapters.modules() if isinstance(each, Adapter)]
        return [*self.trunk.parameters(), *(part for each in adapters for part in (each.down, each.ups))]

    def last_shared_parameters(self) -> list[nn.Parameter]:
        """The last layer."""
        return list(self.adapted[-1].parameters())

    def for_export(self) -> Sharing:
        """Write each head's adapters out; they stay apart from W, of which there is one for all heads."""
        for adapters in self.adapters:
            for name, adapter in list(cast(nn.ModuleDict, adapters).items()):
                cast(nn.ModuleDict, adapters)[name] = WrittenAdapter(cast(Adapter, adapter))
        return self

    @torch.no_grad()
    def tables(self) -> list[Table]:
        """Return how far each head has gone from the shared layers."""
        found = []
        for number in range(len(self.heads)):
            shares = []
            for layer, adapters in zip(self.adapted, self.adapters, strict=True):
                added = base = 0.0
                for name, adapter in cast(Mapping[str, Adapter], adapters).items():
                    down, up = adapter.pair(number)
                    added += float((up @ down).square().sum())
                    base += float(getattr(layer, name).weight.square().sum())
                shares.append((added / base) ** 0.5)
            found.append(shares)
        columns = [f"layer {number}" for number in range(self.common + 1, len(self.trunk.layers) + 1)]
        what = "Norm of what a head's adapters add, against that of the weights they are added to"
        return [Table.of("adapters", what, [head.name for head in self.heads], columns, found)]


def _more(adapters: nn.ModuleDict, head: int, name: str, read: Tensor, found: Tensor) -> Tensor:
    added: Tensor = adapters[name](head, read)
    return found + added
