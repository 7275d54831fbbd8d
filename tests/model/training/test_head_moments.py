"""Moments of each head's own (AdaTask)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from torch import Tensor, nn

from model.training.head_moments import HeadMoments
from schemas.spec.bounded_yaml import SpecError

if TYPE_CHECKING:
    from tests.model.conftest import Workshop

RATE, DECAY = 0.01, 0.1
NO_PENALTY = torch.zeros((), dtype=torch.float64)


def optimiser(*parameters: nn.Parameter, clip_norm: float = 1e6, **weights: float) -> HeadMoments:
    groups = [{"params": list(parameters), "weight_decay": DECAY}]
    return HeadMoments(groups, lr=RATE, weights=weights, clip_norm=clip_norm)


def start(values: int = 4) -> nn.Parameter:
    return nn.Parameter(torch.linspace(-1, 1, values, dtype=torch.float64))


def gradient(step: int, values: int = 4) -> Tensor:
    return torch.randn(values, dtype=torch.float64, generator=torch.Generator().manual_seed(step))


def adamw(parameter: nn.Parameter, gradients: list[Tensor]) -> Tensor:
    plain = torch.optim.AdamW([parameter], lr=RATE, weight_decay=DECAY)
    for each in gradients:
        parameter.grad = each.clone()
        plain.step()
    return parameter.detach()


@pytest.mark.parametrize("heads", [1, 2, 5])
def test_heads_of_equal_gradients_are_adamw_on_one_of_them_whatever_their_weights(heads: int) -> None:
    shared = start()
    mine = optimiser(shared, **{f"h{number}": 1.0 + number for number in range(heads)})
    gradients = [gradient(step) for step in range(6)]
    for each in gradients:
        mine.backward({f"h{number}": each @ shared for number in range(heads)}, NO_PENALTY)
        mine.step()
    torch.testing.assert_close(shared.detach(), adamw(start(), gradients), atol=1e-14, rtol=0)


def test_a_net_of_one_head_is_trained_as_with_shared_moments(workshop: Workshop) -> None:
    specs = [workshop.spec(("slots",), moments=moments, epochs=2) for moments in ("shared", "per_head")]
    dataset = workshop.dataset(specs[0])
    plain, own = (workshop.weights(spec, workshop.train(spec, dataset)) for spec in specs)
    for name, weight in plain.items():
        torch.testing.assert_close(own[name], weight, atol=1e-6, rtol=1e-5, msg=name)


def test_a_quiet_head_moves_a_shared_parameter_as_far_as_a_loud_one() -> None:
    shared = nn.Parameter(torch.zeros(2, dtype=torch.float64))
    mine = optimiser(shared, loud=1.0, quiet=1.0)
    for _ in range(10):
        mine.backward({"loud": 100 * shared[0] - shared[1], "quiet": 1e-3 * shared[1]}, NO_PENALTY)
        mine.step()
    # On the second coordinate both pull with a step of one length, in opposite directions.
    assert float(shared[0].detach()) == pytest.approx(-10 * RATE / 2, rel=0.01)
    assert float(shared[1].detach()) == pytest.approx(0, abs=1e-4)


def test_an_auxiliary_head_of_small_weight_does_not_outweigh_a_main_head() -> None:
    shared = nn.Parameter(torch.zeros(1, dtype=torch.float64))
    mine = optimiser(shared, main=1.0, auxiliary=0.1)
    shares = mine.backward({"main": shared.sum(), "auxiliary": -50 * shared.sum()}, NO_PENALTY)
    mine.step()
    assert shares == pytest.approx({"main": 1 / 1.1, "auxiliary": 0.1 / 1.1})
    assert float(shared.detach()) == pytest.approx(-RATE * (1 - 0.1) / 1.1)


def test_what_one_head_alone_reaches_moves_as_if_the_head_were_alone() -> None:
    shared, own = start(), start()
    mine = optimiser(shared, own, here=1.0, there=3.0)
    gradients = [gradient(step) for step in range(4)]
    for each in gradients:
        mine.backward({"here": each @ own + each.sum() * shared.sum(), "there": shared.square().sum()}, NO_PENALTY)
        mine.step()
    torch.testing.assert_close(own.detach(), adamw(start(), gradients), atol=1e-14, rtol=0)


def test_an_absent_head_leaves_the_step_to_the_others_and_its_moments_stand_still() -> None:
    shared = start()
    mine = optimiser(shared, here=1.0, away=1.0)
    mine.backward({"here": gradient(0) @ shared, "away": gradient(1) @ shared}, NO_PENALTY)
    mine.step()
    before = {name: value.clone() for name, value in mine.state[shared].items() if name.endswith("/away")}
    assert len(before) == 3
    place = shared.detach().clone()
    mine.backward({"here": gradient(0) @ shared}, NO_PENALTY)
    mine.step()
    for name, value in before.items():
        assert torch.equal(mine.state[shared][name], value), name
    expected = place * (1 - RATE * DECAY) - RATE * gradient(0).sign()  # a whole step of Adam: one gradient, twice
    torch.testing.assert_close(shared.detach(), expected, atol=1e-7, rtol=0)


def test_each_head_is_clipped_by_the_length_of_its_own_gradient() -> None:
    shared = start()
    mine = optimiser(shared, clip_norm=1.0, loud=1.0, quiet=1.0)
    mine.backward({"loud": 100 * (gradient(0) @ shared), "quiet": 0.01 * (gradient(0) @ shared)}, NO_PENALTY)
    rows = mine.gradients[shared]
    assert float(rows["loud"].norm()) == pytest.approx(1)
    torch.testing.assert_close(rows["quiet"], 0.01 * gradient(0))


def test_a_penalty_is_a_part_of_every_heads_loss() -> None:
    shared, pull = start(), gradient(9)
    mine = optimiser(shared, here=1.0, there=1.0)
    mine.backward({"here": gradient(0) @ shared, "there": gradient(1) @ shared}, pull @ shared)
    for number, row in enumerate(mine.gradients[shared].values()):
        torch.testing.assert_close(row, gradient(number) + pull)


def test_a_training_that_was_dropped_goes_on_to_the_same_net(workshop: Workshop) -> None:
    spec = workshop.spec(("intent", "slots"), moments="per_head", checkpoint_steps=2)
    dataset = workshop.dataset(spec)
    whole = workshop.weights(spec, workshop.train(spec, dataset))
    in_two = workshop.weights(spec, workshop.train_in_two(spec, dataset, 3))
    assert all(torch.equal(weight, in_two[name]) for name, weight in whole.items())


@pytest.mark.parametrize("sharing", ["low_supervision", "joint_many", "soft", "sluice", "adaptive"])
def test_every_form_of_sharing_trains_with_them(workshop: Workshop, sharing: str) -> None:
    heads = ("intent", "slots", "urgency", "next_word")
    spec = workshop.spec(heads, sharing={"kind": sharing}, moments="per_head", epochs=1)
    dataset = workshop.dataset(spec)
    before = workshop.net(spec, dataset).state_dict()
    after = workshop.weights(spec, workshop.train(spec, dataset))
    assert all(torch.isfinite(weight).all() for weight in after.values())
    assert any(not torch.equal(weight, before[name]) for name, weight in after.items())


def test_they_are_refused_beside_a_method_that_changes_the_gradients_size(workshop: Workshop) -> None:
    with pytest.raises(
        SpecError, match=r"train.moments is per_head, but balance.kind is uncertainty.*use balance.kind"
    ):
        workshop.spec(moments="per_head", balance={"kind": "uncertainty"})
    with pytest.raises(SpecError, match=r"train.moments is per_head, which takes a backward pass a head"):
        workshop.spec(moments="per_head", compile=True)
