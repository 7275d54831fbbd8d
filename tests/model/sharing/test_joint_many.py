"""What joint many-task training promises; its plain stack is in tests/model/test_equivalences.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from model.data.batches import Batch, collate
from model.net import Net
from model.sharing.joint_many import JointMany, LabelEmbedding, spread_depths
from model.training.finished import load_net, read_history, read_tables
from model.training.loop import Training
from model.training.reports import EpochReport
from schemas.data.dataset import Dataset
from schemas.data.heads import HeadPlan
from schemas.spec.product import Spec

if TYPE_CHECKING:
    from tests.model.conftest import Workshop

HEADS = ("slots", "topics", "intent", "urgency", "next_word")
SHARING: dict[str, Any] = {"kind": "joint_many", "label_width": 5}


@pytest.fixture(scope="module")
def joint(workshop: Workshop) -> Spec:
    return workshop.spec(HEADS, {"layers": 3}, SHARING, epochs=3, checkpoint_steps=2)


@pytest.fixture(scope="module")
def data(workshop: Workshop, joint: Spec) -> Dataset:
    return workshop.dataset(joint)


@pytest.fixture
def net(workshop: Workshop, joint: Spec, data: Dataset) -> Net:
    return workshop.net(joint, data).double()


@pytest.fixture(scope="module")
def batch(workshop: Workshop, joint: Spec, data: Dataset) -> Batch:
    encoded, _ = workshop.encoded(joint, data)
    return collate(encoded, np.arange(len(encoded)))


def _system(net: Net) -> JointMany:
    assert isinstance(net.sharing, JointMany)
    return net.sharing


def _norm(net: Net, layer: int) -> Tensor:
    return _system(net).trunk.get_parameter(f"layers.{layer}.norm.weight")


def _plan(name: str, kind: Any = "class", depth: int | None = None) -> HeadPlan:
    return HeadPlan(name, kind, ("x", "y", "z"), 1.0, False, depth)


@pytest.mark.parametrize(
    ("heads", "layers", "depths"),
    [
        ("ab", 2, [1, 2]),
        ("abc", 2, [1, 2, 2]),
        ("abcd", 3, [1, 2, 3, 3]),
        ("ab", 4, [2, 4]),
        ("a", 3, [3]),
    ],
)
def test_heads_are_spread_over_the_layers_in_the_specs_order(heads: str, layers: int, depths: list[int]) -> None:
    assert list(spread_depths(tuple(map(_plan, heads)), layers).values()) == depths


def test_a_head_with_a_depth_keeps_it_and_the_last_other_head_reads_the_top() -> None:
    heads = (_plan("a"), _plan("b", depth=1), _plan("c"), _plan("d", "next_word"))
    assert spread_depths(heads, 4) == {"a": 2, "b": 1, "c": 4}


@pytest.mark.parametrize(("kind", "shape"), [("class", (2, 3)), ("tag", (2, 4, 7))])
def test_a_sure_answer_embeds_as_its_labels_row(kind: Any, shape: tuple[int, ...]) -> None:
    embedding = LabelEmbedding(_plan("a", kind), 5).double()
    logits = torch.full(shape, -1e4, dtype=torch.float64)
    logits[..., 2] = 1e4
    found = embedding(logits)
    assert found.shape == (2, 4 if kind == "tag" else 1, 5)
    torch.testing.assert_close(found, embedding.vectors[2].expand_as(found), atol=1e-12, rtol=0)


def test_a_multilabel_answer_embeds_as_the_sum_of_its_labels_rows() -> None:
    embedding = LabelEmbedding(_plan("a", "multilabel"), 5).double()
    found = embedding(torch.tensor([[1e4, -1e4, 1e4]], dtype=torch.float64))
    torch.testing.assert_close(found[0, 0], embedding.vectors[0] + embedding.vectors[2], atol=1e-12, rtol=0)


def test_without_weight_on_words_and_answers_it_is_the_plain_stack(net: Net, batch: Batch) -> None:
    system = _system(net)
    found = net.states(batch.ids, batch.mask)
    for module in system.entries.modules():
        if isinstance(module, nn.Linear):
            nn.init.zeros_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    plain = system.trunk(batch.ids, batch.mask)
    bare = net.states(batch.ids, batch.mask)
    for head, depth in {"slots": 1, "topics": 2, "intent": 3, "urgency": 3}.items():
        assert torch.equal(bare[head], plain.layers[depth])
        assert torch.equal(bare[head], found[head]) == (depth == 1)


def test_a_higher_heads_loss_reaches_the_lower_heads_through_their_answers(net: Net, batch: Batch) -> None:
    torch.autograd.backward(net.losses(net(batch.ids, batch.mask), batch.targets)["intent"])
    for lower in ("slots", "topics"):
        assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in net.heads[lower].parameters()), lower
    assert all(p.grad is None for p in net.heads["urgency"].parameters())


def test_a_next_word_head_sees_no_later_word(net: Net, batch: Batch) -> None:
    net.eval()
    changed = batch.ids.clone()
    changed[:, 2:] = changed[:, 2:].roll(1, 0)
    before, after = (net(ids, batch.mask)["next_word"] for ids in (batch.ids, changed))
    assert torch.equal(before[:, :2], after[:, :2])
    assert not torch.equal(before[:, 2:], after[:, 2:])


def test_nothing_is_held_in_the_first_epoch_nor_without_a_delta(workshop: Workshop, joint: Spec, data: Dataset) -> None:
    held, free = (workshop.spec(HEADS, {"layers": 3}, {**SHARING, "successive": x}, epochs=2) for x in (50.0, 0))
    histories = [workshop.history(workshop.train(spec, data)) for spec in (held, free)]
    assert histories[0][0]["penalties"] == {"successive": 0.0}
    assert histories[0][1]["penalties"]["successive"] > 0
    assert [epoch["penalties"] for epoch in histories[1]] == [{}, {}]
    assert histories[0][0]["losses"] == histories[1][0]["losses"]
    assert histories[0][1]["losses"] != histories[1][1]["losses"]


def test_the_proximal_step_minimises_the_penalty_plus_half_the_squared_move(net: Net) -> None:
    system, rate = _system(net), 0.1
    net.on_epoch_end(1)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(torch.randn_like(parameter))
    start = {name: parameter.detach().clone() for name, parameter in net.named_parameters()}
    net.on_step_end(0, rate)
    # Stationary: theta - start + rate * gradient of the penalty = 0, the gradient taken by hand from the definition.
    shares = {id(p): share for share, p in system._held()}
    before = {id(p): system.get_buffer(f"before_{i}") for i, (_, p) in enumerate(system._held())}
    for name, parameter in net.named_parameters():
        share = shares.get(id(parameter), 0.0)
        gradient = 2 * system.successive * share * (parameter.detach() - before[id(parameter)]) if share else 0.0
        torch.testing.assert_close(parameter.detach() + rate * gradient, start[name], atol=1e-12, rtol=0)


def test_lower_layers_are_held_by_the_share_of_heads_above_them(net: Net) -> None:
    # slots at 1, topics at 2, intent and urgency at 3
    system = _system(net)
    shares: dict[int, float] = {id(parameter): share for share, parameter in system._held()}

    def share_of(module: nn.Module) -> set[float]:
        return {shares.get(id(parameter), 0.0) for parameter in module.parameters()}

    assert share_of(system.trunk.embedding) == {1.0}
    assert [share_of(layer) for layer in system.trunk.layers] == [{0.75}, {0.5}, {0.0}]
    assert share_of(system.entries[1]) == share_of(system.labels["slots"]) == {0.5}


def test_a_large_delta_freezes_what_lies_below_the_top_from_the_second_epoch_on(
    workshop: Workshop, data: Dataset
) -> None:
    spec = workshop.spec(HEADS, {"layers": 3}, {**SHARING, "successive": 1e9}, epochs=2)
    training = Training(spec, data, workshop.folder())
    norms = [_norm(training.net, depth) for depth in range(3)]
    for epoch in (1, 2):
        before = [norm.detach().clone() for norm in norms]
        next(report for report in training.run() if isinstance(report, EpochReport))
        low, middle, top = (float((norm.detach() - old).abs().max()) for norm, old in zip(norms, before, strict=True))
        assert top > 1e-3
        assert (max(low, middle) < 1e-6) == (epoch == 2)


def test_the_snapshot_has_no_gradient_travels_in_checkpoints_and_is_renewed_each_epoch(
    net: Net, workshop: Workshop, joint: Spec, data: Dataset, batch: Batch
) -> None:
    system = _system(net)
    assert not any(buffer.requires_grad for buffer in system.buffers())
    assert not net.penalties()["successive"].requires_grad
    net.on_epoch_end(1)
    assert float(net.penalties()["successive"]) == 0
    with torch.no_grad():
        _norm(net, 0).add_(1)
    moved = float(net.penalties()["successive"])
    assert moved == pytest.approx(0.5 * 0.75 * 16)
    copy = workshop.net(joint, data, seed=1).double()
    copy.load_state_dict(net.state_dict())
    assert float(copy.penalties()["successive"]) == moved
    net.on_epoch_end(2)
    assert float(net.penalties()["successive"]) == 0


def test_a_dropped_training_ends_as_if_it_had_not_been(workshop: Workshop, joint: Spec, data: Dataset) -> None:
    resumed = workshop.weights(joint, workshop.train_in_two(joint, data, 4))
    finished = workshop.train(joint, data)
    whole = workshop.weights(joint, finished)
    assert all(torch.equal(resumed[name], whole[name]) for name in whole)
    (table,) = read_tables(finished)
    assert (table.rows, table.columns) == (("layer 2", "layer 3"), ("the words", "slots", "topics"))
    assert [value > 0 for value in table.values[0]] == [True, True, False]
    assert min(table.values[1]) > 0


def test_an_auxiliary_head_trains_is_not_read_and_does_not_ship(workshop: Workshop) -> None:
    heads = {"slots": {"kind": "tag", "auxiliary": True}, "intent": {"kind": "class"}}
    spec = workshop.spec(heads, sharing=SHARING, epochs=2)
    folder = workshop.train(spec, workshop.dataset(spec))
    system = _system(load_net(spec, folder)[0])
    assert list(system.labels) == []
    assert system.hidden_names() == {"intent": "hidden.2"}
    first, last = (epoch.losses["slots"] for epoch in read_history(folder))
    assert last < first


def test_it_trains_where_no_row_labels_two_heads_and_with_one_head_alone(workshop: Workshop) -> None:
    rows = workshop.rows()
    for number, row in enumerate(rows):
        row["labels"] = {k: v for k, v in row["labels"].items() if k == ("slots", "intent")[number // 2 % 2]}
    for heads in (("slots", "intent"), ("slots",)):
        spec = workshop.spec(heads, sharing=SHARING, epochs=2)
        known = rows if len(heads) == 2 else None
        first, last = (epoch.losses for epoch in read_history(workshop.train(spec, workshop.dataset(spec, known))))
        assert all(last[head] < first[head] for head in heads)
