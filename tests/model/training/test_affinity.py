from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import Tensor

from model.data.batches import Batch
from model.net import Net
from model.training.affinity import SOLVED, Probe, Relations, probe
from model.training.finished import read_tables
from schemas.data.heads import HeadPlan
from tests.model.lab import HEADS, RATE, Lab

if TYPE_CHECKING:
    from tests.model.conftest import Workshop

AUXILIARY: dict[str, Any] = {"kind": "class", "auxiliary": True}
KINDS: dict[str, dict[str, Any]] = {
    "hard": {},
    "low_supervision": {},
    "joint_many": {},
    "adaptive": {},
    "soft": {"share_embedding": True},
    "cross_stitch": {},
    "sluice": {},
    "tensor_factor": {"ranks": (2, 2, 2), "solo_epochs": 0},
    "grouped": {"groups": (("intent", "slots"), ("topics",)), "share_embedding": True},
    "gated_experts": {},
}


@pytest.fixture(scope="module")
def lab(workshop: Workshop) -> Lab:
    return Lab(workshop)


def _gradients(net: Net, batch: Batch) -> dict[str, Tensor]:
    """Head -> gradient of its loss on the shared parameters, as one vector."""
    shared = net.sharing.shared_parameters()
    found = {}
    for name, loss in net.losses(net(batch.ids, batch.mask), batch.targets).items():
        gradients = torch.autograd.grad(loss, shared, retain_graph=True, materialize_grads=True)
        found[name] = torch.cat([gradient.flatten() for gradient in gradients])
    return found


def _state(net: Net) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in net.state_dict().items()}


def test_cosines_are_those_of_the_gradients(lab: Lab) -> None:
    net, batch = lab.net(lab.spec()), lab.batches[0]
    found, gradients = probe(net, batch, 0.1), _gradients(net, batch)
    assert found.heads == tuple(gradients) == tuple(HEADS)
    for s, one in enumerate(gradients.values()):
        for t, other in enumerate(gradients.values()):
            torch.testing.assert_close(found.gram[s, t], one @ other, atol=1e-12, rtol=1e-10)


def test_affinity_is_the_relative_fall_of_one_loss_after_a_step_on_the_other(lab: Lab) -> None:
    net, batch = lab.net(lab.spec()), lab.batches[0]
    found = probe(net, batch, RATE)
    losses = net.losses(net(batch.ids, batch.mask), batch.targets)
    torch.autograd.backward(losses["slots"])
    with torch.no_grad():
        for parameter in net.sharing.parameters():  # the head's own parameters stay
            if parameter.grad is not None:
                parameter.sub_(RATE * parameter.grad)
    after = net.losses(net(batch.ids, batch.mask), batch.targets)
    row = found.affinity[found.heads.index("slots")]
    for column, name in enumerate(found.heads):
        torch.testing.assert_close(row[column], (1 - after[name] / losses[name]).detach(), atol=1e-12, rtol=1e-9)


def test_affinity_vanishes_with_the_step_and_is_of_first_order_in_it(lab: Lab) -> None:
    net, batch = lab.net(lab.spec()), lab.batches[0]
    assert not probe(net, batch, 0.0).affinity.any()
    errors = []
    for rate in (1e-3, 1e-4, 1e-5):
        found = probe(net, batch, rate)
        assert found.affinity.abs().max() < 10 * rate
        errors.append(float((found.affinity / rate - found.gram / found.losses).abs().max()))
    # The rest is of second order: divided by eta it falls tenfold with eta.
    assert errors[1] < errors[0] / 5
    assert errors[2] < errors[1] / 5


def test_a_twin_helps_more_than_a_head_of_noise(workshop: Workshop) -> None:
    spec = workshop.spec({"intent": {"kind": "class"}, "twin": AUXILIARY, "noise": AUXILIARY}, epochs=4, probe_steps=1)
    rows = workshop.rows()
    noise = torch.randint(3, (len(rows),), generator=torch.Generator().manual_seed(0)).tolist()
    for row, number in zip(rows, noise, strict=True):
        row["labels"] |= {"twin": row["labels"]["intent"], "noise": str(number)}
    folder = workshop.train(spec, workshop.dataset(spec, rows))
    tables = {table.name: table for table in read_tables(folder)}
    affinity, cosine, conflict = (tables[name] for name in ("affinity", "gradient_cosine", "gradient_conflict"))
    assert affinity.rows == affinity.columns == ("intent", "twin", "noise")
    for table in (affinity, cosine):
        assert table.values[1][0] > max(0, table.values[2][0])
    assert conflict.values[1][0] < conflict.values[2][0]
    assert [cosine.values[i][i] for i in range(3)] == pytest.approx([1, 1, 1])
    norms = tables["gradient_norms"].values
    assert norms[0][2] == pytest.approx(-norms[2][0])


