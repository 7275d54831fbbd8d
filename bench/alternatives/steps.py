"""Other ways from gradients to the weights that are kept."""

from __future__ import annotations

from typing import Any

import torch

from model.data.batches import Batch
from model.training.loop import Training
from model.training.reports import EpochReport

MEMORY = 0.995
"""Share of the mean weights that one step leaves: the mean is over about 200 steps."""
RADIUS = 0.05
"""How far sharpness-aware steps look away from the weights."""


class Averaged(Training):
    """Scores and keeps an exponential moving average of the weights (Polyak & Juditsky 1992)."""

    def step(self, *arguments: Any) -> None:
        super().step(*arguments)
        weights = [parameter.detach() for parameter in self.net.parameters()]
        if not hasattr(self, "means"):  # parts are exchanged after the training is made
            self.means = [weight.clone() for weight in weights]
        torch._foreach_lerp_(self.means, weights, 1 - MEMORY)

    def _close_epoch(self) -> EpochReport:
        self._change_places()
        report = super()._close_epoch()
        self._change_places()
        return report

    @torch.no_grad()
    def _change_places(self) -> None:
        for mean, parameter in zip(self.means, self.net.parameters(), strict=True):
            kept = parameter.clone()
            parameter.copy_(mean)
            mean.copy_(kept)


class SharpnessAware(Training):
    """Steps by the gradient a little uphill, where flat valleys differ from sharp ones (Foret et al. 2021, arXiv
    2010.01412). Two passes a step, with the same dropout masks.
    """

    def forward_backward(self, batch: Batch) -> Any:
        random = torch.get_rng_state()
        super().forward_backward(batch)
        pairs = [(each, each.grad) for each in self.net.parameters() if each.grad is not None]
        parameters: list[torch.Tensor] = [parameter for parameter, _ in pairs]
        uphill = [gradient for _, gradient in pairs]
        norm = torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(each) for each in uphill]))
        ahead = torch._foreach_mul(uphill, float(RADIUS / (norm + 1e-12)))
        with torch.no_grad():
            torch._foreach_add_(parameters, ahead)
        torch.set_rng_state(random)
        found = super().forward_backward(batch)
        with torch.no_grad():
            torch._foreach_sub_(parameters, ahead)
        return found
