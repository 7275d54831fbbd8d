"""Tensor algebra of soft and factored sharing: weights of T nets stacked to one tensor (D_1, D_2, T).

Spectra come from the Gram matrix of a matrix' smaller side, in float64 as squaring halves the digits: for T stacked
columns of P weights that is O(P T^2 + T^3) instead of the SVD of a (P, T) matrix.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

TINY = 1e-7
"""Singular values below this share of the largest count as zero: their directions are rounding of the Gram matrix."""


def unfold(tensor: Tensor, rows: tuple[int, ...]) -> Tensor:
    """Return the matrix whose rows are the given modes and whose columns are the others, in order."""
    rest = tuple(mode for mode in range(tensor.ndim) if mode not in rows)
    return tensor.permute(*rows, *rest).reshape(math.prod(tensor.shape[mode] for mode in rows), -1)


def fold(matrix: Tensor, shape: Sequence[int], rows: tuple[int, ...]) -> Tensor:
    """Undo `unfold` for a tensor of a shape."""
    order = [*rows, *(mode for mode in range(len(shape)) if mode not in rows)]
    inverse = [order.index(mode) for mode in range(len(shape))]
    return matrix.reshape([shape[mode] for mode in order]).permute(inverse)


def trace_norm(matrix: Tensor) -> Tensor:
    """Return ||X||_* = sum_i sigma_i, with gradient X (X^T X)^{-1/2} (= U V^T on the directions that X has).

    tr(X^T X R) with R = (X^T X)^{-1/2} held fixed has both the value and the gradient of the norm.
    """
    tall = _tall(matrix)
    values, vectors = _spectrum(tall)
    inverse = torch.where(values > TINY * values[-1].clamp(min=TINY), 1 / values, 0.0)
    direction = tall.detach() @ ((vectors * inverse) @ vectors.T).to(matrix.dtype)
    return (tall * direction).sum()


def shrink(matrix: Tensor, threshold: float) -> Tensor:
    """Return argmin_X 1/2 ||X - matrix||_F^2 + threshold ||X||_*: singular values less the threshold, none below 0."""
    tall = _tall(matrix)
    values, vectors = _spectrum(tall)
    kept = (1 - threshold / values.clamp(min=TINY)).clamp(min=0)
    shrunk = tall @ ((vectors * kept) @ vectors.T).to(matrix.dtype)
    return shrunk if tall.shape == matrix.shape else shrunk.T


def rank(matrix: Tensor, error: float) -> int:
    """Return the least rank that leaves no more than `error` of the matrix' Frobenius norm."""
    values, _ = _spectrum(_tall(matrix))
    tails = values.square().cumsum(0)  # of the weakest directions first
    return max(1, int((tails > error**2 * tails[-1]).sum()))


def multiply(tensor: Tensor, matrix: Tensor, mode: int) -> Tensor:
    """Return the mode product `tensor x_mode matrix`: mode's size K becomes D. Shapes: (.., K, ..), (D, K)."""
    product: Tensor = torch.tensordot(tensor, matrix, dims=([mode], [1]))
    return product.movedim(-1, mode)


def hosvd(tensor: Tensor, ranks: Mapping[int, int]) -> tuple[Tensor, dict[int, Tensor]]:
    """Return a core and an orthonormal factor (D_k, r_k) for each mode k of `ranks` (De Lathauwer et al. 2000).

    The squared error is at most the sum over the modes of the squared singular values left out.
    """
    factors = {}
    for mode, rank in ranks.items():
        _, vectors = _spectrum(unfold(tensor, (mode,)).T)
        factors[mode] = vectors.flip(1)[:, :rank].to(tensor.dtype)
    core = tensor
    for mode, factor in factors.items():
        core = multiply(core, factor.T, mode)
    return core, factors


def _tall(matrix: Tensor) -> Tensor:
    return matrix if matrix.shape[0] >= matrix.shape[1] else matrix.T


def _spectrum(tall: Tensor) -> tuple[Tensor, Tensor]:
    """Return singular values, ascending, and the right singular vectors beside them, in float64.

    NaN of a matrix that has lost its numbers: a training that diverges is told of by its losses, not by LAPACK.
    """
    wide = tall.detach().double()
    squares = wide.T @ wide
    if not squares.isfinite().all():
        return torch.full_like(squares[0], torch.nan), torch.full_like(squares, torch.nan)
    values, vectors = torch.linalg.eigh(squares)
    return values.clamp(min=0).sqrt(), vectors
