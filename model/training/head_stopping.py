"""Auxiliary heads that harm the main ones stop training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

import torch
from torch import Tensor, nn

from schemas.data.heads import HeadPlan

Value = TypeVar("Value")


class Stopping(nn.Module):
    """A head with `stop_after: k` stops for good after k epochs on end of negative affinity on the main heads."""

    negative_epochs: Tensor
    """On end, so far. Shape: (T,) int64."""
    stopped: Tensor
    """Shape: (T,) bool."""

    def __init__(self, heads: Sequence[HeadPlan]) -> None:
        super().__init__()
        self.limits = {head.name: head.stop_after for head in heads}
        self.register_buffer("negative_epochs", torch.zeros(len(heads), dtype=torch.int64))
        self.register_buffer("stopped", torch.zeros(len(heads), dtype=torch.bool))

    def live(self, targets: Mapping[str, Value]) -> dict[str, Value]:
        """Return the targets of the heads that still train."""
        stopped = {name for name, is_stopped in zip(self.limits, self.stopped.tolist(), strict=True) if is_stopped}
        return {name: target for name, target in targets.items() if name not in stopped}

    def on_epoch_end(self, affinities: Mapping[str, float]) -> tuple[str, ...]:
        """Return the heads that stop now. A head without an affinity in this epoch stays as it was."""
        new = []
        for index, (name, limit) in enumerate(self.limits.items()):
            if limit is None or name not in affinities or self.stopped[index]:
                continue
            self.negative_epochs[index] = self.negative_epochs[index] + 1 if affinities[name] < 0 else 0
            if self.negative_epochs[index] >= limit:
                self.stopped[index] = True
                new.append(name)
        return tuple(new)
