"""Methods that work on the heads' gradients."""

from __future__ import annotations

import math
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torchjd import aggregation
from torchjd.autojac import backward, jac_to_grad

from model.balance import build_balance
from model.balance.gramian_weights import GramianWeights, bargain, vaccinate
from model.data.batches import collate
from schemas.data.heads import HeadPlan, plan_heads
from schemas.spec.balance import (
    AlignedMtlBalance,
    BalanceSpec,
    CagradBalance,
    CrMogmBalance,
    EqualBalance,
    FairGradBalance,
    GradVacBalance,
    PlainJacobianBalance,
)

if TYPE_CHECKING:
    from tests.model.conftest import Workshop

TOLERANCE = 1e-8


class Toy(nn.Module):
    """`shared` is in every loss; each head has one number of its own."""

    def __init__(self, rows: Tensor) -> None:
        super().__init__()
        self.rows = rows
        self.shared = nn.Parameter(torch.zeros(rows.shape[1], dtype=rows.dtype))
        self.own = nn.ParameterList(torch.ones((), dtype=rows.dtype) for _ in rows)

    def losses(self) -> dict[str, Tensor]:
        """Loss t has the gradient `rows[t]` in `shared` and 10 in its own number."""
        return {f"h{t}": row @ self.shared + 10 * own for t, (row, own) in enumerate(zip(self.rows, self.own))}  # noqa: B905


def direction(spec: BalanceSpec, rows: Tensor, *weights: float) -> tuple[Tensor, dict[str, float], Toy]:
    toy = Toy(rows)
    plans = tuple(
        HeadPlan(f"h{t}", "score", (), weight, False) for t, weight in enumerate(weights or [1.0] * len(rows))
    )
    balance = build_balance(spec, plans)
    found = balance.backward(toy.losses(), torch.zeros((), dtype=rows.dtype), toy)
    assert toy.shared.grad is not None
    return toy.shared.grad, found, toy


