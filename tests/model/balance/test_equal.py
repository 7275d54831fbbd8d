from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from torch import Tensor

from model.balance import build_balance
from model.balance.equal import Equal
from model.data.batches import collate
from schemas.data.dataset import Dataset
from schemas.data.heads import HeadPlan, plan_heads
from schemas.spec.balance import EqualBalance
from schemas.spec.product import Spec

if TYPE_CHECKING:
    from tests.model.conftest import Workshop

WEIGHTS = {"a": 1.0, "b": 2.0, "c": 5.0}


@pytest.fixture
def equal() -> Equal:
    balance = build_balance(EqualBalance(), tuple(HeadPlan(n, "score", (), w, False) for n, w in WEIGHTS.items()))
    assert isinstance(balance, Equal)
    return balance


def _losses(x: Tensor) -> dict[str, Tensor]:
    """Three losses whose gradients in `x` are 1, 10 and 100."""
    return {name: x * 10**power for power, name in enumerate(WEIGHTS)}


def _x() -> Tensor:
    return torch.zeros((), dtype=torch.float64, requires_grad=True)


def _zero() -> Tensor:
    return torch.zeros((), dtype=torch.float64)


def test_the_loss_is_the_weighted_mean(equal: Equal) -> None:
    x = _x()
    weights = equal.backward(_losses(x), _zero(), net=None)
    assert weights == {"a": 1 / 8, "b": 2 / 8, "c": 5 / 8}
    assert x.grad is not None
    assert float(x.grad) == pytest.approx((1 + 2 * 10 + 5 * 100) / 8)


def test_the_weights_of_the_heads_that_are_there_make_one(equal: Equal) -> None:
    x = _x()
    losses = _losses(x)
    del losses["b"]
    weights = equal.backward(losses, _zero(), net=None)
    assert weights == {"a": 1 / 6, "c": 5 / 6}
    assert x.grad is not None
    assert float(x.grad) == pytest.approx((1 + 5 * 100) / 6)


def test_a_head_alone_has_its_own_gradient_whatever_its_weight(equal: Equal) -> None:
    x = _x()
    assert equal.backward({"c": _losses(x)["c"]}, _zero(), net=None) == {"c": 1.0}
    assert x.grad is not None
    assert float(x.grad) == 100


def test_the_penalty_is_added_whole(equal: Equal) -> None:
    x = _x()
    equal.backward({"a": _losses(x)["a"]}, 7 * x, net=None)
    assert x.grad is not None
    assert float(x.grad) == 8


def test_an_absent_head_gets_no_gradient_and_is_not_moved_by_the_optimiser(
    workshop: Workshop, spec: Spec, dataset: Dataset
) -> None:
    encoded, _ = workshop.encoded(spec, dataset)
    net = workshop.net(spec, dataset)
    balance = build_balance(spec.balance, plan_heads(spec, dataset))
    optimiser = torch.optim.AdamW(net.parameters(), lr=0.1, weight_decay=0.1)

    def step(without: str | None = None) -> dict[str, float]:
        batch = collate(encoded, np.arange(4))
        targets = {name: target for name, target in batch.targets.items() if name != without}
        optimiser.zero_grad(set_to_none=True)
        losses = net.losses(net(batch.ids, batch.mask), targets)
        weights = balance.backward(losses, torch.zeros(()), net)
        optimiser.step()
        return weights

    assert step().keys() == spec.heads.keys()  # AdamW has momentum in every head now
    before = {name: p.clone() for name, p in net.named_parameters()}
    weights = step(without="slots")
    assert "slots" not in weights
    assert sum(weights.values()) == pytest.approx(1)
    moved = {name for name, p in net.named_parameters() if not torch.equal(p, before[name])}
    assert moved
    assert not any(name.startswith("heads.slots.") for name in moved)
    assert all(p.grad is None for p in net.head("slots").parameters())
