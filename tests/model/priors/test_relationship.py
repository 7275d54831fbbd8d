"""The tensor-normal prior and its flip-flop."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from model.priors.relationship import SHRINKAGE, Relationship, likeliest_covariance, negative_log_likelihood
from schemas.data.heads import HeadPlan
from schemas.spec.sharing import Relationship as RelationshipSpec

HEADS = "abcd"
UNITS, WIDTH = 3, 6


def _prior(
    strength: float = 0.5, every: int = 100, heads: int = 4, units: int = UNITS, width: int = WIDTH
) -> Relationship:
    plans = tuple(HeadPlan(name, "class", ("x", "y"), 1.0, False) for name in HEADS[:heads])
    spec = RelationshipSpec(strength=strength, every=every, adaptor_width=units)
    prior = Relationship(spec, plans, width).double()
    prior.write_weights(_noise(heads, units, width))
    return prior


def _noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def _covariance(size: int, seed: int) -> Tensor:
    factor = _noise(size, size, seed=seed)
    return factor @ factor.T + 0.5 * torch.eye(size, dtype=torch.float64)


def _stack(prior: Relationship) -> Tensor:
    return torch.stack([weight.detach() for weight in prior.weights()])


def _kronecker(heads: Tensor, units: Tensor) -> Tensor:
    return torch.kron(torch.kron(heads, units), torch.eye(WIDTH, dtype=torch.float64))


def test_the_likelihood_is_that_of_the_whole_kronecker_covariance() -> None:
    stack, heads, units = _noise(4, UNITS, WIDTH), _covariance(4, 1), _covariance(UNITS, 2)
    normal = torch.distributions.MultivariateNormal(torch.zeros(stack.numel()).double(), _kronecker(heads, units))
    constant = stack.numel() / 2 * torch.log(torch.tensor(2 * torch.pi, dtype=torch.float64))
    found = negative_log_likelihood(stack, heads, units) + constant
    torch.testing.assert_close(found, -normal.log_prob(stack.flatten()), atol=1e-10, rtol=0)
    scaled = negative_log_likelihood(stack, 3 * heads, units / 3)
    torch.testing.assert_close(scaled, negative_log_likelihood(stack, heads, units), atol=1e-10, rtol=0)


def test_an_update_is_the_maximum_of_the_likelihood_and_no_other_scale_is() -> None:
    stack, units = _noise(4, UNITS, WIDTH), _covariance(UNITS, 2)
    best = likeliest_covariance(stack, units)
    for factor, is_best in ((1.0, True), (0.9, False), (WIDTH, False), (4.0, False)):
        heads = (factor * best).requires_grad_()
        (gradient,) = torch.autograd.grad(negative_log_likelihood(stack, heads, units), heads)
        assert (float(gradient.abs().max()) < 1e-10) is is_best
    for seed in range(20):
        nearby = best + 0.05 * _covariance(4, seed)
        assert negative_log_likelihood(stack, nearby, units) > negative_log_likelihood(stack, best, units)
    # The other mode, by the same function on the turned stack.
    heads = _covariance(4, 1)
    turned = likeliest_covariance(stack.transpose(0, 1), heads).requires_grad_()
    (gradient,) = torch.autograd.grad(negative_log_likelihood(stack, heads, turned), turned)
    assert float(gradient.abs().max()) < 1e-10


def test_a_step_is_the_proximal_map_of_the_whole_kronecker_prior() -> None:
    prior = _prior(strength=0.5)
    heads, units = _covariance(4, 1), _covariance(UNITS, 2)
    prior.head_covariance.copy_(heads)
    prior.unit_covariance.copy_(units)
    before = _stack(prior).flatten()
    prior.on_step_end(0, 0.2)
    # argmin 1/2 ||X - W||^2 + 0.1 * 1/2 X^T S^-1 X
    system = torch.eye(len(before), dtype=torch.float64) + 0.1 * torch.linalg.inv(_kronecker(heads, units))
    torch.testing.assert_close(_stack(prior).flatten(), torch.linalg.solve(system, before), atol=1e-10, rtol=0)


def test_covariances_stay_positive_of_fixed_trace_and_move_each_so_many_steps() -> None:
    prior = _prior(every=3)
    for step in range(30):
        before = prior.head_covariance.clone()
        prior.write_weights(_stack(prior) + 0.3 * _noise(4, UNITS, WIDTH, seed=step))
        prior.on_step_end(step, 0.1)
        assert torch.equal(before, prior.head_covariance) is ((step + 1) % 3 != 0)
        for covariance in (prior.head_covariance, prior.unit_covariance):
            assert float(covariance.trace()) == pytest.approx(len(covariance))
            assert float(torch.linalg.eigvalsh(covariance).min()) >= SHRINKAGE - 1e-9
            torch.testing.assert_close(covariance, covariance.T)


def test_weights_of_zero_leave_no_relation() -> None:
    prior = _prior()
    prior.write_weights(torch.zeros(4, UNITS, WIDTH))
    prior.update_covariances()
    torch.testing.assert_close(prior.head_covariance, torch.eye(4).double())


def test_equal_heads_correlate_as_far_as_the_shrinkage_lets_them() -> None:
    prior = _prior(heads=2)
    prior.write_weights(_noise(1, UNITS, WIDTH).expand(2, -1, -1))
    prior.update_covariances()
    assert prior.tables()[0].values[0][1] == pytest.approx(1 - SHRINKAGE)


def test_the_flip_flop_finds_both_covariances_of_a_drawn_stack() -> None:
    heads, units = _covariance(4, 5), _covariance(8, 6)
    stack = torch.einsum(
        "ta,abd,rb->trd", torch.linalg.cholesky(heads), _noise(4, 8, 4000), torch.linalg.cholesky(units)
    )
    prior = _prior(units=8, width=4000)
    prior.write_weights(stack)
    for _ in range(5):
        prior.update_covariances()
    for found, wanted in ((prior.head_covariance, heads), (prior.unit_covariance, units)):
        bare = (found - SHRINKAGE * torch.eye(len(found), dtype=torch.float64)) / (1 - SHRINKAGE)
        # Each is found by the other as it was shrunk, which costs a little.
        torch.testing.assert_close(bare, wanted * len(wanted) / wanted.trace(), atol=0.2, rtol=0)


def _planted(seed: int, strength: float) -> tuple[Tensor, float]:
    """Train four heads, and return their correlation and the error of the poor one.

    Heads a and b want almost the same, c the opposite, d something else; b has seen three examples.
    """
    units, width, signs = 6, 8, torch.tensor([1.0, 1.0, -1.0, 0.0], dtype=torch.float64)
    common, own = _noise(units, width, seed=1000 + seed), _noise(4, units, width, seed=2000 + seed)
    truth = signs[:, None, None] * common + own * torch.tensor([0.2, 0.2, 0.2, 1.0]).double()[:, None, None]
    rows = [_noise(count, width, seed=3000 + 10 * seed + head) for head, count in enumerate((200, 3, 200, 200))]
    curvature = torch.stack([2 * each.T @ each / (len(each) * units) for each in rows])  # of the mean squared error
    prior = _prior(strength=strength, every=20, units=units, width=width)
    prior.write_weights(torch.zeros(4, units, width))
    for step in range(400):
        weights = _stack(prior)
        prior.write_weights(weights - 0.05 * (weights - truth) @ curvature)
        prior.on_step_end(step, 0.05)
    return torch.tensor(prior.tables()[0].values), float((_stack(prior)[1] - truth[1]).norm())


@pytest.mark.parametrize("strength", [pytest.param(0.03, marks=pytest.mark.slow), 0.1])
def test_over_twenty_draws_related_heads_show_and_unrelated_ones_do_not(strength: float) -> None:
    found = [_planted(seed, strength) for seed in range(20)]
    correlations = torch.stack([correlation for correlation, _ in found])
    assert correlations[:, 0, 1].min() > 0.6
    assert correlations[:, 0, 2].max() < -0.6
    unrelated = correlations[:, 3, :3].abs().amax(1)
    assert unrelated.max() < 0.6  # before shrinkage 0.79 and 1.00
    assert unrelated.mean() < 0.3
    gains = [error / _planted(seed, 0.0)[1] for seed, (_, error) in enumerate(found)]
    assert max(gains) < 0.9  # the poor head is pulled along
    assert sum(gains) / len(gains) < 0.8
