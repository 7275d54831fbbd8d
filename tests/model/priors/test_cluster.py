"""The clustered penalty, k-means and the convex cluster norm."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import Tensor

from model.priors.cluster import Cluster, convex_metric, k_means
from schemas.data.heads import HeadPlan
from schemas.spec.bounded_yaml import SpecError
from schemas.spec.sharing import Cluster as ClusterSpec

if TYPE_CHECKING:
    from tests.model.conftest import Workshop

HEADS = "abcdef"
WIDTH, UNITS = 5, 3
BETWEEN, WITHIN = 0.5, 4.0


def _prior(heads: int = 6, seed: int = 0, **options: Any) -> Cluster:
    """Return a prior whose adaptors are random."""
    plans = tuple(HeadPlan(name, "class", ("x", "y"), 1.0, False) for name in HEADS[:heads])
    prior = Cluster(ClusterSpec(adaptor_width=UNITS, **options), plans, WIDTH).double()
    prior.write_weights(_noise(heads, UNITS, WIDTH, seed=seed))
    return prior


def _noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def _columns(prior: Cluster) -> Tensor:
    return torch.stack([weight.detach().flatten() for weight in prior.weights()], dim=1)


def _centred(columns: Tensor) -> Tensor:
    return columns - columns.mean(1, keepdim=True)


def _penalty(prior: Cluster) -> float:
    return float(prior.penalties()["cluster"])


GIVEN = (("a", "b"), ("c",), ("d", "e", "f"))


def test_the_penalty_is_that_of_the_formula_term_by_term() -> None:
    columns = _columns(_prior())
    mean = columns.mean(1)
    centres = {name: columns[:, [HEADS.index(m) for m in members]].mean(1) for members in GIVEN for name in members}
    sizes = {name: len(members) for members in GIVEN for name in members}
    terms = {
        "mean": mean.square().sum(),
        "between": sum((centres[members[0]] - mean).square().sum() * sizes[members[0]] for members in GIVEN),
        "within": sum((columns[:, index] - centres[name]).square().sum() for index, name in enumerate(HEADS)),
    }
    for term, value in terms.items():
        alone = {"mean": 0.0, "between": 0.0, "within": 0.0} | {term: 3.0}
        assert _penalty(_prior(clusters=GIVEN, **alone)) == pytest.approx(float(3.0 * value), rel=1e-12)
    # T Omega_mean + Omega_between + Omega_within = ||A||^2
    ridge = _prior(clusters=GIVEN, mean=6.0, between=1.0, within=1.0)
    assert _penalty(ridge) == pytest.approx(float(columns.square().sum()), rel=1e-12)


def test_one_cluster_has_no_between_and_single_heads_have_no_within() -> None:
    assert _penalty(_prior(clusters=(tuple(HEADS),), mean=0, between=1, within=0)) == pytest.approx(0, abs=1e-12)
    assert _penalty(_prior(clusters=tuple((h,) for h in HEADS), mean=0, between=0, within=1)) == pytest.approx(
        0, abs=1e-12
    )


def test_neither_the_order_of_heads_nor_the_clusters_numbers_matter() -> None:
    prior, turned = _prior(clusters=GIVEN), _prior(clusters=GIVEN[::-1])
    assert _penalty(prior) == pytest.approx(_penalty(turned), rel=1e-12)
    order = [3, 0, 5, 1, 4, 2]
    moved = _prior(clusters=GIVEN)
    moved.write_weights(torch.stack([prior.weights()[i].detach() for i in order]))
    moved.assignment.copy_(prior.assignment[order])
    assert _penalty(prior) == pytest.approx(_penalty(moved), rel=1e-12)


@pytest.mark.parametrize("form", ["kmeans", "convex"])
def test_a_step_goes_where_the_proximal_problem_is_stationary(form: str) -> None:
    prior = _prior(form=form, clusters=2, mean=0.3, between=BETWEEN, within=WITHIN)
    before = _columns(prior)
    metric = prior.metric(before)
    prior.on_step_end(0, 0.7)
    after = _columns(prior)
    # gradient of 1/2 ||X - A||^2 + 0.7 tr(X Q X^T)
    torch.testing.assert_close(after - before + 2 * 0.7 * after @ metric, torch.zeros_like(before), atol=1e-12, rtol=0)


def test_a_great_pull_within_leaves_one_column_a_cluster() -> None:
    prior = _prior(clusters=GIVEN, mean=0, between=0, within=1e6)
    before = _columns(prior)
    prior.on_step_end(0, 1.0)
    after = _columns(prior)
    for members in GIVEN:
        index = [HEADS.index(name) for name in members]
        wanted = before[:, index].mean(1, keepdim=True).expand(-1, len(index))
        torch.testing.assert_close(after[:, index], wanted, atol=1e-5, rtol=0)


def _partitions(clusters: int) -> list[tuple[int, ...]]:
    return [each for each in itertools.product(range(clusters), repeat=5) if len(set(each)) == clusters]


def _hard_penalty(columns: Tensor, assignment: tuple[int, ...]) -> float:
    """Return between and within terms, cluster by cluster."""
    total, mean = 0.0, columns.mean(1)
    for cluster in set(assignment):
        members = columns[:, [index for index, mine in enumerate(assignment) if mine == cluster]]
        centre = members.mean(1)
        total += BETWEEN * members.shape[1] * float((centre - mean).square().sum())
        total += WITHIN * float((members - centre[:, None]).square().sum())
    return total


def _norm(columns: Tensor, clusters: int) -> float:
    centred = _centred(columns)
    return float((centred @ convex_metric(centred, clusters, BETWEEN, WITHIN) * centred).sum())


@pytest.mark.parametrize("clusters", [1, 2, 3, 5])
def test_the_convex_norm_is_below_every_partition_and_equal_at_exact_clusters(clusters: int) -> None:
    # Were the allowed sum of eigenvalues smaller, this would fail; the next test says that it is not larger either.
    for seed in range(5):
        columns = _noise(7, 5, seed=seed)
        assert _norm(columns, clusters) <= min(_hard_penalty(columns, each) for each in _partitions(clusters)) + 1e-9
        exact = _noise(7, clusters, seed=seed)[:, _partitions(clusters)[seed % len(_partitions(clusters))]]
        assert _norm(exact, clusters) == pytest.approx(
            min(_hard_penalty(exact, each) for each in _partitions(clusters))
        )


def test_the_convex_norm_spends_the_sum_of_eigenvalues_that_every_partition_has() -> None:
    given = _prior(clusters=GIVEN, mean=0, between=BETWEEN, within=WITHIN)
    columns = _columns(given)
    convex = convex_metric(_centred(columns), len(GIVEN), BETWEEN, WITHIN)
    wanted = torch.linalg.pinv(given.metric(columns), hermitian=True).trace()
    torch.testing.assert_close(torch.linalg.pinv(convex, hermitian=True).trace(), wanted, atol=1e-9, rtol=0)


@pytest.mark.parametrize("clusters", [2, 3])
def test_no_allowed_matrix_gives_a_smaller_norm(clusters: int) -> None:
    least, most = 1 / WITHIN, 1 / BETWEEN
    budget = (5 - clusters + 1) * least + (clusters - 1) * most
    centred = _centred(_noise(7, 5))
    best = _norm(centred, clusters)
    closest = float("inf")
    for seed in range(3000):
        values = least + (most - least) * _noise(5, seed=seed).abs().clamp(max=1)
        # Down to the allowed sum, still inside the bounds.
        values = least + (values - least) * min(1.0, float((budget - 5 * least) / (values - least).sum()))
        basis = torch.linalg.qr(_noise(5, 5, seed=seed + 1)).Q
        found = float((centred @ basis @ torch.diag(1 / values) @ basis.T * centred).sum())
        assert found >= best - 1e-9
        closest = min(closest, found)
    assert closest < 1.5 * best  # the search was no straw man


def test_the_gradient_of_the_convex_norm_is_the_envelopes() -> None:
    columns = _noise(7, 5)
    gradient = 2 * _centred(columns) @ convex_metric(_centred(columns), 2, BETWEEN, WITHIN)
    numeric = torch.zeros_like(columns)
    for i, j in itertools.product(range(7), range(5)):
        step = torch.zeros_like(columns)
        step[i, j] = 1e-5
        numeric[i, j] = (_norm(columns + step, 2) - _norm(columns - step, 2)) / 2e-5
    torch.testing.assert_close(gradient, numeric, atol=1e-7, rtol=1e-6)


def test_with_loose_bounds_the_convex_norm_is_the_squared_trace_norm() -> None:
    centred = _centred(_noise(7, 5))
    within, between = 1e3, 1e-3
    budget = (5 - 2 + 1) / within + (2 - 1) / between
    found = (centred @ convex_metric(centred, 2, between, within) * centred).sum()
    torch.testing.assert_close(found, torch.linalg.svdvals(centred).sum().square() / budget, rtol=1e-5, atol=0)


def test_the_convex_norm_of_equal_columns_is_zero() -> None:
    equal = _noise(7, 1).expand(7, 5)
    assert _norm(equal, 2) == pytest.approx(0, abs=1e-12)


def test_k_means_finds_planted_groups_from_any_order() -> None:
    truth = torch.tensor([0, 1, 2, 0, 1, 2, 2, 0])
    points = 5 * _noise(3, 6)[truth] + 0.1 * _noise(8, 6, seed=1)
    found = k_means(points, 3)
    assert torch.equal(found[:, None] == found, truth[:, None] == truth)
    assert torch.equal(found, k_means(points, 3))


def test_k_means_leaves_no_cluster_empty_and_takes_equal_points() -> None:
    assert set(k_means(torch.ones(4, 2), 3).tolist()) == {0, 1, 2}
    far = torch.tensor([[0.0], [0.0], [0.0], [9.0]])
    assert set(k_means(far, 3).tolist()) == {0, 1, 2}
    assert k_means(far, 2).tolist().count(int(k_means(far, 2)[3])) == 1


def test_training_with_k_means_finds_two_planted_groups_of_heads() -> None:
    # Heads regress on noisy targets that two different maps make; the prior sees weights, never the groups.
    truth = torch.tensor([0, 1, 0, 1, 1, 0])
    prior = _prior(clusters=2, mean=0.01, between=0.05, within=0.3)
    maps = _noise(2, UNITS, WIDTH, seed=3)
    optimiser = torch.optim.SGD(prior.parameters(), lr=0.05)
    spread = []
    for epoch in range(1, 4):
        for step in range(40):
            inputs = _noise(16, WIDTH, seed=100 * epoch + step)
            loss = torch.zeros((), dtype=torch.float64)
            for number, (name, group) in enumerate(zip(HEADS, truth, strict=True)):
                target = inputs @ maps[group].T + 0.5 * _noise(16, UNITS, seed=number + 10 * step)
                loss = loss + (prior.adaptors[name](inputs) - target).square().mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            prior.on_step_end(step, 0.05)
        prior.on_epoch_end(epoch)
        distances = torch.tensor(prior.tables()[0].values)
        spread.append(float(distances[truth[:, None] == truth].mean() / distances[truth[:, None] != truth].mean()))
    assert torch.equal(prior.assignment[:, None] == prior.assignment, truth[:, None] == truth)
    assert spread[-1] < 0.2


@pytest.mark.parametrize(
    ("clusters", "message"),
    [
        ([["intent"], ["slots", "mood"]], "unknown heads or next_word heads: mood"),
        ([["intent"], ["slots", "next_word"]], "unknown heads or next_word heads: next_word"),
        ([["intent"], ["intent", "slots"]], "heads named twice: intent"),
        ([["intent"]], "heads in no cluster: slots"),
        ([["intent", "slots"], []], "empty clusters: 1"),
        (3, "2 heads can be clustered"),
    ],
)
def test_clusters_that_do_not_fit_the_heads_are_refused(workshop: Workshop, clusters: Any, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        workshop.spec(
            ["intent", "slots", "next_word"],
            sharing={"kind": "hard", "prior": {"kind": "cluster", "clusters": clusters}},
        )


def test_the_convex_form_is_refused_without_bounds_or_with_given_clusters(workshop: Workshop) -> None:
    for options, message in (
        ({"between": 0}, "needs 0 < between <= within"),
        ({"clusters": [["intent"], ["slots"]]}, "give `clusters` as a number"),
    ):
        with pytest.raises(SpecError, match=message):
            workshop.spec(
                ["intent", "slots"],
                sharing={"kind": "hard", "prior": {"kind": "cluster", "form": "convex", **options}},
            )
