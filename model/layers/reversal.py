"""Gradient reversal: the head learns to tell what the trunk learns to hide (Ganin & Lempitsky 2015, arXiv 1409.7495).

R(x) = x,   dR/dx = -lambda I
lambda_p = 2 / (1 + exp(-10 p)) - 1    for the training progress p from 0 to 1 (section 4 there)

Early in training lambda is near 0: the head first learns what there is to hide.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor


class _Reverse(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, strength: Tensor) -> Tensor:
        ctx.save_for_backward(strength)
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (strength,) = ctx.saved_tensors
        return -strength.to(gradient.dtype) * gradient, None


def reverse_gradient(x: Tensor, strength: Tensor) -> Tensor:
    """Return `x`; on the way back the gradient is multiplied by -`strength`, a tensor of shape ()."""
    reversed_: Tensor = _Reverse.apply(x, strength)  # type: ignore[no-untyped-call]  # torch has no type for it
    return reversed_


def reversal_strength(progress: float) -> float:
    """Return lambda for the share of the training that is done."""
    return 2 / (1 + math.exp(-10 * progress)) - 1
