"""The limits of hard sharing, in float64 and without dropout."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from torch import Tensor

from model.balance import build_balance
from model.data.batches import Batch, batch_rows, collate
from model.layers.heads import ScoreHead, build_head
from model.layers.trunk import CompactTrunk
from model.net import Net
from schemas.data.dataset import Dataset
from schemas.data.heads import plan_heads
from schemas.spec.balance import EqualBalance
from schemas.spec.product import Spec

if TYPE_CHECKING:
    from tests.model.conftest import Workshop

TOLERANCE = 1e-8


@pytest.fixture
def net(workshop: Workshop, spec: Spec, dataset: Dataset) -> Net:
    return workshop.net(spec, dataset).double()


@pytest.fixture
def batch(workshop: Workshop, spec: Spec, dataset: Dataset) -> Batch:
    encoded, _ = workshop.encoded(spec, dataset)
    return collate(encoded, np.arange(len(encoded)))


def _gradients(net: Net) -> dict[str, Tensor]:
    return {name: p.grad.clone() for name, p in net.named_parameters() if p.grad is not None}


def test_the_gradient_of_the_trunk_is_the_sum_of_the_heads_gradients(net: Net, batch: Batch) -> None:
    sum(net.losses(net(batch.ids, batch.mask), batch.targets).values()).backward()
    together = _gradients(net)
    alone: dict[str, Tensor] = {}
    for name in net.heads:
        net.zero_grad()
        net.losses(net(batch.ids, batch.mask), batch.targets)[name].backward()
        for parameter, gradient in _gradients(net).items():
            alone[parameter] = alone.get(parameter, torch.zeros_like(gradient)) + gradient
    assert together.keys() == alone.keys() == dict(net.named_parameters()).keys()
    torch.testing.assert_close(together, alone, atol=TOLERANCE, rtol=0)


def test_a_head_learns_from_its_own_loss_alone(net: Net, batch: Batch) -> None:
    net.losses(net(batch.ids, batch.mask), batch.targets)["intent"].backward()
    touched = {name.split(".")[1] for name in _gradients(net) if name.startswith("heads.")}
    assert touched == {"intent"}


def test_all_main_heads_read_one_tensor_and_next_word_heads_the_causal_states(net: Net, batch: Batch) -> None:
    hidden = net.states(batch.ids, batch.mask)
    main = [hidden[plan.name] for plan in net.plans if not plan.auxiliary]
    assert all(tensor is main[0] for tensor in main)
    assert hidden["next_word"].shape[-1] == main[0].shape[-1] // 2
    assert set(net.sharing.hidden_names().values()) == {"hidden"}
    assert "next_word" not in net.sharing.hidden_names()
    assert net.penalties() == {}


def test_the_order_of_heads_changes_nothing(
    workshop: Workshop, spec: Spec, dataset: Dataset, net: Net, batch: Batch
) -> None:
    plans = plan_heads(spec, dataset)
    turned = workshop.net(spec, dataset, plans=plans[::-1]).double()
    turned.load_state_dict(net.state_dict())
    losses = net.losses(net(batch.ids, batch.mask), batch.targets)
    others = turned.losses(turned(batch.ids, batch.mask), dict(reversed(batch.targets.items())))
    assert list(losses) == list(others)[::-1]
    assert all(torch.equal(losses[name], others[name]) for name in losses)
    none = torch.zeros((), dtype=torch.float64)
    build_balance(EqualBalance(), plans).backward(losses, none, net)
    build_balance(EqualBalance(), plans[::-1]).backward(others, none, turned)
    torch.testing.assert_close(_gradients(net), _gradients(turned), atol=TOLERANCE, rtol=0)


@pytest.mark.parametrize("name", ["intent", "slots", "topics", "urgency"])
def test_a_net_of_one_head_trains_as_a_trunk_with_that_head_bit_for_bit(workshop: Workshop, name: str) -> None:
    spec = workshop.spec({name: {**workshop.spec().heads[name].model_dump(), "weight": 3.0}})
    dataset = workshop.dataset(spec)
    encoded, featurizer = workshop.encoded(spec, dataset)
    (plan,) = plan_heads(spec, dataset)
    net = workshop.net(spec, dataset, seed=5)
    balance = build_balance(spec.balance, (plan,))
    torch.manual_seed(5)
    trunk = CompactTrunk(featurizer.size, spec.trunk)
    head = build_head(
        plan, trunk.width, trunk.embedding, dropout=spec.trunk.dropout, label_smoothing=spec.train.label_smoothing
    )
    for score in (net.head(name), head):
        if isinstance(score, ScoreHead):
            score.set_scale(45.0, 30.0)
    one = torch.optim.SGD(net.parameters(), lr=0.1)
    other = torch.optim.SGD([*trunk.parameters(), *head.parameters()], lr=0.1)
    for rows in batch_rows(encoded, 4, seed=0, epoch=1):
        batch = collate(encoded, rows)
        one.zero_grad()
        losses = net.losses(net(batch.ids, batch.mask), batch.targets)
        assert balance.backward(losses, torch.zeros(()), net) == {name: 1.0}
        one.step()
        other.zero_grad()
        loss = head.loss(head(trunk(batch.ids, batch.mask).layers[-1], batch.mask), batch.targets[name])
        loss.backward()
        other.step()
        assert torch.equal(losses[name], loss)
    for parameter, wanted in zip(net.parameters(), [*trunk.parameters(), *head.parameters()], strict=True):
        assert torch.equal(parameter, wanted)
