"""What the net, the training loop and the exporter know of a sharing system, and no more."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor, nn

from model.layers.trunk import WordEmbedding
from schemas.data.heads import HeadPlan
from schemas.evaluation.matrix import Table

Answer = Callable[[str, Tensor, Tensor], Tensor]
"""Head name, its hidden states (B, N, d), mask (B, N) -> logits: for systems that read answers of lower heads."""


class Sharing(nn.Module, ABC):
    """Gives each head the hidden states it reads.

    The loop calls the hooks in this order: `forward`, `penalties`, `observe`, an optimiser step, `on_step_end`; then
    `on_epoch_end`. Systems override what they need. Whatever changes in training must be a parameter or a buffer of
    fixed shape: then checkpoints, resumed runs and the shipped weights hold it without being told.
    """

    def __init__(self, heads: tuple[HeadPlan, ...]) -> None:
        super().__init__()
        self.heads = heads

    @abstractmethod
    def forward(self, ids: Tensor, mask: Tensor, answer: Answer) -> dict[str, Tensor]:
        """Return head -> hidden states (B, N, d), causal ones for next-word heads; heads may hold the same tensor.

        Shapes: `ids` (B, N, K) int64, `mask` (B, N) bool, True on words.
        """

    @abstractmethod
    def hidden_names(self) -> dict[str, str]:
        """Return main head -> name of the exported tensor that it reads; heads with equal states share a name."""

    @abstractmethod
    def embedding_of(self, head: str) -> WordEmbedding:
        """Return the word embedding below a head, which next-word heads answer with."""

    def penalties(self) -> dict[str, Tensor]:
        """Return name -> regulariser of shape (), added to the balanced loss and logged apart; no head of its own."""
        return {}

    def param_groups(self) -> list[dict[str, Any]]:
        """Return optimiser groups for parameters that need their own `rate_factor`; the loop covers the rest."""
        return []

    def shared_parameters(self) -> list[nn.Parameter]:
        """Return the parameters that more than one head's loss reaches, for gradient-based balancing."""
        return list(self.parameters())

    def last_shared_parameters(self) -> list[nn.Parameter]:
        """Return the parameters nearest the heads that every head's loss reaches: where GradNorm compares gradients."""
        return self.shared_parameters()

    def observe(self, logits: Mapping[str, Tensor], targets: Mapping[str, Tensor]) -> None:
        """Look at a batch's answers and targets, shaped as in `model.data.batches.Batch`; heads may be absent."""

    def on_step_end(self, step: int, learning_rate: float) -> None:
        """Do what follows an optimiser step: proximal maps, covariance updates."""

    def on_epoch_end(self, epoch: int) -> None:
        """Do what follows an epoch (from 1): snapshots, regrouping, widening."""

    def for_export(self) -> Sharing:
        """Return an equal system made of plain layers; composed weights are written out."""
        return self

    def tables(self) -> list[Table]:
        """Return what a person wants to see of the learned sharing: mixing weights, ranks, the tree."""
        return []
