"""Uncertainty weighting and IMTL-L."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from model.balance import build_balance
from model.balance.uncertainty import Uncertainty
from schemas.data.heads import HeadPlan
from schemas.spec.balance import ImtlLossBalance, UncertaintyBalance

HEADS = (HeadPlan("room", "class", ("a", "b"), 1.0, False), HeadPlan("heat", "score", (), 1.0, False))
FIXED = {"room": 0.3, "heat": 2.0}


def balance_of(spec: UncertaintyBalance | ImtlLossBalance) -> Uncertainty:
    balance = build_balance(spec, HEADS).double()
    assert isinstance(balance, Uncertainty)
    return balance


def losses_of(x: Tensor) -> dict[str, Tensor]:
    """Two losses of fixed value at x = 1, whose gradients there are their values."""
    return {name: value * x for name, value in FIXED.items()}


def one() -> Tensor:
    return torch.ones((), dtype=torch.float64, requires_grad=True)


def backward(balance: Uncertainty, losses: dict[str, Tensor]) -> dict[str, float]:
    return balance.backward(losses, torch.zeros((), dtype=torch.float64), net=None)


@pytest.mark.parametrize(
    ("spec", "variances"),
    [
        (UncertaintyBalance(), {"room": 2 * FIXED["room"], "heat": FIXED["heat"]}),
        (ImtlLossBalance(), {"room": FIXED["room"], "heat": FIXED["heat"]}),
    ],
    ids=["uncertainty", "imtl_l"],
)
def test_for_fixed_losses_the_variance_ends_at_the_loss_or_twice_the_loss(
    spec: UncertaintyBalance | ImtlLossBalance, variances: dict[str, float]
) -> None:
    balance = balance_of(spec)
    optimiser = torch.optim.LBFGS(
        list(balance.log_variances), tolerance_grad=1e-12, tolerance_change=0, max_iter=500, lr=0.5
    )

    def closure() -> float:
        optimiser.zero_grad()
        losses = losses_of(one())
        backward(balance, losses)
        return float(balance.combine(torch.stack(list(losses.values())), balance.shares(losses), [0, 1]).detach())

    optimiser.step(closure)
    found = [math.exp(float(each.detach())) for each in balance.log_variances]
    assert found == pytest.approx(list(variances.values()), abs=1e-6)


def test_the_gradient_of_the_net_is_that_of_the_losses_times_their_weights() -> None:
    balance, x = balance_of(UncertaintyBalance()), one()
    with torch.no_grad():
        balance.log_variances[0].fill_(0.7)
        balance.log_variances[1].fill_(-1.2)
    weights = backward(balance, losses_of(x))
    assert weights == pytest.approx({"room": math.exp(-0.7) / 2, "heat": 0.5 * math.exp(1.2) / 2})
    assert x.grad is not None
    assert float(x.grad) == pytest.approx(sum(weights[name] * value for name, value in FIXED.items()))


def test_an_absent_head_adds_neither_of_its_terms_and_keeps_its_variance() -> None:
    balance = balance_of(UncertaintyBalance())
    optimiser = torch.optim.Adam(balance.param_groups()[0]["params"], lr=0.1)
    backward(balance, losses_of(one()))
    optimiser.step()  # Adam has momentum for both now
    before = float(balance.log_variances[1].detach())
    assert before != 0
    for _ in range(5):
        optimiser.zero_grad()
        backward(balance, {"room": losses_of(one())["room"]})
        optimiser.step()
    assert float(balance.log_variances[1].detach()) == before
    only = torch.tensor([0.3], dtype=torch.float64)
    alone = balance.combine(only, torch.ones_like(only), [0])
    s = float(balance.log_variances[0].detach())
    assert float(alone.detach()) == pytest.approx(math.exp(-s) * 0.3 + s / 2)


def test_the_objective_may_be_negative_and_the_variance_stays_in_its_bounds() -> None:
    balance = balance_of(UncertaintyBalance())
    optimiser = torch.optim.SGD(list(balance.log_variances), lr=100.0)
    tiny = torch.tensor([1e-9, 1e-9], dtype=torch.float64)
    for _ in range(5):
        optimiser.zero_grad()
        balance.combine(tiny, torch.full_like(tiny, 0.5), [0, 1]).backward()
        optimiser.step()
        balance.on_step_end(dict)
    assert [float(each.detach()) for each in balance.log_variances] == [-6.0, -6.0]
    assert float(balance.combine(tiny, torch.full_like(tiny, 0.5), [0, 1]).detach()) < 0


def test_the_variances_have_a_faster_rate_of_their_own_and_no_decay() -> None:
    (group,) = balance_of(UncertaintyBalance()).param_groups()
    assert (group["rate_factor"], group["weight_decay"], len(group["params"])) == (10.0, 0.0, 2)
