"""Fast adaptive multitask optimisation (Liu, Feng, Stone & Liu, NeurIPS 2023, arXiv 2306.03792, algorithm 1).

    L = c sum_t z_t log L_t,   z = softmax(xi),   c = 1 / sum_t (z_t / L_t)    over the present heads t

so that the step is a convex combination of the heads' gradients. After the step the same batch is read again and
xi moves by Adam along (dz/dxi)^T (log L - log L'), with decay gamma: heads that fell less come to count more.

xi starts at log w_t, and gamma pulls it there, not to zero as in the paper, whose heads all start at zero: otherwise
the spec's weights would be forgotten within a hundred steps. The logits of absent heads, and Adam's moments of them,
stay. TorchJD's FAMO has its Adam outside of its state, and takes no absent head.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from model.balance.scalarized import SMALLEST_LOSS, Scalarized
from model.net import Net
from schemas.data.heads import HeadPlan

BETAS = (0.9, 0.999)
EPSILON = 1e-8


class Famo(Scalarized):
    """Logits and their Adam moments are buffers of shape (heads,)."""

    logits: Tensor
    start: Tensor
    first: Tensor
    second: Tensor
    steps: Tensor

    def __init__(self, heads: tuple[HeadPlan, ...], learning_rate: float, decay: float) -> None:
        super().__init__(heads)
        self.learning_rate, self.decay = learning_rate, decay
        start = torch.tensor([head.weight for head in heads]).log()
        self.register_buffer("start", start, persistent=False)
        self.register_buffer("logits", start.clone())
        for name in ("first", "second", "steps"):
            self.register_buffer(name, torch.zeros(len(heads)))
        self._before: dict[str, Tensor] = {}
        """The losses of the step under way."""

    def backward(self, losses: Mapping[str, Tensor], penalty: Tensor, net: Net) -> dict[str, float]:
        """Run the backward pass, and keep the losses until the step is done."""
        self._before = {name: loss.detach() for name, loss in losses.items()}
        return super().backward(losses, penalty, net)

    def combine(self, values: Tensor, shares: Tensor, present: list[int]) -> Tensor:
        """Return the weighted sum of logarithms; `shares` are in the logits already."""
        shifted = values + SMALLEST_LOSS
        weights = torch.softmax(self.logits[present].to(values.dtype), dim=0)
        scale = 1 / (weights / shifted.detach()).sum()
        return scale * (weights * shifted.log()).sum()

    def on_step_end(self, losses_again: Callable[[], dict[str, Tensor]]) -> None:
        """Move the logits by how much each loss fell."""
        after = losses_again()
        present = self.positions(self._before)
        fall = torch.stack([_log(loss) - _log(after[name]) for name, loss in self._before.items()]).to(self.logits)
        weights = torch.softmax(self.logits[present], dim=0)
        away = self.logits[present] - self.start[present]
        gradient = weights * (fall - (weights * fall).sum()) + self.decay * away
        # Adam descends along what the paper calls delta: a head that fell more than the others loses weight.
        self.steps[present] += 1
        self.first[present] += (1 - BETAS[0]) * (gradient - self.first[present])
        self.second[present] += (1 - BETAS[1]) * (gradient.square() - self.second[present])
        mean = self.first[present] / (1 - BETAS[0] ** self.steps[present])
        spread = (self.second[present] / (1 - BETAS[1] ** self.steps[present])).sqrt()
        self.logits[present] -= self.learning_rate * mean / (spread + EPSILON)


def _log(loss: Tensor) -> Tensor:
    return (loss + SMALLEST_LOSS).log()
