"""GradNorm (Chen et al. 2018)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from model.balance import build_balance
from model.balance.gradnorm import GradNorm
from model.data.batches import collate
from schemas.data.heads import HeadPlan
from schemas.spec.balance import GradNormBalance

if TYPE_CHECKING:
    from tests.model.conftest import Workshop

SCALES = {"loud": 9.0, "quiet": 1.0, "silent": 0.1}


class Toy(nn.Module):
    """Losses of equal value, whose gradients in the last shared layer differ by a factor."""

    def __init__(self) -> None:
        super().__init__()
        self.last = nn.Parameter(torch.zeros(3, dtype=torch.float64))
        self.sharing = self

    def last_shared_parameters(self) -> list[nn.Parameter]:
        return [self.last]

    def losses(self, *names: str) -> dict[str, Tensor]:
        return {name: 1 + SCALES[name] * self.last[list(SCALES).index(name)] for name in names or SCALES}


def gradnorm(alpha: float = 1.5) -> GradNorm:
    plans = tuple(HeadPlan(name, "score", (), 1.0, False) for name in SCALES)
    balance = build_balance(GradNormBalance(alpha=alpha), plans).double()
    assert isinstance(balance, GradNorm)
    return balance


def total(balance: GradNorm) -> float:
    return sum(float(factor.detach()) for factor in balance.factors)


def step(balance: GradNorm, toy: Toy, optimiser: torch.optim.Optimizer, *names: str) -> dict[str, float]:
    optimiser.zero_grad(set_to_none=True)
    weights = balance.backward(toy.losses(*names), torch.zeros((), dtype=torch.float64), toy)
    optimiser.step()
    balance.on_step_end(dict)
    return weights


def test_weights_level_the_gradients_of_heads_that_learn_at_one_rate_and_sum_to_their_number() -> None:
    balance, toy = gradnorm(), Toy()
    optimiser = torch.optim.SGD(balance.factors, lr=0.003)
    for _ in range(3000):
        weights = step(balance, toy, optimiser)
        assert total(balance) == pytest.approx(3)
    pulls = torch.tensor([weights[name] * scale for name, scale in SCALES.items()])
    assert float(pulls.max() / pulls.min()) < 1.3  # before the first step it is 90


@pytest.mark.parametrize(("alpha", "sign"), [(0.0, 1), (0.7, 1), (1.5, -1), (3.0, -1)])
def test_a_head_that_lags_is_helped_from_some_alpha_on(alpha: float, sign: int) -> None:
    balance, toy = gradnorm(alpha), Toy()
    with torch.no_grad():
        toy.last[0] = 0.5  # losses of 5.5, 1 and 1: `loud` pulls 2.7 times the mean and lags 2.2 times, 2.2^1.25 = 2.7
    balance.backward(toy.losses(), torch.zeros((), dtype=torch.float64), toy)
    assert float(balance.factors[0].grad) == sign * SCALES["loud"]


def test_the_gradient_of_the_weights_is_that_of_the_papers_objective() -> None:
    balance, toy = gradnorm(alpha=0.7), Toy()
    with torch.no_grad():
        toy.last.copy_(torch.tensor([0.1, -0.3, 2.0]))
    balance.backward(toy.losses(), torch.zeros((), dtype=torch.float64), toy)
    factors = torch.ones(3, dtype=torch.float64, requires_grad=True)
    norms = torch.tensor(list(SCALES.values()), dtype=torch.float64)
    values = torch.stack(list(toy.losses().values())).detach()
    target = ((factors * norms).mean() * (values / values.mean()) ** 0.7).detach()
    (expected,) = torch.autograd.grad((factors * norms - target).abs().sum(), factors)
    torch.testing.assert_close(torch.stack([factor.grad for factor in balance.factors]), expected)


def test_an_absent_head_keeps_its_weight_and_the_sum_stays() -> None:
    balance, toy = gradnorm(), Toy()
    optimiser = torch.optim.Adam(balance.factors, lr=0.05)
    for _ in range(5):
        step(balance, toy, optimiser)
    before = float(balance.factors[1].detach())
    assert before != pytest.approx(1, abs=1e-3)
    for _ in range(5):
        assert step(balance, toy, optimiser, "loud", "silent").keys() == {"loud", "silent"}
    assert float(balance.factors[1].detach()) == before
    assert total(balance) == pytest.approx(3)


def test_the_last_shared_layer_is_one_that_every_head_reaches(workshop: Workshop) -> None:
    for heads in (["intent", "slots"], ["intent", "slots", "next_word"]):
        spec = workshop.spec(heads)
        dataset = workshop.dataset(spec)
        encoded, _ = workshop.encoded(spec, dataset)
        net, batch = workshop.net(spec, dataset), collate(encoded, np.arange(4))
        last = net.sharing.last_shared_parameters()
        assert len(last) == len(list(net.sharing.trunk.layers[0].parameters()))
        for loss in net.losses(net(batch.ids, batch.mask), batch.targets).values():
            found = torch.autograd.grad(loss, last, retain_graph=True, allow_unused=True)
            assert any(gradient is not None and gradient.abs().sum() > 0 for gradient in found)
