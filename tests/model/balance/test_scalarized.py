"""Methods that make one scalar of the losses, against torchjd's classes and their own formulas."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torchjd import scalarization

from model.balance import build_balance
from model.balance.dwa import Dwa
from model.balance.famo import Famo
from model.balance.scalarized import Scalarizer
from schemas.data.heads import HeadPlan
from schemas.spec.balance import (
    DwaBalance,
    FamoBalance,
    GlsBalance,
    PbiBalance,
    RlwBalance,
    ScaleInvariantBalance,
    StchBalance,
)

NONE = torch.zeros((), dtype=torch.float64)


def heads(*weights: float) -> tuple[HeadPlan, ...]:
    return tuple(HeadPlan(f"h{i}", "score", (), weight, False) for i, weight in enumerate(weights))


def weights_of(spec: Any, values: list[float], *weights: float) -> dict[str, float]:
    """Return what each loss is weighted by."""
    balance = build_balance(spec, heads(*(weights or (1.0,) * len(values)))).double()
    leaves = [torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in values]
    given_ = balance.backward({f"h{i}": leaf for i, leaf in enumerate(leaves)}, NONE, net=None)
    assert list(given_.values()) == pytest.approx([float(leaf.grad) for leaf in leaves])
    return given_


@given(st.lists(st.floats(0.01, 10), min_size=1, max_size=6))
def test_gls_is_torchjds_geometric_mean(values: list[float]) -> None:
    balance = build_balance(GlsBalance(), heads(*(1.0,) * len(values)))
    assert isinstance(balance, Scalarizer)
    losses = torch.tensor(values, dtype=torch.float64)
    mine = balance.combine(losses, torch.full_like(losses, 1 / len(values)), list(range(len(values))))
    torch.testing.assert_close(mine, scalarization.GeometricMean()(losses))


def test_a_heads_weight_counts_in_logarithms_as_an_exponent() -> None:
    assert weights_of(ScaleInvariantBalance(), [0.5, 4.0], 3.0, 1.0) == pytest.approx(
        {"h0": 0.75 / 0.5, "h1": 0.25 / 4}
    )
    mean = 0.5**0.75 * 4**0.25
    assert weights_of(GlsBalance(), [0.5, 4.0], 3.0, 1.0) == pytest.approx({"h0": mean * 1.5, "h1": mean / 16})


def test_a_loss_of_zero_leaves_numbers() -> None:
    assert all(map(math.isfinite, weights_of(GlsBalance(), [0.0, 1.0]).values()))
    assert all(map(math.isfinite, weights_of(FamoBalance(), [0.0, 1.0]).values()))


def test_random_weights_are_new_each_step_and_positive_and_sum_to_one() -> None:
    torch.manual_seed(0)
    first, second = (weights_of(RlwBalance(), [1.0, 2.0, 3.0]) for _ in range(2))
    assert first != second
    assert min(first.values()) > 0
    assert sum(first.values()) == pytest.approx(1)


def test_the_smooth_maximum_teaches_the_worst_head() -> None:
    weights = weights_of(StchBalance(mu=0.01), [1.0, 2.0, 1.5])
    assert weights == pytest.approx({"h0": 0, "h1": 1 / 3, "h2": 0}, abs=1e-6)


def test_losses_on_the_ray_of_the_heads_weights_have_no_boundary_penalty() -> None:
    assert weights_of(PbiBalance(penalty=0.5), [1.0, 1.0]) == pytest.approx({"h0": 2**-0.5, "h1": 2**-0.5}, abs=1e-6)


def test_dwa_weights_by_how_slowly_each_loss_fell() -> None:
    balance, theirs = build_balance(DwaBalance(), heads(1.0, 1.0, 1.0)).double(), scalarization.DWA(2.0)
    assert isinstance(balance, Dwa)
    shares = torch.full((3,), 1 / 3, dtype=torch.float64)
    for epoch in ([1.0, 1.0, 1.0], [0.9, 0.5, 0.2], [0.9, 0.3, 0.1], [0.7, 0.3, 0.1]):
        losses = torch.tensor(epoch, dtype=torch.float64)
        torch.testing.assert_close(3 * balance.combine(losses, shares, [0, 1, 2]), theirs(losses))
        balance.on_epoch_end({f"h{i}": value for i, value in enumerate(epoch)})
        theirs.step()


def test_dwa_takes_a_head_without_two_epochs_as_one_that_stood_still() -> None:
    balance = build_balance(DwaBalance(), heads(1.0, 1.0)).double()
    assert isinstance(balance, Dwa)
    balance.on_epoch_end({"h0": 1.0, "h1": 1.0})
    balance.on_epoch_end({"h0": 1.0})
    losses = torch.tensor([1.0, 1.0], dtype=torch.float64)
    assert float(balance.combine(losses, losses / 2, [0, 1])) == pytest.approx(1)


def _toy() -> tuple[nn.Parameter, torch.optim.Optimizer]:
    weight = nn.Parameter(torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64))
    return weight, torch.optim.SGD([weight], lr=0.05)


def _losses(weight: Tensor) -> Tensor:
    return torch.stack([(weight - 1.5).square().sum(), 0.1 * (weight + 1).square().sum(), weight.square().mean() + 1])


def test_famo_moves_net_and_logits_as_torchjds_does() -> None:
    balance, theirs = build_balance(FamoBalance(), heads(1.0, 1.0, 1.0)).double(), scalarization.FAMO(3).double()
    assert isinstance(balance, Famo)
    (mine, my_optimiser), (other, their_optimiser) = _toy(), _toy()
    for _ in range(30):
        my_optimiser.zero_grad()
        their_optimiser.zero_grad()
        named = {f"h{i}": loss for i, loss in enumerate(_losses(mine))}
        balance.backward(named, NONE, net=None)
        theirs(_losses(other)).backward()
        my_optimiser.step()
        their_optimiser.step()
        balance.on_step_end(lambda: {f"h{i}": loss for i, loss in enumerate(_losses(mine.detach()))})
        theirs.update(_losses(other.detach()))
        torch.testing.assert_close(mine, other)
    assert float(balance.logits.abs().max()) > 0.1
    torch.testing.assert_close(balance.logits, next(theirs.parameters()).detach())


def test_famo_steps_along_a_convex_combination_that_starts_at_the_spec_and_is_freed_of_scale() -> None:
    weights = weights_of(FamoBalance(), [0.5, 4.0], 3.0, 1.0)
    assert sum(weights.values()) == pytest.approx(1)
    assert weights["h0"] * 0.5 / (weights["h1"] * 4.0) == pytest.approx(3.0)
