"""What soft, cross-stitch, sluice and factored sharing have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch

from model.data.batches import Batch, collate
from model.sharing.towers import Towers
from model.training.finished import read_tables
from schemas.spec.bounded_yaml import SpecError
from schemas.spec.load import parse_spec
from schemas.spec.product import Spec

if TYPE_CHECKING:
    from tests.model.conftest import Workshop

SYSTEMS: dict[str, dict[str, Any]] = {
    "soft": {"kind": "soft", "strength": 30},
    "trace": {"kind": "soft", "norm": "trace_tt", "share_embedding": True},
    "stitched": {"kind": "cross_stitch", "solo_epochs": 1},
    "per_channel": {"kind": "cross_stitch", "per_channel": True, "share_embedding": False},
    "sluice": {"kind": "sluice"},
    "factored": {"kind": "tensor_factor", "ranks": [5, 4, 2]},
}
ALL = ("intent", "slots", "topics", "urgency", "next_word")


def spec_of(workshop: Workshop, sharing: dict[str, Any], heads: tuple[str, ...] = ALL, **train: Any) -> Spec:
    raw = workshop.spec(heads, **train).model_dump(mode="json", by_alias=True)
    return parse_spec({**raw, "sharing": sharing})


@pytest.fixture(params=SYSTEMS)
def sharing(request: pytest.FixtureRequest) -> dict[str, Any]:
    return SYSTEMS[request.param]


def test_a_stopped_training_goes_on_to_the_same_weights(workshop: Workshop, sharing: dict[str, Any]) -> None:
    """Through the solo epoch's end, with heads that half of the rows do not label, and an auxiliary head."""
    spec = spec_of(workshop, sharing, ("intent", "slots", "next_word"), epochs=2, batch_size=9, checkpoint_steps=1)
    rows = workshop.rows()
    for number, row in enumerate(rows):
        row["labels"].pop("intent" if number % 2 else "slots")
    dataset = workshop.dataset(spec, rows)
    whole = workshop.train(spec, dataset)
    for reports in (2, 4):  # in the midst of the first epoch, and early in the second
        folder = workshop.train_in_two(spec, dataset, reports)
        wanted, found = workshop.weights(spec, whole), workshop.weights(spec, folder)
        assert all(torch.equal(found[name], tensor) for name, tensor in wanted.items())
        assert workshop.history(folder) == workshop.history(whole)
    assert {head for epoch in workshop.history(whole) for head in epoch["losses"]} == {"intent", "slots", "next_word"}
    assert all(len(table.rows) == len(table.values) for table in read_tables(whole))


def test_a_next_word_head_sees_no_later_word(workshop: Workshop, sharing: dict[str, Any]) -> None:
    spec = spec_of(workshop, sharing)
    dataset = workshop.dataset(spec)
    net = workshop.net(spec, dataset).eval()
    if isinstance(net.sharing, Towers):
        net.sharing.on_epoch_end(1)  # past any solo epoch
    _, featurizer = workshop.encoded(spec, dataset)
    batch = workshop.random_batch(featurizer, [6, 4])
    changed = batch.ids.clone()
    changed[:, 3] = changed[:, 2] % (featurizer.size - 1) + 1
    with torch.no_grad():
        before, after = net(batch.ids, batch.mask), net(changed, batch.mask)
    assert torch.equal(before["next_word"][:, :3], after["next_word"][:, :3])
    assert not torch.equal(before["slots"][:, :3], after["slots"][:, :3])


def test_every_head_has_a_column_and_main_heads_an_output(workshop: Workshop, sharing: dict[str, Any]) -> None:
    spec = spec_of(workshop, sharing)
    net = workshop.net(spec, workshop.dataset(spec))
    assert isinstance(net.sharing, Towers)
    assert len(net.sharing.layers) == len(ALL)
    assert net.sharing.hidden_names() == {name: f"hidden.{name}" for name in ALL[:-1]}
    starts = [[p for column_layer in net.sharing.tower(t) for p in column_layer.parameters()] for t in range(len(ALL))]
    assert all(torch.equal(p, q) for column in starts for p, q in zip(starts[0], column, strict=True))


@pytest.mark.parametrize(
    "sharing",
    [
        {"kind": "soft"},
        {"kind": "cross_stitch"},
        {"kind": "sluice", "subspaces": 1},
        {"kind": "tensor_factor", "ranks": [99, 99, 1]},
    ],
    ids=lambda sharing: sharing["kind"],
)
def test_one_head_alone_answers_as_under_hard_sharing(workshop: Workshop, sharing: dict[str, Any]) -> None:
    specs = [spec_of(workshop, each, ("intent",)) for each in (sharing, {"kind": "hard"})]
    dataset = workshop.dataset(specs[0])
    one, hard = (workshop.net(spec, dataset).double().eval() for spec in specs)
    if isinstance(one.sharing, Towers):
        one.sharing.on_epoch_end(1)
    encoded, _ = workshop.encoded(specs[0], dataset)
    batch: Batch = collate(encoded, torch.arange(9).numpy())
    if sharing["kind"] == "sluice":
        one.sharing.get_parameter("beta").data = torch.tensor([[0.0, 1.0]], dtype=torch.float64)
    torch.testing.assert_close(one(batch.ids, batch.mask), hard(batch.ids, batch.mask), atol=1e-12, rtol=0)


def test_the_shared_parameters_are_those_that_two_losses_reach(workshop: Workshop, sharing: dict[str, Any]) -> None:
    spec = spec_of(workshop, sharing)
    dataset = workshop.dataset(spec)
    net = workshop.net(spec, dataset)
    encoded, _ = workshop.encoded(spec, dataset)
    batch = collate(encoded, torch.arange(9).numpy())
    for epoch in (0, 1):
        if epoch:
            net.sharing.on_epoch_end(epoch)
        names = {id(p): name for name, p in net.sharing.named_parameters()}
        losses = net.losses(net(batch.ids, batch.mask), batch.targets)
        reach: dict[str, int] = dict.fromkeys(names.values(), 0)
        for loss in losses.values():
            net.zero_grad()
            loss.backward(retain_graph=True)
            for name, p in net.sharing.named_parameters():
                reach[name] += p.grad is not None
        shared = {names[id(p)] for p in net.sharing.shared_parameters()}
        # The last mode's factor is one tensor, but each of its rows is one head's own. Layers that a next-word head
        # alone has, and weights that are no longer read, are nobody's.
        several = {name for name, count in reach.items() if count > 1 and not name.endswith("factors.heads")}
        unread = {name for name, count in reach.items() if count == 0}
        assert several <= shared <= several | unread
        last = {names[id(p)] for p in net.sharing.last_shared_parameters()}
        assert all(reach[name] == len(losses) for name in last)
        assert bool(last) == bool(shared & {name for name, count in reach.items() if count == len(losses)})


def test_the_spec_refuses_what_cannot_work(workshop: Workshop) -> None:
    for sharing, said in [
        ({"kind": "sluice", "subspaces": 3}, "sharing.subspaces is 3, which does not divide trunk.width 16"),
        ({"kind": "cross_stitch", "solo_epochs": 3}, "sharing.solo_epochs is 3 of train.epochs 3"),
        ({"kind": "tensor_factor", "form": "tt", "ranks": [1, 2, 3]}, "ranks has 3 numbers, the form tt takes 2"),
        ({"kind": "tensor_factor", "solo_epochs": 0}, "give ranks or solo_epochs"),
    ]:
        with pytest.raises(SpecError, match=said):
            spec_of(workshop, sharing)
