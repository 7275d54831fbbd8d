from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch

from model.balance import build_balance
from model.net import Net
from model.sharing.cross_stitch import CrossStitch, start_pattern
from model.training.optimiser import build_optimiser
from schemas.data.heads import plan_heads
from schemas.spec.sharing import CrossStitch as CrossStitchSpec

if TYPE_CHECKING:
    from tests.model.conftest import Workshop

HEADS = ("intent", "slots", "topics")


def net_of(workshop: Workshop, **options: Any) -> Net:
    spec = workshop.spec(HEADS)
    return workshop.net(
        spec.model_copy(update={"sharing": CrossStitchSpec(**options)}), workshop.dataset(spec)
    ).double()


def sharing_of(workshop: Workshop, **options: Any) -> CrossStitch:
    sharing = net_of(workshop, **options).sharing
    assert isinstance(sharing, CrossStitch)
    return sharing


def test_the_start_pattern_has_its_own_on_the_diagonal_and_rows_that_sum_to_one() -> None:
    torch.testing.assert_close(start_pattern(2, 0.9), torch.tensor([[0.9, 0.1], [0.1, 0.9]]))
    pattern = start_pattern(5, 0.6)
    torch.testing.assert_close(pattern.sum(1), torch.ones(5))
    torch.testing.assert_close(pattern.diagonal(), torch.full((5,), 0.6))
    assert start_pattern(1, 0.9).tolist() == [[1.0]]


@pytest.mark.parametrize("per_channel", [False, True])
def test_mixing_is_a_weighted_sum_over_the_columns(workshop: Workshop, per_channel: bool) -> None:
    sharing = sharing_of(workshop, per_channel=per_channel)
    torch.manual_seed(0)
    torch.nn.init.normal_(sharing.alpha)
    states = torch.randn(3, 2, 5, 16, dtype=torch.float64)
    wanted = torch.einsum("tsd,sbnd->tbnd", sharing.alpha[1].expand(3, 3, 16), states)
    torch.testing.assert_close(torch.stack(sharing.mix(1, list(states))), wanted)


def test_equal_weights_give_all_columns_the_same_and_rows_of_sum_one_keep_a_constant(workshop: Workshop) -> None:
    states = list(torch.randn(3, 2, 5, 16, dtype=torch.float64))
    equal = sharing_of(workshop, own=1 / 3).mix(0, states)
    for column in equal:
        torch.testing.assert_close(column, torch.stack(states).mean(0), atol=1e-6, rtol=0)
    constant = torch.full((2, 5, 16), 7.0, dtype=torch.float64)
    for column in sharing_of(workshop).mix(0, [constant] * 3):
        torch.testing.assert_close(column, constant, atol=1e-5, rtol=0)


def test_alpha_rests_as_the_identity_until_the_solo_epochs_are_over(workshop: Workshop) -> None:
    net = net_of(workshop, solo_epochs=2, share_embedding=False)
    sharing = net.sharing
    assert isinstance(sharing, CrossStitch)
    spec = workshop.spec(HEADS)
    _, featurizer = workshop.encoded(spec, workshop.dataset(spec))
    batch = workshop.random_batch(featurizer, [4, 6])
    for epoch in (1, 2):
        in_training = net(batch.ids, batch.mask)["intent"]
        in_training.sum().backward()
        assert sharing.alpha.grad is None
        assert all(p.grad is None for p in sharing.layers[1].parameters())
        torch.testing.assert_close(in_training, net.eval()(batch.ids, batch.mask)["intent"], atol=1e-12, rtol=0)
        net.train()
        torch.testing.assert_close(sharing.alpha[0, :, :, 0], torch.eye(3, dtype=torch.float64))
        net.on_epoch_end(epoch)
    torch.testing.assert_close(sharing.alpha[0, :, :, 0].float(), start_pattern(3, 0.9))
    net(batch.ids, batch.mask)["intent"].sum().backward()
    assert sharing.alpha.grad is not None
    assert all(p.grad is not None for p in sharing.layers[1].parameters())


def test_alpha_has_its_own_learning_rate_and_no_decay(workshop: Workshop) -> None:
    net = net_of(workshop, rate_factor=25)
    spec = workshop.spec(HEADS)
    balance = build_balance(spec.balance, plan_heads(spec, workshop.dataset(spec)))
    (group,) = [g for g in build_optimiser(net, balance, spec.train).param_groups if g["rate_factor"] != 1]
    assert [id(p) for p in group["params"]] == [id(net.sharing.get_parameter("alpha"))]
    assert (group["rate_factor"], group["weight_decay"]) == (25, 0)


def test_tables_show_who_reads_whom(workshop: Workshop) -> None:
    first, second = sharing_of(workshop, own=0.8).tables()
    assert (first.name, second.name) == ("alpha_layer_1", "alpha_layer_2")
    assert first.rows == first.columns == HEADS
    assert first.values[0] == pytest.approx((0.8, 0.1, 0.1))
