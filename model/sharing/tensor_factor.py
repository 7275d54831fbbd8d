"""Deep multi-task representation learning by tensor factorisation (Yang & Hospedales ICLR 2017, arXiv 1605.06391).

The T weight matrices of one place form W (D_out, D_in, T), which is composed from factors at each forward pass:

  Tucker  W = S x_1 U_1 x_2 U_2 x_3 U_3    S (K1, K2, K3)                                   section 3.2, equation 4
  TT      W = U_1 . G . U_3                G (K1, D_in, K2)                                 equation 5
  LAF     W = reshape(L . S)               L (D_out D_in, K), S (K, T)                      equation 3

For three modes TT is Tucker with D_in left whole, and LAF is Tucker with both D left whole; so there is one code for
all: a core, and an orthonormal start for the factor of each mode that the form compresses. Row t of the last factor
is the only part of W that is head t's own; the rest is shared. Biases and norms are private (section 3.3).

Towers train as single-head nets for `solo_epochs`; their stacked weights are then decomposed, either to given ranks
or to the least that leave a relative error of `error` (section 3.3: 10 %): each of n modes may leave error/sqrt(n), as
squared errors of modes add up. Core and factors have room for every rank; `ranks` says how much of it is used.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn

from model.layers.trunk import CompactTrunk, WordEmbedding, run_lstm
from model.sharing.tensors import hosvd, multiply, rank, unfold
from model.sharing.towers import Towers, copies, distance_table
from schemas.data.heads import HeadPlan
from schemas.evaluation.matrix import Table
from schemas.spec.sharing import FACTORED_MODES
from schemas.spec.sharing import TensorFactor as TensorFactorSpec

WEIGHTS = ("weight_ih_l0", "weight_hh_l0", "weight_ih_l0_reverse", "weight_hh_l0_reverse")
MODES = ("out", "in", "heads")


class FactoredWeight(nn.Module):
    """One place's weights for all heads: a core and factors."""

    ranks: Tensor

    def __init__(self, shape: Sequence[int], modes: Sequence[int]) -> None:
        super().__init__()
        self.modes = tuple(modes)
        self.core = nn.Parameter(torch.zeros(*shape))
        self.factors = nn.ParameterDict({MODES[mode]: torch.zeros(shape[mode], shape[mode]) for mode in modes})
        self.register_buffer("ranks", torch.tensor(shape))

    @torch.no_grad()
    def fit(self, stack: Tensor, ranks: Sequence[int] | None, error: float) -> None:
        """Decompose weights (D_out, D_in, T) to `ranks`, one a factor, or to the least that leave `error`."""
        share = error / math.sqrt(len(self.modes))
        wanted = ranks or [rank(unfold(stack, (mode,)), share) for mode in self.modes]
        kept = {mode: min(size, stack.shape[mode]) for mode, size in zip(self.modes, wanted, strict=True)}
        core, factors = hosvd(stack, kept)
        self.ranks.copy_(torch.tensor(core.shape))
        self.core.zero_()[tuple(map(slice, core.shape))] = core
        for mode, factor in factors.items():
            self.factors[MODES[mode]].zero_()[:, : kept[mode]] = factor

    def forward(self) -> Tensor:
        """Return the weights (D_out, D_in, T)."""
        ranks = self.ranks.tolist()
        # Half precision is for the states: the LSTM wants all its weights in one type.
        with torch.autocast(self.core.device.type, enabled=False):
            weights = self.core[tuple(map(slice, ranks))]  # (K_1, K_2, K_3), a mode left whole has its size
            for mode in self.modes:
                weights = multiply(weights, self.factors[MODES[mode]][:, : ranks[mode]], mode)
        return weights


