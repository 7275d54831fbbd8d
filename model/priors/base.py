"""What the net, the training loop and the exporter know of a prior on the heads of a hard-shared net."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor, nn

from schemas.evaluation.matrix import Table


class Prior(nn.Module, ABC):
    """Regularises the heads' weights, or a small adaptor that it puts before each of them.

    The heads are not its own: it is built with them, and reads and shrinks their weights. Hooks come as for `Sharing`.
    """

    def project(self, hidden: Tensor) -> Tensor:
        """Change the trunk's states for all heads alike; this part exports with the trunk. (B, N, d) -> (B, N, d)."""
        return hidden

    def adapt(self, head: str, hidden: Tensor) -> Tensor:
        """Change the states for one head; this part exports with the head's graph. (B, N, d) -> (B, N, width)."""
        return hidden

    @abstractmethod
    def penalties(self) -> dict[str, Tensor]:
        """Return name -> regulariser of shape (), without a gradient where `on_step_end` applies it instead."""

    def on_step_end(self, step: int, learning_rate: float) -> None:
        """Do what follows an optimiser step: proximal maps, covariance updates."""

    def on_epoch_end(self, epoch: int) -> None:
        """Do what follows an epoch (from 1): new clusters."""

    def write_out(self) -> None:
        """Become, with the heads, an equal net of plain layers: write out composed weights, cut what no head reads.

        Called on the copy of the net that is exported.
        """

    def tables(self) -> list[Table]:
        """Return what a person wants to see: covariances, clusters, features that are left."""
        return []
