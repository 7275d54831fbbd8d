"""Equal weighting: the weighted mean of the present heads' losses. The baseline of every comparison.

L = sum_t w_t L_t / sum_t w_t    over the heads t present in the batch
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from model.balance.base import Balance
from model.net import Net


class Equal(Balance):
    """Weights come from the spec and never move."""

    def backward(self, losses: Mapping[str, Tensor], penalty: Tensor, net: Net) -> dict[str, float]:
        """Run one backward pass over the weighted mean."""
        total = sum(self.weights[name] for name in losses)
        shares = {name: self.weights[name] / total for name in losses}
        torch.autograd.backward(sum((losses[name] * share for name, share in shares.items()), start=penalty))
        return shares
