"""One small layer a head, of one size for all: what priors on heads of unequal size lie on."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from model.priors.base import Prior
from schemas.data.heads import HeadPlan


class AdaptorPrior(Prior):
    """A prior on the stack W (T, r, d) of adaptors ReLU(W_t h + b_t); next-word heads have none.

    All adaptors start as one: priors compare them unit by unit, and permuted units would look unrelated.
    """

    def __init__(self, plans: tuple[HeadPlan, ...], width: int, adaptor_width: int) -> None:
        super().__init__()
        self.names = tuple(plan.name for plan in plans if plan.kind != "next_word")
        self.adaptors = nn.ModuleDict({name: nn.Linear(width, adaptor_width) for name in self.names})
        for name in self.names[1:]:
            self.adaptors[name].load_state_dict(self.adaptors[self.names[0]].state_dict())

    def adapt(self, head: str, hidden: Tensor) -> Tensor:
        """Shape: (B, N, d) -> (B, N, r)."""
        return torch.relu(self.adaptors[head](hidden)) if head in self.adaptors else hidden

    def weights(self) -> list[nn.Parameter]:
        """Return W_t of every head, each (r, d)."""
        return [self.adaptors[name].weight for name in self.names]  # type: ignore[misc]  # a Parameter of Linear

    def write_weights(self, stack: Tensor) -> None:
        """Replace all W_t. Shape: (T, r, d)."""
        for weight, new in zip(self.weights(), stack, strict=True):
            weight.data.copy_(new)
