"""What the training loop knows of a balancing method (mtl.md section 3)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

from torch import Tensor, nn

from model.sharing import Sharing
from schemas.heads import HeadPlan


class Balance(nn.Module, ABC):
    """Turns the heads' losses into gradients.

    Only heads that the batch labels are in `losses`: an absent head has no entry and must not be invented.
    """

    def __init__(self, heads: tuple[HeadPlan, ...]) -> None:
        super().__init__()
        self.weights = {head.name: head.weight for head in heads}

    @abstractmethod
    def backward(self, losses: Mapping[str, Tensor], penalty: Tensor, sharing: Sharing) -> dict[str, float]:
        """Fill `.grad` of all parameters from losses of shape () and the penalty; return each head's weight."""

    def on_epoch_end(self, losses: Mapping[str, float]) -> None:
        """Learn from an epoch's mean losses."""
