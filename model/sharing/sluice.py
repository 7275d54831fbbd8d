"""Sluice networks (Ruder et al. AAAI 2019, arXiv 1705.08142, section 2).

Each layer's states are split into G subspaces of d/G channels. With H_{t,g} the part g of column t:

  H~_{t,g}^l = sum_{s,h} alpha^l_{(t,g),(s,h)} H_{s,h}^l        alpha^l (T G, T G)
  H_t        = sum_l beta_{t,l} H~_t^l                           beta (T, L), linear, without softmax
  Omega      = lambda sum_t sum_l sum_{g<h} || W_{t,g}^l (W_{t,h}^l)^T ||_F^2

W_{t,g} (d/G, d) are the weights that produce subspace g; Omega is 0 when no subspace reads an input direction that
another one reads (rows orthogonal across blocks). Which weights those are in our layer, norm(x + BiLSTM(x)):
channel c of a direction is o_c * tanh(cell_c), and what enters the cell is the candidate gate; gates i, f and o only
scale it. So row c of W is row c of the candidate block of `weight_ih`, of the forward direction for the first half of
the channels and of the backward one for the rest; both read the same x, so that products across directions mean
something. The residual connection has no weights, and the norm's gain scales rows, which leaves orthogonal rows so.
With G = 2 the subspaces are the two reading directions. (The authors' code takes the first weight matrix of two LSTMs.)

alpha starts at `own` on the diagonal and equal elsewhere, rows summing to 1, or `balanced` at 1/(T G) everywhere.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from model.layers.trunk import CompactTrunk, LstmLayer
from model.sharing.cross_stitch import start_pattern
from model.sharing.towers import MixedTowers, copies, weighted_sums
from schemas.data.heads import HeadPlan
from schemas.evaluation.matrix import Table
from schemas.spec.sharing import Sluice as SluiceSpec


class Sluice(MixedTowers):
    """One column of layers a head, mixed part by part after every layer; heads read a mixture of layers."""

    def __init__(self, spec: SluiceSpec, trunk: CompactTrunk, heads: tuple[HeadPlan, ...]) -> None:
        embeddings, layers = copies(trunk, heads, share_embedding=spec.share_embedding)
        super().__init__(heads, embeddings, layers)
        self.spec = spec
        parts = len(heads) * spec.subspaces
        alpha = start_pattern(parts, 1 / parts if spec.balanced else spec.own)
        self.alpha = nn.Parameter(alpha[None, :, :, None].repeat(self.depth, 1, 1, 1))
        """(L, T G, T G, 1): what part (t, g) reads of part (s, h) after layer l."""
        lower = 0.0 if self.depth == 1 else (1 - spec.last_layer) / (self.depth - 1)
        self.beta = nn.Parameter(torch.full((len(heads), self.depth), lower))
        """(T, L): weight of each layer in what a head reads."""
        self.beta.data[:, -1] = 1 - lower * (self.depth - 1)

    def mix(self, depth: int, states: list[Tensor]) -> list[Tensor]:
        """Mix the parts of all columns."""
        count = self.spec.subspaces
        parts = [part for state in states for part in state.chunk(count, dim=-1)]  # T G of (B, N, d / G)
        mixed = weighted_sums(self.alpha[depth], parts).unbind(0)  # T G of (B, N, d / G)
        return [torch.cat(mixed[first : first + count], dim=-1) for first in range(0, len(mixed), count)]

    def join(self, layers: list[list[Tensor]]) -> list[Tensor]:
        """Return sum_l beta_{t,l} H~_t^l for every column."""
        return [
            weighted_sums(beta[None, :, None], [states[t] for states in layers])[0] for t, beta in enumerate(self.beta)
        ]

    def penalties(self) -> dict[str, Tensor]:
        """Overlap of the subspaces' input weights."""
        if self.spec.subspaces == 1:
            return {}
        overlaps = [self._overlap(layer) for t in range(len(self.heads)) for layer in self.tower(t)]
        return {"orthogonality": self.spec.orthogonality * torch.stack(overlaps).sum()}

    def _overlap(self, layer: LstmLayer) -> Tensor:
        """Return sum_{g<h} ||W_g W_h^T||_F^2 of one layer."""
        lstm, count = layer.read.lstm, self.spec.subspaces
        # torch keeps the gates in the order i, f, g (the candidate), o.
        rows = torch.cat(
            [
                way.chunk(4)[2]
                for way in (lstm.get_parameter("weight_ih_l0"), lstm.get_parameter("weight_ih_l0_reverse"))
            ]
        )
        size = len(rows) // count
        squares = (rows @ rows.T).square().view(count, size, count, size).sum((1, 3))
        return (squares.sum() - squares.trace()) / 2

    def param_groups(self) -> list[dict[str, Any]]:
        """The mixing weights have their own learning rate, and no weight decay."""
        return [{"params": [self.alpha, self.beta], "rate_factor": self.spec.rate_factor}]

    def tables(self) -> list[Table]:
        """One matrix a layer of parts read by parts, and the layers that each head reads."""
        names = tuple(plan.name for plan in self.heads)
        count = self.spec.subspaces
        parts = tuple(f"{name} {part}" for name in names for part in range(1, count + 1)) if count > 1 else names
        alphas = [
            Table.of(
                f"alpha_layer_{depth}",
                f"Sluice weights after layer {depth}: what each part of a head's column reads of each part",
                parts,
                parts,
                alpha.tolist(),
            )
            for depth, alpha in enumerate(self.alpha.detach()[..., 0], start=1)
        ]
        readers = [t for t, plan in enumerate(self.heads) if plan.kind != "next_word"]
        beta = Table.of(
            "beta",
            "Sluice weights of the layers in what each head reads",
            (names[t] for t in readers),
            (f"layer {depth + 1}" for depth in range(self.depth)),
            self.beta.detach()[readers].tolist(),
        )
        return [*alphas, beta]