@pytest.mark.parametrize("kind", KINDS)
def test_a_probe_leaves_no_trace(lab: Lab, kind: str) -> None:
    spec = lab.spec({"kind": kind, **KINDS[kind]})
    torch.manual_seed(0)
    net = lab.net(spec).float().train()
    torch.manual_seed(1)
    for parameter in net.parameters():
        parameter.grad = torch.ones_like(parameter)
    before, random = _state(net), torch.random.get_rng_state()
    found = probe(net, lab.batches[0], 0.1)
    assert found.affinity.isfinite().all()
    assert all(torch.equal(tensor, before[name]) for name, tensor in net.state_dict().items())
    assert torch.equal(torch.random.get_rng_state(), random)
    assert net.training
    assert all(parameter.grad is not None and bool((parameter.grad == 1).all()) for parameter in net.parameters())


def test_a_probe_that_breaks_leaves_the_weights_as_they_were(lab: Lab) -> None:
    net = lab.net(lab.spec())
    before = _state(net)
    batch = Batch(lab.batches[0].rows, lab.batches[0].ids, lab.batches[0].mask, {"intent": torch.zeros(1)})
    with pytest.raises((RuntimeError, ValueError)):
        probe(net, batch, 0.1)
    assert all(torch.equal(tensor, before[name]) for name, tensor in net.state_dict().items())


def test_trunks_that_share_nothing_neither_help_nor_harm(lab: Lab) -> None:
    net = lab.net(lab.spec({"kind": "soft", "share_embedding": False}))
    found = probe(net, lab.batches[0], 0.1)
    assert not found.gram.any()
    assert not found.affinity.any()


def test_a_probed_training_ends_with_the_weights_of_one_that_was_not(workshop: Workshop) -> None:
    trunk = {"dropout": 0.2, "word_dropout": 0.2, "layers": 1}
    heads = ["intent", "slots", "next_word"]
    plain, probed = (workshop.spec(heads, trunk, epochs=2, probe_steps=steps) for steps in (0, 1))
    data = workshop.dataset(plain)
    one, other = workshop.train(plain, data), workshop.train(probed, data)
    mine, theirs = workshop.weights(plain, one), workshop.weights(probed, other)
    assert all(torch.equal(mine[name], theirs[name]) for name in mine)
    assert read_tables(one) == []
    assert [table.name for table in read_tables(other)] == [name for name, _ in Relations.MEASURES]
    assert [epoch["affinities"].keys() for epoch in workshop.history(other)] == [{"next_word"}] * 2
    assert [epoch["affinities"] for epoch in workshop.history(one)] == [{}, {}]


def _relations() -> Relations:
    return Relations([HeadPlan(name, "class", (), 1.0, name != "a") for name in "abc"])


def _probe(heads: str, gram: list[list[float]], affinity: list[list[float]], losses: list[float]) -> Probe:
    return Probe(tuple(heads), *(torch.tensor(values, dtype=torch.float64) for values in (losses, gram, affinity)))


def test_pairs_that_no_batch_labels_together_stay_unknown() -> None:
    relations = _relations()
    assert relations.tables() == []
    relations.add(_probe("ab", [[4.0, -2.0], [-2.0, 1.0]], [[0.5, -0.1], [-0.3, 0.2]], [1.0, 1.0]))
    relations.add(_probe("ca", [[1.0, 1.0], [1.0, 4.0]], [[0.1, 0.2], [0.3, 0.4]], [1.0, 1.0]))
    cosine, conflict, norms, affinity = (torch.tensor(table.values) for table in relations.tables())
    assert cosine[0, 1] == -1
    assert cosine[0, 2] == 0.5
    assert conflict[0, 1:].tolist() == [1, 0]
    assert norms[0, 1] == pytest.approx(torch.tensor(2.0).log10())
    assert affinity[:, 0].tolist() == pytest.approx([0.45, -0.3, 0.2])
    assert all(table[1, 2].isnan() and table[2, 1].isnan() for table in (cosine, conflict, norms, affinity))
    assert relations.end_epoch() == pytest.approx({"b": -0.3, "c": 0.2})
    assert relations.end_epoch() == {}
    assert torch.tensor(relations.tables()[3].values)[1, 0] == pytest.approx(-0.3)


def test_heads_without_a_gradient_and_solved_heads_are_skipped() -> None:
    relations = _relations()
    relations.add(_probe("ab", [[0.0, 0.0], [0.0, 1.0]], [[0.0, 9.0], [0.0, 9.0]], [1.0, SOLVED / 2]))
    cosine, _, _, affinity = (torch.tensor(table.values) for table in relations.tables())
    assert cosine[:2, :2].isnan().tolist() == [[True, True], [True, False]]
    assert affinity[:2, :2].isnan().tolist() == [[False, True], [False, True]]


def test_heads_absent_from_a_batch_are_absent_from_its_probe(workshop: Workshop) -> None:
    lab = Lab(workshop)
    batch = lab.batches[0]
    part = Batch(batch.rows, batch.ids, batch.mask, {"slots": batch.targets["slots"]})
    found = probe(lab.net(lab.spec()), part, 0.1)
    assert (found.heads, found.affinity.shape) == (("slots",), (1, 1))