def random_rows(heads: int, width: int, seed: int) -> Tensor:
    return torch.randn(heads, width, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


ORACLES: list[tuple[Any, Any]] = [
    (PlainJacobianBalance(kind="upgrad"), aggregation.UPGrad()),
    (PlainJacobianBalance(kind="dualproj"), aggregation.DualProj()),
    (PlainJacobianBalance(kind="mgda"), aggregation.MGDA()),
    (PlainJacobianBalance(kind="imtl_g"), aggregation.IMTLG()),
    (AlignedMtlBalance(scale="rmse"), aggregation.AlignedMTL(scale_mode="rmse")),
    (CagradBalance(c=0.5), aggregation.CAGrad(0.5)),
]
SUMS: list[tuple[Any, Any]] = [
    (PlainJacobianBalance(kind="pcgrad"), aggregation.PCGrad()),
    (PlainJacobianBalance(kind="config"), aggregation.ConFIG()),
    (PlainJacobianBalance(kind="graddrop"), aggregation.GradDrop()),
    (GradVacBalance(), aggregation.GradVac()),
]


@pytest.mark.parametrize(("spec", "oracle", "scale"), [(*o, 1) for o in ORACLES] + [(*s, 3) for s in SUMS])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_direction_is_torchjds_on_the_whole_jacobian(spec: Any, oracle: Any, scale: int, seed: int) -> None:
    rows = random_rows(3, 8, seed)
    torch.manual_seed(seed)
    mine, _, _ = direction(spec, rows)
    torch.manual_seed(seed)
    torch.testing.assert_close(mine, deepcopy(oracle)(rows) / scale, atol=1e-6, rtol=1e-6)


def test_fairgrad_solves_its_equation_up_to_scale() -> None:
    rows = random_rows(3, 8, 0)
    _, weights, _ = direction(FairGradBalance(alpha=2.0), rows)
    found = torch.tensor(list(weights.values()), dtype=torch.float64)
    gains = rows @ rows.T @ found
    ratio = gains * found**0.5
    torch.testing.assert_close(ratio / ratio[0], torch.ones_like(ratio), atol=1e-4, rtol=0)


@pytest.mark.parametrize("heads", [1, 2, 5])
@pytest.mark.parametrize("smallest", [1.0, 0.1, 1e-8])
def test_nash_weights_solve_the_bargaining_equation(heads: int, smallest: float) -> None:
    rows = random_rows(heads, 12, heads)
    products = rows @ rows.T / 12
    preferences = torch.logspace(0, math.log10(smallest), heads, dtype=torch.float64)
    weights = bargain(products, preferences)
    assert float(weights.min()) > 0
    ridged = products + 1e-4 * torch.eye(heads, dtype=torch.float64)
    torch.testing.assert_close(ridged @ weights, preferences / weights, atol=TOLERANCE, rtol=1e-6)
    if smallest == 1:  # Nash-MTL's own equation, but for the ridge
        torch.testing.assert_close(products @ weights, 1 / weights, atol=1e-2, rtol=1e-3)


def test_heads_that_oppose_each_other_are_not_bargained_to_infinity() -> None:
    row = random_rows(1, 6, 0)
    gradient, weights, _ = direction(PlainJacobianBalance(kind="nash_mtl"), torch.cat([row, -row]))
    assert float(gradient.norm()) < TOLERANCE
    assert max(weights.values()) < 100


def test_vaccinated_gradients_have_the_target_cosine() -> None:
    rows = torch.tensor([[1.0, 0.0], [-0.6, 0.8]], dtype=torch.float64)
    targets = torch.full((2, 2), 0.5, dtype=torch.float64)
    torch.manual_seed(0)
    weights = vaccinate(rows @ rows.T, targets, beta=0.1)
    # By symmetry both rows get the same multiple of the other: undo the sum of two equal mixes.
    mixed = rows[0] + (weights[0] - 1) * rows[1]
    assert float(torch.cosine_similarity(mixed, rows[1], dim=0)) == pytest.approx(0.5)
    assert float(targets[0, 1]) == pytest.approx(0.9 * 0.5 + 0.1 * -0.6)


def test_upgrad_raises_no_loss_to_first_order_where_the_mean_does() -> None:
    rows = torch.tensor([[4.0, 0.0], [-1.0, 1.0]], dtype=torch.float64)
    mean, _, _ = direction(EqualBalance(), rows)
    assert float((rows @ mean).min()) < 0
    assert float((rows @ direction(PlainJacobianBalance(kind="upgrad"), rows)[0]).min()) > -1e-3


@pytest.mark.parametrize(("spec", "_oracle"), [*ORACLES[:2], *SUMS[:1]])
def test_without_conflict_the_step_is_that_of_equal_weights_whatever_the_weights_are(spec: Any, _oracle: Any) -> None:
    rows = torch.tensor([[1.0, 0.0, 0.2], [0.0, 2.0, 0.2]], dtype=torch.float64)
    mine, weights, toy = direction(spec, rows, 3.0, 1.0)
    equal, shares, plain = direction(EqualBalance(), rows, 3.0, 1.0)
    torch.testing.assert_close(mine, equal, atol=1e-4, rtol=0)
    assert weights == pytest.approx(shares, abs=1e-4)
    assert [float(own.grad) for own in toy.own] == [float(own.grad) for own in plain.own]


def test_small_gradients_are_balanced_like_large_ones() -> None:
    rows = random_rows(3, 5, 4)
    for kind in ("upgrad", "nash_mtl"):
        spec = PlainJacobianBalance(kind=kind)
        torch.testing.assert_close(direction(spec, rows * 1e-6)[0] * 1e6, direction(spec, rows)[0])
    torch.testing.assert_close(direction(CagradBalance(), rows * 1e-6)[0] * 1e6, direction(CagradBalance(), rows)[0])


def test_gradients_that_are_zero_or_no_numbers_are_averaged() -> None:
    spec = PlainJacobianBalance(kind="mgda")
    assert torch.equal(direction(spec, torch.zeros(2, 3, dtype=torch.float64))[0], torch.zeros(3, dtype=torch.float64))
    broken = torch.tensor([[1.0, torch.nan], [1.0, 1.0]], dtype=torch.float64)
    assert torch.isnan(direction(spec, broken)[0]).tolist() == [False, True]


def test_smoothed_weights_are_a_running_mean() -> None:
    plans = tuple(HeadPlan(f"h{t}", "score", (), 1.0, False) for t in range(2))
    balance = build_balance(CrMogmBalance(of="mgda", memory=0.75), plans)
    assert isinstance(balance, GramianWeights)
    first, second = torch.diag(torch.tensor([1.0, 4.0])).double(), torch.eye(2).double()
    torch.testing.assert_close(balance.weigh(first, [0, 1]), torch.tensor([0.8, 0.2]).double())
    expected = 0.75 * torch.tensor([0.8, 0.2]) + 0.25 * torch.tensor([0.5, 0.5])
    torch.testing.assert_close(balance.weigh(second, [0, 1]), expected.double())


@pytest.mark.parametrize("kind", ["upgrad", "imtl_g"])
def test_on_a_net_it_does_what_torchjds_own_backward_does(workshop: Workshop, kind: str) -> None:
    """With a next-word head, which reaches the first layer and the embedding alone."""
    spec = workshop.spec(
        {
            **{n: {"kind": k} for n, k in (("intent", "class"), ("slots", "tag"))},
            "next_word": {"kind": "next_word", "auxiliary": True},
        },
        balance={"kind": kind},
    )
    dataset = workshop.dataset(spec)
    encoded, _ = workshop.encoded(spec, dataset)
    batch = collate(encoded, np.arange(6))
    net, other = (workshop.net(spec, dataset).double() for _ in range(2))
    balance = build_balance(spec.balance, plan_heads(spec, dataset))
    balance.backward(net.losses(net(batch.ids, batch.mask), batch.targets), torch.zeros(()), net)

    losses = list(other.losses(other(batch.ids, batch.mask), batch.targets).values())
    shared = other.sharing.shared_parameters()
    torch.autograd.backward(sum(losses) / 3, inputs=list(other.heads.parameters()), retain_graph=True)
    # What the next-word head does not reach, two others do, so torchjd's list and our graph agree.
    backward(losses, inputs=shared, parallel_chunk_size=1)
    oracle = aggregation.UPGrad() if kind == "upgrad" else aggregation.IMTLG()
    jac_to_grad(shared, oracle)
    theirs = {name: parameter.grad for name, parameter in other.named_parameters()}
    for name, parameter in net.named_parameters():
        torch.testing.assert_close(parameter.grad, theirs[name], atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("sharing", [{"kind": "hard"}, {"kind": "soft", "strength": 0.0}, {"kind": "low_supervision"}])
def test_heads_at_any_depth_and_columns_without_shared_parameters(workshop: Workshop, sharing: dict[str, Any]) -> None:
    heads: dict[str, dict[str, Any]] = {"intent": {"kind": "class"}, "slots": {"kind": "tag"}}
    if sharing["kind"] == "low_supervision":
        heads["slots"]["depth"] = 1
    spec = workshop.spec(heads, sharing=sharing, balance={"kind": "upgrad"})
    dataset = workshop.dataset(spec)
    encoded, _ = workshop.encoded(spec, dataset)
    batch = collate(encoded, np.arange(6))
    net, other = (workshop.net(spec, dataset) for _ in range(2))
    plans = plan_heads(spec, dataset)
    none = torch.zeros(())
    build_balance(spec.balance, plans).backward(net.losses(net(batch.ids, batch.mask), batch.targets), none, net)
    build_balance(EqualBalance(), plans).backward(
        other.losses(other(batch.ids, batch.mask), batch.targets), none, other
    )
    theirs = dict(other.named_parameters())
    private = [name for name, _ in net.named_parameters() if name.startswith("heads.") or sharing["kind"] == "soft"]
    for name, parameter in net.named_parameters():
        assert parameter.grad is not None, name
        if name in private:
            torch.testing.assert_close(parameter.grad, theirs[name].grad, msg=name)
