"""AdamW whose moments are each head's own: AdaTask (Yang et al. 2022, arXiv 2211.15055, algorithm 1).

Adam's step has one length whatever the gradient. Where T heads share a parameter they share that length: the head
with the largest gradients fills both moments, and the others hardly move it. Here every head t keeps moments m_t, v_t
of its own loss's gradient in every parameter that it reaches, and

    theta <- (1 - rate decay) theta - rate sum_t q_t m_t / (sqrt(v_t) + eps)      q_t = w_t / sum of w_s

with bias-corrected m and v, and weights w of the spec, summed over the heads s of the batch that reach theta. So what
one head alone reaches moves as if the head were alone, one head gives AdamW, and heads of equal gradients give AdamW on
one of them. The paper adds the heads' steps; their mean keeps the learning rate's meaning, `train.trunk_rate` the sum
at hand. Which head reaches what is read off the graph at each step, as in `model.balance.jacobian`.

An absent head's moments stand still. A penalty is a part of every head's loss, and each head's gradient is clipped on
its own, as it would be alone. Costs a backward pass and two moments a head.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.adamw import adamw

MOMENTS = ("exp_avg", "exp_avg_sq")


class HeadMoments(torch.optim.Optimizer):
    """`backward` takes the heads' gradients, `step` moves the parameters; `.grad` stays empty."""

    def __init__(self, groups: list[dict[str, Any]], *, lr: float, weights: Mapping[str, float], clip_norm: float):
        super().__init__(groups, {"lr": lr, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.0})
        self.weights, self.clip_norm = weights, clip_norm
        self.gradients: dict[nn.Parameter, dict[str, Tensor]] = {}

    def backward(self, losses: Mapping[str, Tensor], penalty: Tensor) -> dict[str, float]:
        """Keep the gradients of losses of shape () for `step`; return each head's share of the weights."""
        parameters = [each for group in self.param_groups for each in group["params"] if each.requires_grad]
        self.gradients = {parameter: {} for parameter in parameters}
        for name, loss in losses.items():
            found = torch.autograd.grad(loss + penalty, parameters, retain_graph=True, allow_unused=True)
            norm = torch.nn.utils.get_total_norm([row for row in found if row is not None])
            factor = torch.clamp(self.clip_norm / (norm + 1e-6), max=1.0)  # as `clip_grad_norm_` has it
            for parameter, row in zip(parameters, found, strict=True):
                if row is not None:
                    self.gradients[parameter][name] = row * factor
        total = sum(self.weights[name] for name in losses)
        return {name: self.weights[name] / total for name in losses}

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]  # nobody needs the loss again
        """Move every parameter that a head reached."""
        for group in self.param_groups:
            reached = [parameter for parameter in group["params"] if self.gradients.get(parameter)]
            for parameter in reached:
                parameter.mul_(1 - group["lr"] * group["weight_decay"])
            for (head, share), parameters in self._by_share(reached).items():
                self._move(head, share * group["lr"], parameters, group)
        self.gradients = {}

    def _by_share(self, reached: list[nn.Parameter]) -> dict[tuple[str, float], list[nn.Parameter]]:
        """Return head and its share -> the parameters that it moves by that share: the fused kernel takes many."""
        moved = defaultdict(list)
        for parameter in reached:
            heads = self.gradients[parameter]
            total = sum(self.weights[head] for head in heads)
            for head in heads:
                moved[head, self.weights[head] / total].append(parameter)
        return moved

    def _move(self, head: str, rate: float, parameters: list[nn.Parameter], group: dict[str, Any]) -> None:
        states = [self._state(parameter, head) for parameter in parameters]
        means, squares, steps = ([state[each] for state in states] for each in (*MOMENTS, "step"))
        (beta1, beta2), eps = group["betas"], group["eps"]
        adamw(
            list(parameters), [self.gradients[parameter][head] for parameter in parameters], means, squares, [], steps,
            fused=True, amsgrad=False, maximize=False, lr=rate, beta1=beta1, beta2=beta2, eps=eps, weight_decay=0.0,
        )  # fmt: skip

    def _state(self, parameter: nn.Parameter, head: str) -> dict[str, Tensor]:
        """Return a head's moments of a parameter; flat keys, so that checkpoints hold them like any others."""
        state = self.state[parameter]
        if f"step/{head}" not in state:
            state[f"step/{head}"] = torch.zeros((), dtype=torch.float32, device=parameter.device)
            for moment in MOMENTS:
                state[f"{moment}/{head}"] = torch.zeros_like(parameter)
        return {name: state[f"{name}/{head}"] for name in ("step", *MOMENTS)}
