"""Block-sparse heads: few features for all heads together (Obozinski et al. 2010; Negahban & Wainwright 2008).

Heads read f = ReLU(P h + p), shared. Row i of A (d, sum C_t) holds what all heads' weights make of feature i:

Omega(A) = lambda sum_i ||A_i||_q,  q in {1, 2, inf},  lambda = strength x (sum C_t)^(1 - 1/q)

Zeros come from the proximal map after the optimiser's step, tau = learning rate x lambda, never from a gradient:

q = 1    sign(a) max(|a| - tau, 0), each entry
q = 2    A_i max(0, 1 - tau / ||A_i||_2)
q = inf  A_i clipped to [-c, c],  c = max(0, max_j (sum of the j largest |a| - tau) / j)

The last line is A_i - (its projection on the l1 ball of radius tau) of Duchi et al. 2008, by Moreau's identity. With
`dirty`, A = P + S: rows of P share the norm above, entries of S are soft-thresholded alone (Jalali et al. 2010).

Biases stay out, and next-word heads, which read the trunk's causal states. Pools before these heads must keep features
apart: a layer norm would let one that no weight reads change all others. A feature that no main head reads is cut at
export. The factor on the strength is the usual one of group size (Yuan & Lin 2006). Under Adam an entry moves by about
the learning rate a step, or less where gradients disagree: a row is kept at zero for sure from strength 1.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from model.priors.base import Prior
from schemas.data.heads import HeadPlan
from schemas.evaluation.matrix import Table
from schemas.spec.sharing import BlockSparse as BlockSparseSpec

Norm = Literal[1, 2, "inf"]


def row_norms(rows: Tensor, norm: Norm) -> Tensor:
    """Return ||A_i||_q of each row. Shape: (d, m) -> (d,)."""
    norms: Tensor = torch.linalg.vector_norm(rows, ord=float(norm), dim=1)
    return norms


def shrink_rows(rows: Tensor, norm: Norm, tau: float) -> Tensor:
    """Return argmin_X 1/2 ||X - A||^2 + tau sum_i ||X_i||_q. Shape: (d, m) -> (d, m)."""
    if norm == 1:
        return rows.sign() * (rows.abs() - tau).clamp(min=0)
    if norm == 2:
        lengths = row_norms(rows, norm).unsqueeze(1)
        # Where a processor takes the smallest numbers for zero, tau / lengths would be 0 / 0.
        divisors = lengths.clamp(min=torch.finfo(lengths.dtype).tiny)
        return rows * torch.where(lengths > tau, 1 - tau / divisors, 0.0)
    largest = rows.abs().sort(dim=1, descending=True).values.cumsum(1)
    counts = torch.arange(1, rows.shape[1] + 1, device=rows.device)
    limit = ((largest - tau) / counts).amax(1, keepdim=True).clamp(min=0)
    return rows.clamp(-limit, limit)


class DirtyLinear(nn.Linear):
    """A linear layer of weight P + S; `weight` is P, which it takes over from a plain layer."""

    def __init__(self, plain: nn.Linear) -> None:
        super().__init__(plain.in_features, plain.out_features)
        self.weight, self.bias = plain.weight, plain.bias
        self.sparse = nn.Parameter(torch.zeros_like(plain.weight))

    def whole(self) -> Tensor:
        """Return P + S. Shape: (C, d)."""
        return self.weight + self.sparse

    def forward(self, input: Tensor) -> Tensor:
        """Shape: (..., d) -> (..., C)."""
        return functional.linear(input, self.whole(), self.bias)


class BlockSparse(Prior):
    """l1/lq over the rows that features have in all heads."""

    def __init__(self, spec: BlockSparseSpec, plans: tuple[HeadPlan, ...], heads: nn.ModuleDict, width: int) -> None:
        super().__init__()
        self.spec = spec
        self.plans = [plan for plan in plans if plan.kind != "next_word"]
        self.features = nn.Linear(width, width)
        # A tuple hides the heads from this module's parameters.
        self._heads = tuple(heads[plan.name] for plan in self.plans)
        entries = sum(linear.out_features for linear in self._linears())
        self.strength = spec.strength * entries ** (1 - 1 / float(spec.norm))
        if spec.dirty is not None:
            for head in self._heads:
                head.project = DirtyLinear(head.project)  # type: ignore[arg-type]  # takes a Linear's place

    def project(self, hidden: Tensor) -> Tensor:
        """Shape: (B, N, d) -> (B, N, features)."""
        return torch.relu(self.features(hidden))

    def penalties(self) -> dict[str, Tensor]:
        """Return both parts' norms, for the log alone: they act in `on_step_end`."""
        with torch.no_grad():
            blocks, sparse = self._parts()
            penalties = {"block_sparse": self.strength * row_norms(_rows(blocks), self.spec.norm).sum()}
            if self.spec.dirty is not None:
                penalties["sparse"] = self.spec.dirty * _rows(sparse).abs().sum()
        return penalties

    @torch.no_grad()
    def on_step_end(self, step: int, learning_rate: float) -> None:
        """Apply the proximal maps."""
        blocks, sparse = self._parts()
        _write(blocks, shrink_rows(_rows(blocks), self.spec.norm, learning_rate * self.strength))
        if self.spec.dirty is not None:
            _write(sparse, shrink_rows(_rows(sparse), 1, learning_rate * self.spec.dirty))

    @torch.no_grad()
    def write_out(self) -> None:
        """Sum split weights, and cut the features that no main head reads."""
        weights = self._whole_weights()
        mains = [weight for weight, plan in zip(weights, self.plans, strict=True) if not plan.auxiliary]
        read = torch.cat(mains).any(0)
        read[0] |= not read.any()  # ONNX has no layers of width 0
        self.features = _plain(self.features.weight[read], self.features.bias[read])
        for head, weight in zip(self._heads, weights, strict=True):
            head.project = _plain(weight[:, read], head.project.bias)  # type: ignore[union-attr, arg-type]  # a Linear

    @torch.no_grad()
    def tables(self) -> list[Table]:
        """How strongly each head reads each feature, strongest features first."""
        lengths = torch.stack([weight.norm(dim=0) for weight in self._whole_weights()])
        order = lengths.norm(dim=0).argsort(descending=True, stable=True)
        kept = int(lengths.any(0).sum())
        return [
            Table.of(
                "block_sparse",
                f"Length of each feature's weights in each head; {kept} of {len(order)} features are read",
                (plan.name for plan in self.plans),
                (str(int(feature)) for feature in order),
                lengths[:, order].tolist(),
            )
        ]

    def _linears(self) -> list[nn.Linear]:
        return [head.project for head in self._heads]  # type: ignore[misc]  # Linears

    def _parts(self) -> tuple[list[Tensor], list[Tensor]]:
        """Return P and S of every head; no S where the model is not dirty."""
        linears = self._linears()
        dirty = [linear.sparse for linear in linears if isinstance(linear, DirtyLinear)]
        return [linear.weight for linear in linears], list(dirty)

    def _whole_weights(self) -> list[Tensor]:
        return [linear.whole() if isinstance(linear, DirtyLinear) else linear.weight for linear in self._linears()]


def _rows(weights: list[Tensor]) -> Tensor:
    """Shape: T times (C_t, d) -> (d, sum C_t)."""
    return torch.cat(weights).T


def _plain(weight: Tensor, bias: Tensor) -> nn.Linear:
    linear = nn.Linear(weight.shape[1], weight.shape[0])
    linear.weight, linear.bias = nn.Parameter(weight), nn.Parameter(bias)
    return linear


def _write(weights: list[Tensor], rows: Tensor) -> None:
    for weight, part in zip(weights, torch.split(rows.T, [len(weight) for weight in weights]), strict=True):
        weight.copy_(part)
