"""Losses weighted by learned uncertainty, and by IMTL-L's learned scales, which come to the same.

Kendall, Gal & Cipolla 2018 (arXiv 1705.07115, eq. 5 and 10) with s = log sigma^2; over the present heads t, with
shares p_t from the spec:

    L = sum_t p_t (1/2 e^{-s_t} L_t + 1/2 s_t)    score heads (regression)
    L = sum_t p_t (    e^{-s_t} L_t + 1/2 s_t)    all others (classification)

IMTL-L (Liu et al. 2021, Towards Impartial Multi-task Learning, eq. 7), scales written -s: L = sum_t p_t (e^{-s_t} L_t
+ s_t). At the optimum for fixed losses e^s is L, 2 L and L; the gradient is then parallel to that of the geometric
mean. An absent head has no term, so that its s stays where it is; with a loss of 0 instead it would run away.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import torch
from torch import Tensor, nn

from model.balance.scalarized import Scalarized
from schemas.data.heads import HeadPlan

BOUND = 6.0
"""s is held in [-6, 6]: weights between e^-6 and e^6."""


class Uncertainty(Scalarized):
    """One log variance a head, as a parameter of its own: without a gradient the optimiser leaves it alone."""

    def __init__(self, form: Literal["uncertainty", "imtl_l"], heads: tuple[HeadPlan, ...], rate_factor: float) -> None:
        super().__init__(heads)
        self.rate_factor = rate_factor
        self.log_variances = nn.ParameterList(torch.zeros(()) for _ in heads)
        half = [form == "uncertainty" and head.kind == "score" for head in heads]
        self.loss_factors = [0.5 if each else 1.0 for each in half]
        self.log_factor = 1.0 if form == "imtl_l" else 0.5

    def combine(self, values: Tensor, shares: Tensor, present: list[int]) -> Tensor:
        """Return the weighted sum with its regulariser. It may be negative: never judge a training by it."""
        logs = torch.stack([self.log_variances[index] for index in present])
        factors = values.new_tensor([self.loss_factors[index] for index in present])
        return (shares * (factors * torch.exp(-logs) * values + self.log_factor * logs)).sum()

    def param_groups(self) -> list[dict[str, Any]]:
        """The log variances move faster than the net, undecayed."""
        return [{"params": list(self.log_variances), "rate_factor": self.rate_factor, "weight_decay": 0.0}]

    def on_step_end(self, losses_again: Callable[[], dict[str, Tensor]]) -> None:
        """Hold the log variances in their bounds."""
        with torch.no_grad():
            for log_variance in self.log_variances:
                log_variance.clamp_(-BOUND, BOUND)
