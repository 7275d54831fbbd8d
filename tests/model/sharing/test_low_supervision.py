"""What low supervision promises; all heads at the last layer is in tests/model/test_equivalences.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from model.data.batches import Batch, collate
from model.net import Net
from model.sharing.low_supervision import LowSupervision
from schemas.data.dataset import Dataset
from schemas.spec.bounded_yaml import SpecError
from schemas.spec.product import Spec

if TYPE_CHECKING:
    from tests.model.conftest import Workshop

HEADS: dict[str, dict[str, Any]] = {
    "slots": {"kind": "tag", "depth": 1},
    "topics": {"kind": "multilabel", "depth": 2},
    "intent": {"kind": "class"},
    "next_word": {"kind": "next_word", "auxiliary": True, "weight": 0.1},
}
SHARING = {"kind": "low_supervision"}


@pytest.fixture(scope="module")
def low(workshop: Workshop) -> Spec:
    return workshop.spec(HEADS, {"layers": 3}, SHARING, epochs=2, checkpoint_steps=2)


@pytest.fixture(scope="module")
def data(workshop: Workshop, low: Spec) -> Dataset:
    return workshop.dataset(low)


@pytest.fixture
def net(workshop: Workshop, low: Spec, data: Dataset) -> Net:
    return workshop.net(low, data).double()


@pytest.fixture(scope="module")
def batch(workshop: Workshop, low: Spec, data: Dataset) -> Batch:
    encoded, _ = workshop.encoded(low, data)
    return collate(encoded, np.arange(len(encoded)))


@pytest.mark.parametrize(("head", "depth"), [("slots", 1), ("topics", 2), ("intent", 3), ("next_word", 1)])
def test_a_head_trains_the_layers_up_to_its_own_and_none_above(net: Net, batch: Batch, head: str, depth: int) -> None:
    torch.autograd.backward(net.losses(net(batch.ids, batch.mask), batch.targets)[head])
    assert isinstance(net.sharing, LowSupervision)
    trained = [any(p.grad is not None for p in layer.parameters()) for layer in net.sharing.trunk.layers]
    assert trained == [True] * depth + [False] * (3 - depth)


def test_a_trunk_cut_at_a_heads_layer_gives_it_the_same_states(net: Net, batch: Batch) -> None:
    whole = net.states(batch.ids, batch.mask)
    assert isinstance(net.sharing, LowSupervision)
    for depth, head in ((2, "topics"), (1, "slots")):
        net.sharing.trunk.layers = net.sharing.trunk.layers[:depth]
        cut = net.sharing.trunk(batch.ids, batch.mask).layers[-1]
        assert torch.equal(cut, whole[head])


def test_each_depth_is_one_tensor_of_the_export(net: Net) -> None:
    assert net.sharing.hidden_names() == {"slots": "hidden.1", "topics": "hidden.2", "intent": "hidden.3"}


def test_what_more_than_one_head_trains_is_shared_and_the_deepest_heads_own_layers_are_not(net: Net) -> None:
    assert isinstance(net.sharing, LowSupervision)
    shared = {id(parameter) for parameter in net.sharing.shared_parameters()}
    assert all(id(parameter) in shared for parameter in net.sharing.trunk.layers[1].parameters())
    assert not any(id(parameter) in shared for parameter in net.sharing.trunk.layers[2].parameters())


def test_a_dropped_training_ends_as_if_it_had_not_been(workshop: Workshop, low: Spec, data: Dataset) -> None:
    resumed = workshop.weights(low, workshop.train_in_two(low, data, 3))
    whole = workshop.weights(low, workshop.train(low, data))
    assert all(torch.equal(resumed[name], whole[name]) for name in whole)


def test_heads_that_leave_layers_untrained_are_refused_with_the_cure(workshop: Workshop) -> None:
    heads = {name: {**HEADS[name], "depth": 1} for name in ("slots", "intent")}
    with pytest.raises(SpecError, match=r"the deepest head reads layer 1 of 3.*set trunk\.layers to 1"):
        workshop.spec(heads, {"layers": 3}, SHARING)


def test_a_next_word_head_takes_no_depth(workshop: Workshop) -> None:
    with pytest.raises(SpecError, match="only the first layer is causal"):
        workshop.spec({**HEADS, "next_word": {**HEADS["next_word"], "depth": 2}}, {"layers": 3}, SHARING)
