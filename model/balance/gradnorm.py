"""GradNorm (Chen, Badrinarayanan, Lee & Rabinovich, ICML 2018, arXiv 1711.02257, eq. 2 and algorithm 1).

    G_t = |d(w_t L_t) / d theta_last|,   r_t = L~_t / mean L~,   L~_t = L_t / L_t(0)
    w minimises sum_t |G_t - mean G * r_t^alpha|, mean G * r^alpha held constant;  the w sum to T after each step

theta_last is the last shared layer. L_t(0) is chance level, which the heads have divided by already (section 3.2 of
the paper: the theoretical initial loss). Absent heads keep their w, and the present ones share what is left of the
sum, so that the sum stays T. The net's loss is sum_t p_t w_t L_t with shares p_t from the spec.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from model.balance.base import Balance
from model.net import Net
from schemas.data.heads import HeadPlan

SMALLEST = 0.01
"""A weight at zero has no way back: its gradient norm is zero too."""


class GradNorm(Balance):
    """One weight a head, as a parameter of its own: without a gradient the optimiser leaves it alone."""

    def __init__(self, heads: tuple[HeadPlan, ...], alpha: float, rate_factor: float) -> None:
        super().__init__(heads)
        self.alpha, self.rate_factor = alpha, rate_factor
        self.factors = nn.ParameterList(torch.ones(()) for _ in heads)
        self._present: list[int] = []
        """Positions of the heads of the step under way."""

    def backward(self, losses: Mapping[str, Tensor], penalty: Tensor, net: Net) -> dict[str, float]:
        """Fill the gradients of the weights from the last shared layer, then those of the net."""
        self._present = self.positions(losses)
        last = net.sharing.last_shared_parameters()
        factors = torch.stack([self.factors[index].detach() for index in self._present])
        norms = torch.stack([_norm(loss, last) for loss in losses.values()])
        values = torch.stack([loss.detach() for loss in losses.values()])
        pull = factors * norms
        target = pull.mean() * (values / values.mean()) ** self.alpha
        slopes = torch.sign(pull - target) * norms
        weights = self.shares(losses) * factors
        torch.autograd.backward((weights * torch.stack(list(losses.values()))).sum() + penalty)
        for index, slope in zip(self._present, slopes, strict=True):
            self.factors[index].grad = slope.to(self.factors[index])
        return dict(zip(losses, weights.tolist(), strict=True))

    def param_groups(self) -> list[dict[str, Any]]:
        """The weights move faster than the net, undecayed."""
        return [{"params": list(self.factors), "rate_factor": self.rate_factor, "weight_decay": 0.0}]

    def on_step_end(self, losses_again: Callable[[], dict[str, Tensor]]) -> None:
        """Scale the present heads' weights so that the sum over all heads is their number again."""
        with torch.no_grad():
            factors = torch.stack(list(self.factors))
            moved = factors[self._present].clamp(min=SMALLEST)
            absent = factors.sum() - factors[self._present].sum()
            moved *= (len(factors) - absent) / moved.sum()
            for index, factor in zip(self._present, moved, strict=True):
                self.factors[index].copy_(factor)


def _norm(loss: Tensor, parameters: list[nn.Parameter]) -> Tensor:
    """Return the norm of the loss' gradient in the parameters."""
    found = torch.autograd.grad(loss, parameters, retain_graph=True, allow_unused=True)
    squares = [gradient.square().sum() for gradient in found if gradient is not None]
    return torch.stack([loss.new_zeros(()), *squares]).sum().sqrt()
