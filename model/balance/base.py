"""What the training loop knows of a balancing method."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from model.net import Net
from schemas.data.heads import HeadPlan


class Balance(nn.Module, ABC):
    """Turns the heads' losses into gradients.

    The loop calls the hooks in this order: `backward`, an optimiser step, `on_step_end`; then `on_epoch_end`.
    Whatever changes in training is a parameter or a buffer of fixed shape, so that checkpoints hold it.

    Only heads that the batch labels are in `losses`: an absent head has no entry and must not be invented.
    """

    def __init__(self, heads: tuple[HeadPlan, ...]) -> None:
        super().__init__()
        self.weights = {head.name: head.weight for head in heads}

    @abstractmethod
    def backward(self, losses: Mapping[str, Tensor], penalty: Tensor, net: Net) -> dict[str, float]:
        """Fill `.grad` of all parameters from losses of shape () and the penalty; return each head's weight."""

    def param_groups(self) -> list[dict[str, Any]]:
        """Return optimiser groups for parameters that need their own `rate_factor`; the loop covers the rest."""
        return []

    def on_step_end(self, losses_again: Callable[[], dict[str, Tensor]]) -> None:
        """Learn from what the step did; `losses_again` runs the same batch through the moved net, without gradients."""

    def on_epoch_end(self, losses: Mapping[str, float]) -> None:
        """Learn from an epoch's mean losses."""

    def positions(self, losses: Mapping[str, object]) -> list[int]:
        """Return the present heads' positions among all heads, in the order of `losses`."""
        order = list(self.weights)
        return [order.index(name) for name in losses]

    def shares(self, losses: Mapping[str, Tensor]) -> Tensor:
        """Return the present heads' weights in the spec, scaled to sum 1. Shape: (present,)."""
        values = next(iter(losses.values()))
        weights = torch.tensor([self.weights[name] for name in losses], dtype=values.dtype, device=values.device)
        return weights / weights.sum()
