"""How the weights move: the optimiser's groups, and the learning rate over a training."""

from __future__ import annotations

import math

import torch

from model.balance import Balance
from model.net import Net
from model.training.head_moments import HeadMoments
from schemas.spec.net import TrainSpec

FINAL_RATE_SHARE = 0.05
"""The learning rate ends at this share of its peak."""


def build_optimiser(net: Net, balance: Balance, settings: TrainSpec) -> torch.optim.Optimizer:
    """AdamW, fused: on a large embedding several times faster than the loop over tensors.

    Weight decay is for weight matrices alone: not for biases, norms, or rows of the embedding that no step touched.
    What heads share moves at `trunk_rate` times the rate, but for groups that bring a factor of their own.
    """
    own = [{"weight_decay": 0.0, **group} for group in [*net.sharing.param_groups(), *balance.param_groups()]]
    taken = {id(parameter) for group in own for parameter in group["params"]}
    trunk = {id(parameter) for parameter in net.sharing.parameters()}
    groups: dict[tuple[float, float], list[torch.nn.Parameter]] = {}
    for name, parameter in [*net.named_parameters(), *balance.named_parameters()]:
        if id(parameter) not in taken:
            is_decayed = parameter.ndim > 1 and not name.endswith(".table.weight")
            decay = settings.weight_decay if is_decayed else 0.0
            factor = settings.trunk_rate if id(parameter) in trunk else 1.0
            groups.setdefault((decay, factor), []).append(parameter)
    plain = [{"params": each, "weight_decay": decay, "rate_factor": factor} for (decay, factor), each in groups.items()]
    if settings.moments == "per_head":
        return HeadMoments(
            [*plain, *own], lr=settings.learning_rate, weights=balance.weights, clip_norm=settings.clip_norm
        )
    return torch.optim.AdamW([*plain, *own], lr=settings.learning_rate, fused=True)


def learning_rate(settings: TrainSpec, step: int, steps: int) -> float:
    """Return the rate of a step (from 0): linear warm-up, then a cosine down to `FINAL_RATE_SHARE` of the peak."""
    warmup = settings.warmup_share * steps
    if step < warmup:
        return settings.learning_rate * (step + 1) / (warmup + 1)
    done = (step - warmup) / max(1.0, steps - warmup)
    share = FINAL_RATE_SHARE + (1 - FINAL_RATE_SHARE) * 0.5 * (1 + math.cos(math.pi * done))
    return settings.learning_rate * share
