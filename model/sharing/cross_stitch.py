"""Cross-stitch networks (Misra et al. CVPR 2016, arXiv 1604.03539, section 3.2 and equation 1).

After every layer l each column t reads a learned mixture of all columns:

  H~_t^l = sum_s alpha^l_{ts} H_s^l          alpha^l (T, T), or one such matrix a channel

alpha starts at `own` on the diagonal and (1 - own) / (T - 1) elsewhere: rows sum to 1, so that the size of the states
stays what it was (section 3.3). It needs a learning rate of its own, 100 to 1000 times the columns' under SGD (table
2); under Adam, whose steps do not shrink with the gradient, 10 times does. Towers do best when they start as trained
single-head nets (table 3): during `solo_epochs` alpha is the identity and does not move.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from model.layers.trunk import CompactTrunk
from model.sharing.towers import MixedTowers, copies, weighted_sums
from schemas.data.heads import HeadPlan
from schemas.evaluation.matrix import Table
from schemas.spec.sharing import CrossStitch as CrossStitchSpec


class CrossStitch(MixedTowers):
    """One column of layers a head, mixed after every layer."""

    def __init__(self, spec: CrossStitchSpec, trunk: CompactTrunk, heads: tuple[HeadPlan, ...]) -> None:
        embeddings, layers = copies(trunk, heads, share_embedding=spec.share_embedding)
        super().__init__(heads, embeddings, layers, solo_epochs=spec.solo_epochs)
        self.start = start_pattern(len(heads), spec.own)
        self.rate_factor = spec.rate_factor
        shape = (self.depth, len(heads), len(heads), trunk.width if spec.per_channel else 1)
        self.alpha = nn.Parameter(torch.eye(len(heads))[None, :, :, None].expand(shape).clone())
        """(L, T, T, 1 or d): what column t reads of column s after layer l."""
        if not self.is_solo:
            self.tie()

    @torch.no_grad()
    def tie(self) -> None:
        """Put alpha at its start pattern."""
        self.alpha.copy_(self.start[None, :, :, None].expand_as(self.alpha))

    def mix(self, depth: int, states: list[Tensor]) -> list[Tensor]:
        """Return sum_s alpha_{ts} H_s."""
        if self.training and self.is_solo:
            return states  # as if alpha were not there: the optimiser does not even count its steps
        return list(weighted_sums(self.alpha[depth], states).unbind(0))  # (T, B, N, d) -> T of (B, N, d)

    def param_groups(self) -> list[dict[str, Any]]:
        """Alpha has its own learning rate, and no weight decay."""
        return [{"params": [self.alpha], "rate_factor": self.rate_factor}]

    def tables(self) -> list[Table]:
        """One matrix a layer: columns that read in rows, those that are read in columns; the mean over channels."""
        names = tuple(plan.name for plan in self.heads)
        return [
            Table.of(
                f"alpha_layer_{depth}",
                f"Cross-stitch weights after layer {depth}: what each head's column reads of each column",
                names,
                names,
                alpha.tolist(),
            )
            for depth, alpha in enumerate(self.alpha.detach().mean(-1), start=1)
        ]


def start_pattern(parts: int, own: float) -> Tensor:
    """Return a mixing matrix with `own` on its diagonal and rows that sum to 1."""
    if parts == 1:
        return torch.ones(1, 1)
    return torch.full((parts, parts), (1 - own) / (parts - 1)).fill_diagonal_(own)
