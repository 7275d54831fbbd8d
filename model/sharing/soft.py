"""Soft sharing: one net a head, all weights of equal shape pulled together.

l2 (Duong et al. 2015), over all tied tensors l:

  Omega = lambda sum_l sum_t ||theta_t^l - mean_s theta_s^l||_F^2
        = lambda/T sum_l sum_{s<t} ||theta_s^l - theta_t^l||_F^2

Trace norm (Yang & Hospedales 2017, arXiv 1606.04038, section 3), with the T weight matrices of a place stacked to W
(D_1, D_2, T) and ||X||_* = sum_i sigma_i(X); biases and norms are not tied:

  LAF    Omega = lambda sum_l ||W_(D1 D2 x T)||_*
  Tucker Omega = lambda sum_l ( ||W_(D1 x D2 T)||_* + ||W_(D2 x D1 T)||_* + ||W_(T x D1 D2)||_* )
  TT     Omega = lambda sum_l ( ||W_(D1 x D2 T)||_* + ||W_(D1 D2 x T)||_* )

Both act by their proximal maps after the optimiser's step, so no gradient of Omega is needed, any lambda is stable
(the l2 gradient diverges when 2 lr lambda > 2), and trace norms give true low rank, which subgradients never reach:

  l2     theta_t <- mean + (theta_t - mean) / (1 + 2 lr lambda)     exact, as the maps leave the mean where it is
  trace  singular values <- max(0, sigma - lr lambda)               exact for LAF

A sum of norms has no map in closed form: Tucker and TT take their parts' maps one after the other, the incremental
proximal method (Bertsekas 2011, Mathematical Programming 129), and only every `PERIOD` steps, as spectra are dear.
Like AdamW's weight decay the maps are decoupled from Adam's scaling of gradients: a useful lambda is some hundred
times that of a penalty inside the loss.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from model.layers.trunk import CompactTrunk
from model.sharing.tensors import fold, rank, shrink, trace_norm, unfold
from model.sharing.towers import Towers, copies, distance_table
from schemas.data.heads import HeadPlan
from schemas.evaluation.matrix import Table
from schemas.spec.sharing import SoftSharing

FLATTENINGS: dict[str, tuple[tuple[int, ...], ...]] = {
    "trace_laf": ((0, 1),),
    "trace_tucker": ((0,), (1,), (2,)),
    "trace_tt": ((0,), (0, 1)),
}
"""The modes in the rows of each matrix whose trace norm counts."""
MODES = ("out", "in", "heads")
PERIOD = {"l2": 1, "trace_laf": 1, "trace_tucker": 10, "trace_tt": 10}
"""Steps between two proximal steps, which are that much longer."""
NO_RANK = 1e-3
"""Share of a matrix' norm that counts as nothing when its rank is told."""


class Soft(Towers):
    """One trunk a head, tied by a regulariser."""

    norm: Tensor

    def __init__(self, spec: SoftSharing, trunk: CompactTrunk, heads: tuple[HeadPlan, ...]) -> None:
        embeddings, layers = copies(trunk, heads, share_embedding=spec.share_embedding)
        super().__init__(heads, embeddings, layers)
        self.spec = spec
        self.register_buffer("norm", self._norm())

    def penalties(self) -> dict[str, Tensor]:
        """Omega as of the last proximal step; it has no gradient, as the proximal steps do its work."""
        return {f"soft_{self.spec.norm}": self.spec.strength * self.norm}

    @torch.no_grad()
    def on_step_end(self, step: int, learning_rate: float) -> None:
        """Take the proximal step."""
        period = PERIOD[self.spec.norm]
        if (step + 1) % period:
            return
        pull = period * learning_rate * self.spec.strength
        for _, group in self._tied():
            stack = torch.stack([parameter.detach() for parameter in group])
            if self.spec.norm == "l2":
                stack = torch.lerp(stack.mean(0), stack, 1 / (1 + 2 * pull))
            else:
                weights = stack.movedim(0, -1)
                for rows in FLATTENINGS[self.spec.norm]:
                    weights = fold(shrink(unfold(weights, rows), pull), weights.shape, rows)
                stack = weights.movedim(-1, 0)
            for parameter, value in zip(group, stack, strict=True):
                parameter.copy_(value)
        self.norm.copy_(self._norm())

    def tables(self) -> list[Table]:
        """Distances between the trunks, and what rank the trace norm has left."""
        groups = list(self._tied())
        distances = distance_table(self.heads, list(zip(*(group for _, group in groups), strict=True)))
        if self.spec.norm == "l2":
            return [distances]
        flattenings = FLATTENINGS[self.spec.norm]
        stacks = [torch.stack([parameter.detach() for parameter in group], dim=-1) for _, group in groups]
        ranks = Table.of(
            "ranks",
            "Rank of the heads' stacked weights along each flattening",
            (name for name, _ in groups),
            (" x ".join(MODES[mode] for mode in rows) for rows in flattenings),
            ((rank(unfold(stack, rows), NO_RANK) for rows in flattenings) for stack in stacks),
        )
        return [distances, ranks]

    def _tied(self) -> Iterator[tuple[str, list[nn.Parameter]]]:
        """Yield the tensors that hold the same place in every column; the trace norm has matrices alone."""
        for modules in [self.layers, *([self.embeddings] if len(self.embeddings) > 1 else [])]:
            for named in zip(*(module.named_parameters() for module in modules), strict=True):
                if self.spec.norm == "l2" or named[0][1].ndim == 2:
                    yield named[0][0], [parameter for _, parameter in named]

    @torch.no_grad()
    def _norm(self) -> Tensor:
        """Return Omega / lambda."""
        total = next(self.parameters()).new_zeros(())
        for _, group in self._tied():
            stack = torch.stack([parameter.detach() for parameter in group])
            if self.spec.norm == "l2":
                total += (stack - stack.mean(0)).square().sum()
            else:
                weights = stack.movedim(0, -1)
                total += torch.stack([trace_norm(unfold(weights, rows)) for rows in FLATTENINGS[self.spec.norm]]).sum()
        return total
