"""Soft sharing: what its proximal steps do (limits are in test_limits)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from torch import Tensor

from model.sharing.soft import FLATTENINGS, PERIOD, Soft
from model.sharing.tensors import fold, shrink, trace_norm, unfold
from schemas.spec.sharing import SoftSharing

if TYPE_CHECKING:
    from tests.model.conftest import Workshop


@pytest.fixture
def apart(workshop: Workshop) -> Soft:
    """Three columns that differ, in float64."""
    return soft(workshop)


def soft(workshop: Workshop, norm: str = "l2", strength: float = 2.0) -> Soft:
    heads = ("intent", "slots", "topics")
    spec = workshop.spec(heads)
    net = workshop.net(
        spec.model_copy(update={"sharing": SoftSharing(norm=norm, strength=strength)}),
        workshop.dataset(spec),
    ).double()
    assert isinstance(net.sharing, Soft)
    torch.manual_seed(1)
    for parameter in net.sharing.parameters():
        parameter.data += 0.1 * torch.randn_like(parameter)
    return net.sharing


def columns(sharing: Soft) -> Tensor:
    """All tied weights, one row a head."""
    nets = zip(sharing.embeddings, sharing.layers, strict=True)
    return torch.stack(
        [torch.cat([p.detach().flatten() for part in net for p in part.parameters()]).clone() for net in nets]
    )


def test_the_penalty_in_pairs_is_t_times_that_from_the_mean(apart: Soft) -> None:
    theta = columns(apart)
    pairs = sum((theta[s] - theta[t]).square().sum() for t in range(3) for s in range(t))
    apart.on_step_end(0, 0.0)
    assert torch.equal(columns(apart), theta)
    torch.testing.assert_close(apart.penalties()["soft_l2"], 2.0 * pairs / 3)


def test_the_step_of_l2_is_exact_and_keeps_the_mean(apart: Soft) -> None:
    """It solves min 1/2 sum_t ||x_t - theta_t||^2 + lr lambda sum_t ||x_t - mean x||^2, found by its own gradient."""
    before = columns(apart)
    apart.on_step_end(0, 0.3)
    found = columns(apart).requires_grad_()
    ((found - before).square().sum() / 2 + 0.3 * 2.0 * (found - found.mean(0)).square().sum()).backward()
    assert float(found.grad.abs().max()) < 1e-12
    torch.testing.assert_close(found.detach().mean(0), before.mean(0), atol=1e-12, rtol=0)


def test_the_gradient_of_the_penalty_sums_to_zero_over_the_heads(apart: Soft) -> None:
    theta = columns(apart).requires_grad_()
    (theta - theta.mean(0)).square().sum().backward()
    assert float(theta.grad.sum(0).abs().max()) < 1e-12


@pytest.mark.parametrize("norm", FLATTENINGS)
def test_a_trace_norm_falls_by_its_steps_and_leaves_biases_alone(workshop: Workshop, norm: str) -> None:
    sharing = soft(workshop, norm, strength=0.2)
    untied = {name: p.detach().clone() for name, p in sharing.named_parameters() if p.ndim != 2}
    norms = []
    for step in range(2 * PERIOD[norm]):
        sharing.on_step_end(step, 1.0 / PERIOD[norm])
        norms.append(float(sharing.penalties()[f"soft_{norm}"]))
    assert norms[-1] < norms[PERIOD[norm] - 1]
    assert all(torch.equal(sharing.get_parameter(name), before) for name, before in untied.items())
    stacks = [torch.stack([p.detach() for p in group], -1) for _, group in sharing._tied()]
    wanted = sum(torch.linalg.svdvals(unfold(stack, rows)).sum() for stack in stacks for rows in FLATTENINGS[norm])
    torch.testing.assert_close(torch.tensor(norms[-1], dtype=torch.float64), 0.2 * wanted)


@pytest.mark.parametrize("norm", FLATTENINGS)
def test_a_rare_step_pulls_as_far_as_all_those_that_it_stands_for(workshop: Workshop, norm: str) -> None:
    sharing = soft(workshop, norm, strength=0.5)
    pull = PERIOD[norm] * 0.02 * 0.5
    wanted = []
    for _, group in sharing._tied():
        weights = torch.stack([parameter.detach().clone() for parameter in group], -1)
        for rows in FLATTENINGS[norm]:
            weights = fold(shrink(unfold(weights, rows), pull), weights.shape, rows)
        wanted.append(weights)
    for step in range(PERIOD[norm]):
        sharing.on_step_end(step, 0.02)
    found = [torch.stack([parameter.detach() for parameter in group], -1) for _, group in sharing._tied()]
    torch.testing.assert_close(found, wanted, atol=1e-12, rtol=0)


def test_a_strong_trace_norm_leaves_one_net_for_all_and_the_table_says_so(workshop: Workshop) -> None:
    ranks = []
    for strength in (0.0, 0.5, 2.0, 4.0):
        sharing = soft(workshop, "trace_laf", strength)
        sharing.on_step_end(0, 1.0)
        distances, table = sharing.tables()
        ranks.append(sum(line[0] for line in table.values))
        assert distances.values[0][0] == 0
    assert ranks == sorted(ranks, reverse=True)
    assert ranks[0] > ranks[-1] == len(table.rows)


@pytest.mark.parametrize("norm", ["trace_tucker", "trace_tt"])
def test_steps_one_after_the_other_come_to_the_minimum_of_the_sum(norm: str) -> None:
    """Incremental proximal steps of falling length, against subgradients on min 1/2 ||X - A||^2 + 1/2 sum of norms."""
    torch.manual_seed(0)
    target = torch.randn(5, 4, 3, dtype=torch.float64)

    def objective(tensor: Tensor) -> Tensor:
        norms = torch.stack([trace_norm(unfold(tensor, rows)) for rows in FLATTENINGS[norm]])
        return (tensor - target).square().sum() / 2 + norms.sum() / 2

    found = target.clone()
    rival = target.clone().requires_grad_()
    best = float("inf")
    for step in range(1500):
        rate = 0.5 / (1 + step / 20)
        found = found - rate * (found - target)
        for rows in FLATTENINGS[norm]:
            found = fold(shrink(unfold(found, rows), rate / 2), found.shape, rows)
        loss = objective(rival)
        best = min(best, float(loss.detach()))
        (gradient,) = torch.autograd.grad(loss, rival)
        rival.data -= rate * gradient
    assert abs(float(objective(found)) - best) < 2e-3 * best