class TensorFactor(Towers):
    """One net a head, its LSTM weights composed from factors that all heads share."""

    def __init__(self, spec: TensorFactorSpec, trunk: CompactTrunk, heads: tuple[HeadPlan, ...]) -> None:
        embeddings, layers = copies(trunk, heads, share_embedding=spec.share_embedding)
        super().__init__(heads, embeddings, layers, solo_epochs=spec.solo_epochs)
        self.spec = spec
        self.weights = nn.ModuleList(
            nn.ModuleDict(
                {
                    name: FactoredWeight((*getattr(layer.read.lstm, name).shape, len(heads)), FACTORED_MODES[spec.form])
                    for name in WEIGHTS
                }
            )
            for layer in self.tower(0)
        )
        if not self.is_solo:
            self.tie()

    @torch.no_grad()
    def tie(self) -> None:
        """Decompose the columns' weights, which are not read from then on."""
        for depth in range(self.depth):
            for name, weight in self._factored(depth).items():
                stack = torch.stack([getattr(self.tower(t)[depth].read.lstm, name) for t in range(len(self.heads))], -1)
                weight.fit(stack, self.spec.ranks, self.spec.error)

    def step(
        self, depth: int, states: Sequence[Tensor], mask: Tensor, lengths: Tensor
    ) -> tuple[list[Tensor], list[Tensor]]:
        """Run one layer of every column with composed weights."""
        if self.is_solo:
            return super().step(depth, states, mask, lengths)
        new, reads = [], []
        for t, (state, composed) in enumerate(zip(states, self._composed(depth), strict=True)):
            layer = self.tower(t)[depth]
            weights = dict(layer.read.lstm.named_parameters()) | composed
            read = run_lstm(layer.read.lstm, weights, layer.dropout(state), mask, lengths)
            new.append(layer.norm(state + read))
            reads.append(read)
        return new, reads

    def param_groups(self) -> list[dict[str, Any]]:
        """Weight decay is for the core alone: with the factors it would act on a product several times."""
        factors = [p for depth in range(self.depth) for w in self._factored(depth).values() for p in w.factors.values()]
        return [{"params": factors, "rate_factor": 1.0}]

    def shared_parameters(self) -> list[nn.Parameter]:
        """The core and the factors of both sides; rows of the last factor are private."""
        own = [] if self.is_solo else [p for depth in range(self.depth) for p in self._shared(depth)]
        return [*super().shared_parameters(), *own]

    def last_shared_parameters(self) -> list[nn.Parameter]:
        """Those of the last layer, or of the first where a next-word head reads that one's causal states."""
        if self.is_solo:
            return super().last_shared_parameters()
        return self._shared(0 if any(plan.kind == "next_word" for plan in self.heads) else self.depth - 1)

    @torch.no_grad()
    def for_export(self) -> Towers:
        """Return columns of ordinary layers with the composed weights."""
        layers = copy.deepcopy(self.layers)
        embeddings = [cast(WordEmbedding, embedding) for embedding in self.embeddings]
        plain = Towers(self.heads, embeddings, [cast(nn.ModuleList, column) for column in layers])
        if not self.is_solo:
            for depth in range(self.depth):
                for t, weights in enumerate(self._composed(depth)):
                    for name, weight in weights.items():
                        getattr(plain.tower(t)[depth].read.lstm, name).copy_(weight)
        return plain.train(self.training)

    @torch.no_grad()
    def tables(self) -> list[Table]:
        """Ranks in use, the factors' norms, and how far the composed nets are apart."""
        named = {
            f"layer {depth + 1} {name}": weight
            for depth in range(self.depth)
            for name, weight in self._factored(depth).items()
        }
        factors = tuple(MODES[mode] for mode in FACTORED_MODES[self.spec.form])
        ranks = (weight.ranks.tolist() for weight in named.values())
        norms = ((weight.core.norm(), *(weight.factors[name].norm() for name in factors)) for weight in named.values())
        nets = zip(*(weight().unbind(-1) for weight in named.values()), strict=True)
        return [
            Table.of("ranks", "Size of the core of each weight tensor", named, MODES, ranks),
            Table.of("factor_norms", "Frobenius norms of cores and factors", named, ("core", *factors), norms),
            distance_table(self.heads, list(nets)),
        ]

    def _factored(self, depth: int) -> dict[str, FactoredWeight]:
        return {name: cast(FactoredWeight, self.weights[depth][name]) for name in WEIGHTS}  # type: ignore[index]  # a ModuleDict

    def _shared(self, depth: int) -> list[nn.Parameter]:
        return [
            parameter
            for weight in self._factored(depth).values()
            for name, parameter in weight.named_parameters()
            if name != f"factors.{MODES[-1]}"
        ]

    def _composed(self, depth: int) -> list[dict[str, Tensor]]:
        """Return the weights of each column's layer by name."""
        composed = {name: weight() for name, weight in self._factored(depth).items()}
        return [
            {name: weight[..., t].contiguous() for name, weight in composed.items()} for t in range(len(self.heads))
        ]
