"""What holds for every prior in training; tests/test_kinds.py takes each to the device."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from model.data.batches import collate
from model.training.finished import load_net, read_tables

if TYPE_CHECKING:
    from tests.model.conftest import Workshop

PRIORS: dict[str, dict[str, Any]] = {
    "block_sparse": {"kind": "block_sparse", "strength": 0.2},
    "dirty": {"kind": "block_sparse", "norm": "inf", "strength": 0.05, "dirty": 0.1},
    "kmeans": {"kind": "cluster", "adaptor_width": 4},
    "given": {"kind": "cluster", "adaptor_width": 4, "clusters": [["intent"], ["slots", "topics"]]},
    "convex": {"kind": "cluster", "adaptor_width": 4, "form": "convex"},
    "relationship": {"kind": "relationship", "adaptor_width": 4, "every": 3},
}
HEADS: dict[str, dict[str, Any]] = {
    "intent": {"kind": "class"},
    "slots": {"kind": "tag"},
    "topics": {"kind": "multilabel", "auxiliary": True},
    "next_word": {"kind": "next_word", "auxiliary": True},
}


@pytest.mark.parametrize("prior", PRIORS.values(), ids=PRIORS)
def test_a_prior_trains_resumes_to_the_same_weights_and_ships_main_heads(
    workshop: Workshop, prior: dict[str, Any]
) -> None:
    spec = workshop.spec(HEADS, sharing={"kind": "hard", "prior": prior}, epochs=2, checkpoint_steps=2)
    rows = workshop.rows()
    for number, row in enumerate(rows):  # some rows lack the labels of one head, batches of them may lack the head
        row["labels"].pop("topics" if number % 3 else "intent")
    dataset = workshop.dataset(spec, rows)
    whole = workshop.train(spec, dataset)
    resumed = workshop.train_in_two(spec, dataset, 2)
    one, other = workshop.weights(spec, whole), workshop.weights(spec, resumed)
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert workshop.history(whole) == workshop.history(resumed)
    (epoch, *_) = workshop.history(whole)
    assert set(epoch["losses"]) == set(HEADS)
    assert epoch["penalties"]
    assert all(map(math.isfinite, epoch["penalties"].values()))
    tables = read_tables(whole)
    assert tables
    assert all({"intent", "slots", "topics"} == set(table.rows) for table in tables)
    net, featurizer = load_net(spec, whole)
    batch = workshop.random_batch(featurizer, [1, 5, 3])
    shipped = net.for_export()
    assert set(shipped.sharing.hidden_names()) == {"intent", "slots"}
    with torch.inference_mode():
        wanted, found = net(batch.ids, batch.mask), shipped(batch.ids, batch.mask)
    for name in ("intent", "slots"):
        torch.testing.assert_close(found[name], wanted[name], atol=1e-5, rtol=0)


@pytest.mark.parametrize("prior", [each for name, each in PRIORS.items() if name != "given"])
def test_a_prior_over_one_head_is_no_special_case(workshop: Workshop, prior: dict[str, Any]) -> None:
    alone = prior | ({"clusters": 1} if prior["kind"] == "cluster" else {})
    spec = workshop.spec(["intent"], sharing={"kind": "hard", "prior": alone}, epochs=1)
    dataset = workshop.dataset(spec)
    net = workshop.net(spec, dataset)
    batch = collate(workshop.encoded(spec, dataset)[0], np.arange(4))
    net.losses(net(batch.ids, batch.mask), batch.targets)["intent"].backward()
    net.on_step_end(2, 0.1)
    net.on_epoch_end(1)
    assert all(tensor.isfinite().all() for tensor in net.state_dict().values())
    assert all(penalty.isfinite() for penalty in net.penalties().values())
    assert all(table.rows == ("intent",) for table in net.tables())


@pytest.mark.parametrize("kind", ["cluster", "relationship"])
def test_adaptors_start_as_one_and_next_word_heads_have_none(workshop: Workshop, kind: str) -> None:
    spec = workshop.spec(HEADS, sharing={"kind": "hard", "prior": {"kind": kind, "adaptor_width": 4}})
    net = workshop.net(spec, workshop.dataset(spec))
    stack = [value for name, value in net.state_dict().items() if "adaptors" in name and name.endswith("weight")]
    assert len(stack) == 3
    assert all(torch.equal(weight, stack[0]) for weight in stack)
