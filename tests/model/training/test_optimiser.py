from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from model.balance import build_balance
from model.training.optimiser import FINAL_RATE_SHARE, build_optimiser, learning_rate
from schemas.spec.net import TrainSpec

if TYPE_CHECKING:
    from tests.model.conftest import Workshop


def test_the_learning_rate_rises_to_its_peak_and_falls_to_its_last_share() -> None:
    settings = TrainSpec(learning_rate=0.01, warmup_share=0.1)
    rates = [learning_rate(settings, step, 100) for step in range(101)]
    peak = rates.index(max(rates))
    assert peak == 10
    assert rates[peak] == pytest.approx(0.01)
    assert rates[:11] == sorted(rates[:11])
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[100] == pytest.approx(0.01 * FINAL_RATE_SHARE)
    assert min(rates) > 0


def test_only_weight_matrices_decay_and_every_parameter_moves_once(workshop: Workshop) -> None:
    spec = workshop.spec()
    net = workshop.net(spec, workshop.dataset(spec))
    groups = build_optimiser(net, build_balance(spec.balance, net.plans), spec.train).param_groups
    moved = [parameter for group in groups for parameter in group["params"]]
    assert {id(parameter) for parameter in moved} == {id(parameter) for parameter in net.parameters()}
    assert len(moved) == len(list(net.parameters()))
    decayed = {id(parameter) for group in groups if group["weight_decay"] for parameter in group["params"]}
    table = net.sharing.embedding_of("intent").table.weight
    for parameter in net.parameters():
        assert (id(parameter) in decayed) == (parameter.ndim > 1 and parameter is not table)


@pytest.mark.parametrize("moments", ["shared", "per_head"])
def test_the_trunk_has_its_own_rate_and_the_heads_keep_theirs(workshop: Workshop, moments: str) -> None:
    spec = workshop.spec(trunk_rate=3.0, moments=moments)
    net = workshop.net(spec, workshop.dataset(spec))
    groups = build_optimiser(net, build_balance(spec.balance, net.plans), spec.train).param_groups
    factors = {id(parameter): group["rate_factor"] for group in groups for parameter in group["params"]}
    trunk = {id(parameter) for parameter in net.sharing.parameters()}
    assert {factors[each] for each in trunk} == {3.0}
    assert {factor for each, factor in factors.items() if each not in trunk} == {1.0}
