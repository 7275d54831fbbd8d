"""Dynamic weight averaging (Liu, Johns & Davison, CVPR 2019, arXiv 1803.10704, eq. 7).

    L = sum_t p_t lambda_t L_t,   lambda = m softmax_t(r_t / temperature),   r_t = mean L_t(e-1) / mean L_t(e-2)

over the m present heads, with shares p_t from the spec and means over the last two epochs. Heads without two epochs
behind them have r = 1. TorchJD's class keeps its means outside of its state and takes no absent head.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from model.balance.scalarized import Scalarized
from schemas.data.heads import HeadPlan


class Dwa(Scalarized):
    """Remembers two epochs' mean losses."""

    epochs: Tensor

    def __init__(self, heads: tuple[HeadPlan, ...], temperature: float) -> None:
        super().__init__(heads)
        self.temperature = temperature
        self.register_buffer("epochs", torch.full((2, len(heads)), torch.nan))

    def combine(self, values: Tensor, shares: Tensor, present: list[int]) -> Tensor:
        """Return the sum under this epoch's weights."""
        before, last = self.epochs[:, present].to(values.dtype)
        rates = (last / before).nan_to_num(nan=1.0, posinf=1.0)
        return (len(present) * torch.softmax(rates / self.temperature, dim=0) * shares * values).sum()

    def on_epoch_end(self, losses: Mapping[str, float]) -> None:
        """Forget the epoch before the last."""
        means = [losses.get(name, torch.nan) for name in self.weights]
        self.epochs.copy_(torch.stack([self.epochs[1], self.epochs.new_tensor(means)]))
