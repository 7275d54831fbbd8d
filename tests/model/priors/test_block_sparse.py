"""Proximal maps, the dirty split, and the cut."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import onnx
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.optimize import minimize
from torch import Tensor, nn

from model.data.batches import Batch, collate
from model.export.graphs import export_graphs
from model.net import Net
from model.priors.block_sparse import BlockSparse, row_norms, shrink_rows
from model.training.finished import load_net
from schemas.data.dataset import Dataset
from schemas.spec.bounded_yaml import SpecError
from schemas.spec.product import Spec

if TYPE_CHECKING:
    from tests.model.conftest import Workshop

Norm = Literal[1, 2, "inf"]
NORMS: tuple[Norm, ...] = (1, 2, "inf")
DUAL: dict[Norm, Norm] = {1: "inf", 2: 2, "inf": 1}
TOLERANCE = 1e-8
rows_of_numbers = hnp.arrays(
    np.float64, hnp.array_shapes(min_dims=2, max_dims=2, max_side=6), elements=st.floats(-9, 9)
)


def _spec(workshop: Workshop, heads: Any = None, *, epochs: int = 1, **prior: Any) -> Spec:
    sharing = {"kind": "hard", "prior": {"kind": "block_sparse", **prior}}
    return workshop.spec(heads or workshop.spec().heads, sharing=sharing, label_smoothing=0, epochs=epochs)


def _net(workshop: Workshop, dataset: Dataset, **prior: Any) -> Net:
    return workshop.net(_spec(workshop, **prior), dataset).double()


def _prior(net: Net) -> BlockSparse:
    assert isinstance(net.prior, BlockSparse)
    return net.prior


def _weights(net: Net) -> dict[str, Tensor]:
    return {name: head.project.weight for name, head in net.heads.items() if name != "next_word"}


@pytest.fixture
def batch(workshop: Workshop, spec: Spec, dataset: Dataset) -> Batch:
    return collate(workshop.encoded(spec, dataset)[0], np.arange(12))


@given(rows_of_numbers, st.floats(0, 9), st.sampled_from(NORMS))
def test_the_proximal_map_meets_the_conditions_of_the_minimum(rows: Any, tau: float, norm: Norm) -> None:
    # A - X must lie in tau times the subdifferential of the norm at X: in its dual ball, and aligned with X.
    before = torch.from_numpy(rows)
    after = shrink_rows(before, norm, tau)
    moved = before - after
    assert (row_norms(moved, DUAL[norm]) <= tau + TOLERANCE).all()
    torch.testing.assert_close((moved * after).sum(1), tau * row_norms(after, norm), atol=1e-7, rtol=0)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("tau", [0.3, 1.0, 4.0])
def test_the_proximal_map_is_what_a_numeric_solver_finds(norm: Norm, tau: float) -> None:
    row = np.array([1.5, -0.7, 0.2])

    def objective(x: Any) -> float:
        return float(0.5 * ((x - row) ** 2).sum() + tau * np.linalg.norm(x, ord=float(norm)))

    found = shrink_rows(torch.from_numpy(row)[None], norm, tau)[0].numpy()
    starts = [row, np.zeros(3), found]
    solved = min(
        (minimize(objective, x, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12}) for x in starts),
        key=lambda result: result.fun,
    )
    assert objective(found) <= solved.fun + 1e-12
    np.testing.assert_allclose(found, solved.x, atol=1e-4)


def test_with_one_entry_a_row_all_norms_are_the_lasso() -> None:
    column = torch.tensor([[2.0], [-0.5], [0.3], [-4.0]])
    for norm in NORMS:
        torch.testing.assert_close(shrink_rows(column, norm, 0.4), torch.tensor([[1.6], [-0.1], [0.0], [-3.6]]))


@pytest.mark.parametrize("norm", NORMS)
def test_a_step_shrinks_the_rows_of_all_heads_together_and_no_bias(
    workshop: Workshop, dataset: Dataset, norm: Norm
) -> None:
    net = _net(workshop, dataset, norm=norm, strength=0.4)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    rows = torch.cat(list(_weights(net).values())).T.clone()
    net.on_step_end(0, 0.5)
    after = torch.cat(list(_weights(net).values())).T
    entries = rows.shape[1]
    assert torch.equal(after, shrink_rows(rows, norm, 0.5 * 0.4 * entries ** {1: 0, 2: 0.5, "inf": 1}[norm]))
    changed = {name for name, value in net.state_dict().items() if not torch.equal(value, before[name])}
    assert changed == {f"heads.{name}.project.weight" for name in ("intent", "slots", "topics", "urgency")}


@pytest.mark.parametrize("norm", NORMS)
def test_heads_are_zero_from_the_dual_norm_of_the_gradient_on(
    workshop: Workshop, dataset: Dataset, batch: Batch, norm: Norm
) -> None:
    # The loss is convex in the heads' weights: with lambda over lambda_max descent ends at zero, below it does not.
    net = _net(workshop, dataset, norm=norm)
    prior, weights = _prior(net), list(_weights(net).values())
    hidden = {name: state.detach() for name, state in net.states(batch.ids, batch.mask).items()}

    def descend() -> None:
        losses = net.losses({name: net.answer(name, hidden[name], batch.mask) for name in _weights(net)}, _known(batch))
        for weight, gradient in zip(weights, torch.autograd.grad(sum(losses.values()), weights), strict=True):
            weight.grad = gradient

    start = [weight.detach().clone() for weight in weights]
    for weight in weights:
        nn.init.zeros_(weight)
    descend()
    lambda_max = float(row_norms(torch.cat([weight.grad for weight in weights]).T, DUAL[norm]).max())
    for factor, ends_at_zero in ((1.02, True), (0.98, False)):
        prior.strength = lambda_max * factor
        with torch.no_grad():
            for weight, value in zip(weights, start, strict=True):
                weight.copy_(value)
        for step in range(400):
            descend()
            with torch.no_grad():
                for weight in weights:
                    weight -= 0.1 * weight.grad
            net.on_step_end(step, 0.1)
            if not any(weight.any() for weight in weights):
                break
        assert any(weight.any() for weight in weights) is not ends_at_zero


def _known(batch: Batch) -> dict[str, Tensor]:
    return {
        name: target.double() if target.is_floating_point() else target
        for name, target in batch.targets.items()
        if name != "next_word"
    }


def test_no_head_sees_a_feature_whose_row_is_zero(workshop: Workshop, dataset: Dataset, batch: Batch) -> None:
    net = _net(workshop, dataset).eval()
    with torch.no_grad():
        for weight in _weights(net).values():
            weight[:, [3, 7]] = 0
    for name in _weights(net):
        hidden = net.states(batch.ids, batch.mask)[name].detach().requires_grad_()
        net.answer(name, hidden, batch.mask).square().sum().backward()
        assert hidden.grad is not None
        assert {int(feature) for feature in (hidden.grad == 0).all(0).all(0).nonzero()} == {3, 7}


def test_the_dirty_split_answers_with_the_sum_and_shrinks_each_part_its_own_way(
    workshop: Workshop, dataset: Dataset, batch: Batch
) -> None:
    net = _net(workshop, dataset, norm="inf", strength=0.02, dirty=0.3).eval()
    plain = _net(workshop, dataset).eval()
    linears = [net.head(name).project for name in _weights(net)]
    with torch.no_grad():
        for linear in linears:
            nn.init.normal_(linear.sparse)
    blocks = torch.cat([linear.weight for linear in linears]).T.clone()
    sparse = torch.cat([linear.sparse for linear in linears]).T.clone()
    net.on_step_end(0, 0.5)
    assert torch.equal(
        torch.cat([linear.weight for linear in linears]).T, shrink_rows(blocks, "inf", 0.5 * 0.02 * blocks.shape[1])
    )
    assert torch.equal(torch.cat([linear.sparse for linear in linears]).T, shrink_rows(sparse, 1, 0.15))
    state = net.state_dict()
    for name in [name for name in state if name.endswith(".sparse")]:
        state[name.replace("sparse", "weight")] = state[name.replace("sparse", "weight")] + state.pop(name)
    plain.load_state_dict(state)
    wanted, found = plain(batch.ids, batch.mask), net(batch.ids, batch.mask)
    torch.testing.assert_close(found, wanted, atol=TOLERANCE, rtol=0)
    torch.testing.assert_close(net.for_export()(batch.ids, batch.mask), wanted, atol=TOLERANCE, rtol=0)
    assert set(net.penalties()) == {"block_sparse", "sparse"}


def test_features_that_no_main_head_reads_are_cut_and_answers_stay(
    workshop: Workshop, dataset: Dataset, batch: Batch
) -> None:
    heads = {name: head.model_dump() for name, head in workshop.spec().heads.items()}
    heads["topics"]["auxiliary"] = True
    net = workshop.net(_spec(workshop, heads), dataset).double().eval()
    with torch.no_grad():
        for name, weight in _weights(net).items():
            weight[:, 1] = 0
            if name != "topics":  # an auxiliary head keeps no feature alive: it does not ship
                weight[:, [4, 9]] = 0
    cut = net.for_export()
    assert _prior(cut).features.weight.shape == (13, 16)
    assert {tuple(weight.shape)[1] for weight in _weights(cut).values()} == {13}
    assert _prior(net).features.weight.shape == (16, 16)  # the trained net is as it was
    wanted, found = net(batch.ids, batch.mask), cut(batch.ids, batch.mask)
    for name in ("intent", "slots", "urgency", "next_word"):
        torch.testing.assert_close(found[name], wanted[name], atol=1e-12, rtol=0)


def test_heads_that_read_nothing_keep_one_feature(workshop: Workshop, dataset: Dataset, batch: Batch) -> None:
    net = _net(workshop, dataset).eval()
    with torch.no_grad():
        for weight in _weights(net).values():
            weight.zero_()
    cut = net.for_export()
    assert _prior(cut).features.weight.shape == (1, 16)
    torch.testing.assert_close(cut(batch.ids, batch.mask), net(batch.ids, batch.mask), atol=1e-12, rtol=0)


def test_training_cuts_features_out_of_the_graphs(workshop: Workshop) -> None:
    spec = _spec(workshop, {"intent": {"kind": "class"}, "slots": {"kind": "tag"}}, strength=0.7, epochs=6)
    dataset = workshop.dataset(spec)
    trained = workshop.train(spec, dataset)
    net, _ = load_net(spec, trained)
    kept = int(torch.cat(list(_weights(net).values())).any(0).sum())
    assert 1 < kept < 16
    graphs = export_graphs(trained, dataset, spec, workshop.folder())
    shapes = {
        name: [list(tensor.dims) for tensor in onnx.load(graphs.folder / f"{name}.onnx").graph.initializer]
        for name in ("trunk", "intent", "slots")
    }
    assert [16, kept] in shapes["trunk"]
    assert [kept, 3] in shapes["intent"] or [3, kept] in shapes["intent"]
    assert [kept, 5] in shapes["slots"]
    assert all(16 not in shape for name in ("intent", "slots") for shape in shapes[name])


def test_the_dirty_split_of_elementwise_norms_is_refused(workshop: Workshop) -> None:
    with pytest.raises(SpecError, match="both parts of `dirty` are elementwise"):
        _spec(workshop, norm=1, dirty=0.1)
