"""What every balancing method must do: train on partial labels, stop and go on, take absent heads."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
import pytest
import torch

from model.balance import build_balance
from model.data.batches import collate
from model.training.finished import read_history
from model.training.loop import train
from schemas.data.dataset import Dataset
from schemas.data.heads import plan_heads
from schemas.spec.balance import BalanceSpec
from schemas.spec.bounded_yaml import SpecError
from schemas.spec.product import Spec
from tests.model.conftest import HEADS as WHOLE

if TYPE_CHECKING:
    from tests.model.conftest import Workshop

SECTIONS = get_args(get_args(BalanceSpec)[0])
KINDS = [kind for section in SECTIONS for kind in get_args(section.model_fields["kind"].annotation)]
HEADS = ("intent", "slots", "urgency", "next_word")


def spec_of(workshop: Workshop, kind: str, **train: Any) -> Spec:
    """Three heads of different kinds, and next words, which reach a part of the trunk alone."""
    heads = {name: {**WHOLE[name], "weight": 1.0} for name in HEADS}  # some methods take no other weights
    return workshop.spec(heads, balance={"kind": kind}, epochs=3, batch_size=8, **train)


@pytest.fixture(scope="module")
def partial(workshop: Workshop) -> Dataset:
    """Each row labels one head or two; scores are on three rows alone."""
    rows = workshop.rows()
    for number, row in enumerate(rows):
        keep = {"intent"} if number % 3 == 0 else {"slots"} if number % 3 == 1 else {"intent", "slots"}
        keep |= {"urgency"} if number in (0, 1, 13) or row["split"] == "valid" else set()
        row["labels"] = {head: label for head, label in row["labels"].items() if head in keep}
    return workshop.dataset(spec_of(workshop, "equal"), rows)


@pytest.mark.parametrize("kind", KINDS)
def test_it_trains_on_partial_labels_and_ends_the_same_when_stopped_on_the_way(
    workshop: Workshop, partial: Dataset, kind: str
) -> None:
    spec = spec_of(workshop, kind, checkpoint_steps=2)
    whole = workshop.train(spec, partial)
    history = read_history(whole)
    assert [set(epoch.weights) for epoch in history] == [set(HEADS)] * 3
    assert all(math.isfinite(weight) for epoch in history for weight in epoch.weights.values())
    assert sum(history[-1].losses.values()) < sum(history[0].losses.values())
    folder = workshop.folder()
    # Reports come at the end of each epoch's steps and of the epoch: stop in the second epoch, after what it remembers.
    workshop.stop_after(3, train(spec, partial, folder))
    assert (folder / "checkpoint.safetensors").exists()
    workshop.train(spec, partial, folder)
    assert workshop.history(folder) == workshop.history(whole)
    resumed, undisturbed = workshop.weights(spec, folder), workshop.weights(spec, whole)
    assert all(torch.equal(resumed[name], weight) for name, weight in undisturbed.items())


@pytest.mark.parametrize("kind", KINDS)
def test_an_absent_head_has_no_weight_and_no_gradient_and_keeps_its_memory(
    workshop: Workshop, partial: Dataset, kind: str
) -> None:
    spec = spec_of(workshop, kind)
    encoded, _ = workshop.encoded(spec, partial)
    net, balance = workshop.net(spec, partial), build_balance(spec.balance, plan_heads(spec, partial))
    own = [{"weight_decay": 0.0, **group, "lr": 0.1} for group in balance.param_groups()]
    optimiser = torch.optim.AdamW([{"params": list(net.parameters())}, *own], lr=0.01, weight_decay=0.1)
    batch = collate(encoded, np.arange(len(encoded)))

    def step(*names: str) -> dict[str, float]:
        targets = {name: batch.targets[name] for name in names}

        def again() -> dict[str, torch.Tensor]:
            with torch.no_grad():
                return net.losses(net(batch.ids, batch.mask), targets)

        optimiser.zero_grad(set_to_none=True)
        losses = net.losses(net(batch.ids, batch.mask), targets)
        weights = balance.backward(losses, torch.zeros(()), net)
        optimiser.step()
        balance.on_step_end(again)
        balance.on_epoch_end({name: float(loss.detach()) for name, loss in losses.items()})
        return weights

    def memory() -> list[torch.Tensor]:
        """What is kept of slots, the second head: DWA's epochs are its last axis, and an epoch without it is none."""
        entries = []
        for name, value in balance.state_dict().items():
            if kind != "dwa" and (value.ndim or name.endswith(".1")):
                entries.append(value[1] if value.ndim else value)
        return [entry.clone() for entry in entries]

    for _ in range(3):
        assert step(*HEADS).keys() == set(HEADS)
    before, head = memory(), {name: value.clone() for name, value in net.head("slots").state_dict().items()}
    for _ in range(2):
        weights = step("intent", "urgency", "next_word")
        assert weights.keys() == {"intent", "urgency", "next_word"}
        assert all(math.isfinite(weight) for weight in weights.values())
    assert all(torch.equal(a, b) for a, b in zip(before, memory(), strict=True))
    assert all(torch.equal(net.head("slots").state_dict()[name], value) for name, value in head.items())
    assert all(parameter.grad is None for parameter in net.head("slots").parameters())
    assert step("slots").keys() == {"slots"}
    assert all(math.isfinite(weight) for weight in step(*HEADS).values())


@pytest.mark.parametrize("kind", KINDS)
def test_a_head_alone_keeps_the_direction_of_its_gradient_and_the_penalty_is_added(
    workshop: Workshop, partial: Dataset, kind: str
) -> None:
    spec = workshop.spec(["intent"], balance={"kind": kind})
    encoded, _ = workshop.encoded(spec, partial)
    net = workshop.net(spec, partial).double()
    batch = collate(encoded, np.arange(8))

    def gradient(penalised: bool) -> torch.Tensor:
        balance = build_balance(spec.balance, plan_heads(spec, partial)).double()
        net.zero_grad(set_to_none=True)
        losses = net.losses(net(batch.ids, batch.mask), batch.targets)
        table = net.sharing.embedding_of("intent").project.weight
        penalty = table.sum() if penalised else torch.zeros((), dtype=torch.float64)
        torch.manual_seed(0)
        balance.backward(losses, penalty, net)
        return torch.cat([p.grad.flatten() if p.grad is not None else 0 * p.flatten() for p in net.parameters()])

    found = gradient(penalised=False)
    own = torch.autograd.grad(net.losses(net(batch.ids, batch.mask), batch.targets)["intent"], list(net.parameters()))
    expected = torch.cat([each.flatten() for each in own])
    assert float(torch.cosine_similarity(found, expected, dim=0)) == pytest.approx(1, abs=1e-9)
    assert float((gradient(penalised=True) - found).sum()) == pytest.approx(16 * 16)


def test_an_unknown_kind_is_refused_with_the_known_ones(workshop: Workshop) -> None:
    with pytest.raises(SpecError, match=r"(?s)balance.*upgrad.*'sdmgrad'"):
        workshop.spec(["intent"], balance={"kind": "sdmgrad"})


def test_an_option_of_another_kind_is_refused_by_its_place(workshop: Workshop) -> None:
    with pytest.raises(SpecError, match=r"balance\.mu: unknown key"):
        workshop.spec(["intent"], balance={"kind": "upgrad", "mu": 1})


def test_gradnorm_is_refused_where_nothing_is_shared(workshop: Workshop) -> None:
    with pytest.raises(SpecError, match="share_embedding: true"):
        workshop.spec(
            ["intent", "slots"], sharing={"kind": "soft", "share_embedding": False}, balance={"kind": "gradnorm"}
        )
