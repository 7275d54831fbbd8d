"""What the training loop and the exporter know of a sharing system, and no more (mtl.md section 0)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn

from schemas.heads import HeadPlan


class Sharing(nn.Module, ABC):
    """Gives each head the hidden states it reads.

    The loop calls the hooks in this order: `forward`, `penalty`, an optimiser step, `on_step_end`; then
    `on_epoch_end`. Systems override what they need.
    """

    rep_kind: ClassVar[Literal["shared", "per_depth", "per_task"]]
    """How the trunk exports: one hidden state for all heads, one a depth, or one a head."""

    def __init__(self, heads: tuple[HeadPlan, ...]) -> None:
        super().__init__()
        self.heads = heads

    @abstractmethod
    def forward(self, ids: Tensor, mask: Tensor) -> dict[str, Tensor]:
        """Return head -> hidden states (B, N, d); heads may hold the very same tensor.

        Shapes: `ids` (B, N, K) int64, `mask` (B, N) bool, True on words.
        """

    @abstractmethod
    def hidden_names(self) -> dict[str, str]:
        """Return main head -> name of the exported tensor that it reads; heads with equal states share a name."""

    def penalty(self) -> Tensor:
        """Return the regulariser, to be added to the balanced loss; never a head of its own. Shape: ()."""
        return torch.zeros(())

    def param_groups(self, learning_rate: float) -> list[dict[str, Any]]:
        """Return optimiser groups for parameters that need their own rate; the loop covers the rest."""
        return []

    def shared_parameters(self) -> list[nn.Parameter]:
        """Return the parameters that more than one head's loss reaches, for gradient-based balancing."""
        return list(self.parameters())

    def on_step_end(self, step: int, learning_rate: float) -> None:
        """Do what follows an optimiser step: proximal maps, covariance updates."""

    def on_epoch_end(self, epoch: int) -> None:
        """Do what follows an epoch: snapshots, regrouping."""
