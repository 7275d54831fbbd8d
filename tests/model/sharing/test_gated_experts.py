from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest
import torch
from torch import nn

from model.net import Net
from model.sharing.gated_experts import GatedExperts

if TYPE_CHECKING:
    from model.data.batches import Batch
    from tests.model.conftest import Workshop

HEADS = ("intent", "slots", "topics", "next_word")


def net_of(workshop: Workshop, layers: int = 2, **options: Any) -> tuple[Net, GatedExperts, Batch]:
    """Return a net with gates at random weights, and a batch of two utterances."""
    spec = workshop.spec(HEADS, {"layers": layers}, sharing={"kind": "gated_experts", **options})
    dataset = workshop.dataset(spec)
    net = workshop.net(spec, dataset).double()
    sharing = net.sharing
    assert isinstance(sharing, GatedExperts)
    for gate in sharing.gates:
        nn.init.normal_(cast(nn.Linear, gate).weight)
    return net, sharing, workshop.random_batch(workshop.encoded(spec, dataset)[1], [6, 4])


def test_a_head_reads_the_gated_sum_of_shared_experts_and_its_own(workshop: Workshop) -> None:
    net, sharing, batch = net_of(workshop)
    lengths = batch.mask.sum(1)
    below, _ = sharing.lower[0](sharing.embedding.eval()(batch.ids), batch.mask, lengths)
    experts = [*sharing.shared, *cast(nn.ModuleList, sharing.private[1])]
    outputs = torch.stack([expert(below, batch.mask, lengths)[0] for expert in experts])  # (E, B, N, d)
    share = sharing.gates[1](below).softmax(-1)  # (B, N, E)
    wanted = torch.einsum("bne,ebnd->bnd", share, outputs)
    torch.testing.assert_close(net.eval().states(batch.ids, batch.mask)["slots"], wanted, atol=1e-12, rtol=0)


def test_a_loss_reaches_its_own_experts_and_the_shared_ones_alone(workshop: Workshop) -> None:
    net, sharing, batch = net_of(workshop)
    net(batch.ids, batch.mask)["slots"].sum().backward()
    assert all(p.grad is not None for p in sharing.shared.parameters())
    assert [all(p.grad is not None for p in own.parameters()) for own in sharing.private] == [False, True, False]
    assert all(p.grad is None for p in sharing.private[0].parameters())


def test_experts_start_from_different_weights_and_gates_from_equal_shares(workshop: Workshop) -> None:
    spec = workshop.spec(HEADS, sharing={"kind": "gated_experts", "shared": 3, "private": 2})
    sharing = workshop.net(spec, workshop.dataset(spec)).sharing
    assert isinstance(sharing, GatedExperts)
    experts = [*sharing.shared, *(expert for own in sharing.private for expert in cast(nn.ModuleList, own))]
    starts = [next(iter(expert.parameters())).flatten() for expert in experts]
    assert len(experts) == 3 + 3 * 2
    assert not any(torch.equal(a, b) for i, a in enumerate(starts) for b in starts[i + 1 :])
    (table,) = sharing.tables()
    assert table.rows == HEADS[:-1]
    assert table.columns == ("shared 1", "shared 2", "shared 3", "own 1", "own 2")
    assert table.values[0] == pytest.approx((0.2,) * 5)


def test_the_table_follows_what_the_gates_take_of_words_and_not_of_padding(workshop: Workshop) -> None:
    net, sharing, batch = net_of(workshop)
    below, _ = sharing.lower[0](sharing.embedding.eval()(batch.ids), batch.mask, batch.mask.sum(1))
    wanted = sharing.gates[0](below).softmax(-1)[batch.mask].mean(0)
    for _ in range(1500):
        sharing.observe({}, {}) if sharing._last_usage is not None else net(batch.ids, batch.mask)
    torch.testing.assert_close(sharing.usage[0], wanted.detach(), atol=1e-5, rtol=0)


@pytest.mark.parametrize("layers", [1, 2])
def test_a_next_word_head_sees_no_later_word(workshop: Workshop, layers: int) -> None:
    net, _, batch = net_of(workshop, layers)
    net.eval()
    changed = batch.ids.clone()
    changed[:, 3] = changed[:, 2] % (int(batch.ids.max()) - 1) + 1
    with torch.no_grad():
        before, after = net(batch.ids, batch.mask), net(changed, batch.mask)
    assert torch.equal(before["next_word"][:, :3], after["next_word"][:, :3])
    assert not torch.equal(before["slots"][:, :3], after["slots"][:, :3])
