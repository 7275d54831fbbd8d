from __future__ import annotations

import pytest
import torch
from torch import Tensor

from model.sharing.tensors import fold, hosvd, multiply, rank, shrink, trace_norm, unfold


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("rows", [(0,), (1,), (2,), (0, 1), (0, 2)])
def test_fold_undoes_unfold(rows: tuple[int, ...]) -> None:
    tensor = random(3, 4, 5)
    matrix = unfold(tensor, rows)
    assert matrix.shape[0] == torch.tensor([tensor.shape[mode] for mode in rows]).prod()
    assert torch.equal(fold(matrix, tensor.shape, rows), tensor)


@pytest.mark.parametrize("shape", [(40, 3), (3, 40), (6, 6)])
def test_the_trace_norm_is_the_sum_of_singular_values_and_its_gradient_is_u_times_v(shape: tuple[int, int]) -> None:
    matrix = random(*shape).requires_grad_()
    norm = trace_norm(matrix)
    norm.backward()
    u, values, v = torch.linalg.svd(matrix.detach(), full_matrices=False)
    torch.testing.assert_close(norm.detach(), values.sum())
    torch.testing.assert_close(matrix.grad, u @ v)


def test_equal_columns_have_rank_one_a_finite_gradient_and_the_norm_root_t_times_their_own() -> None:
    column = random(20, 1)
    equal = column.repeat(1, 4).requires_grad_()
    norm = trace_norm(equal)
    norm.backward()
    torch.testing.assert_close(norm.detach(), 2 * column.norm())
    torch.testing.assert_close(equal.grad, (column / column.norm() / 2).expand(-1, 4))
    assert rank(equal.detach(), 1e-6) == 1


def test_orthogonal_columns_have_the_sum_of_their_norms() -> None:
    columns = torch.diag(torch.tensor([3.0, 1.0, 2.0]))
    torch.testing.assert_close(trace_norm(columns), torch.tensor(6.0))
    assert float(trace_norm(torch.zeros(5, 2))) == 0


def test_shrinking_is_the_argmin_that_a_solver_finds() -> None:
    target, threshold = random(6, 3), 0.7
    best = shrink(target, threshold)

    def objective(matrix: Tensor) -> float:
        return float((matrix - target).square().sum() / 2 + threshold * torch.linalg.svdvals(matrix).sum())

    # The problem is convex: no direction leads down from its minimum.
    for seed in range(50):
        for size in (1e-1, 1e-3):
            assert objective(best + size * random(6, 3, seed=seed + 1)) > objective(best)
    assert objective(best) < objective(target) - 0.1


def test_the_rank_falls_as_the_threshold_grows() -> None:
    matrix = random(30, 5)
    values = torch.linalg.svdvals(matrix)
    ranks = [rank(shrink(matrix, float(threshold)), 1e-6) for threshold in (values[1:] + values[:-1]) / 2]
    assert ranks == [1, 2, 3, 4]
    assert float(shrink(matrix, float(values[0]) + 1).abs().max()) == 0
    torch.testing.assert_close(shrink(matrix, 0), matrix)


@pytest.mark.parametrize("lost", [float("nan"), float("inf")])
def test_a_matrix_that_has_lost_its_numbers_is_left_to_the_losses_that_tell_of_it(lost: float) -> None:
    matrix = random(30, 5)
    matrix[7, 2] = lost
    assert not shrink(matrix, 0.1).isfinite().any()
    assert not trace_norm(matrix).isfinite()
    assert rank(matrix, 0.05) == 1


@pytest.mark.parametrize("modes", [(0, 1, 2), (0, 2), (2,)])
def test_a_full_decomposition_gives_the_tensor_back_and_its_factors_are_orthonormal(modes: tuple[int, ...]) -> None:
    tensor = random(8, 5, 3)
    core, factors = hosvd(tensor, {mode: tensor.shape[mode] for mode in modes})
    for mode, factor in factors.items():
        torch.testing.assert_close(factor.T @ factor, torch.eye(len(factor), dtype=torch.float64))
        core = multiply(core, factor, mode)
    torch.testing.assert_close(core, tensor, atol=1e-13, rtol=0)


def test_a_planted_multilinear_rank_is_found_and_noise_stays_within_the_error() -> None:
    tensor = multiply(multiply(multiply(random(2, 3, 2), random(9, 2), 0), random(8, 3), 1), random(4, 2), 2)
    assert [rank(unfold(tensor, (mode,)), 1e-6) for mode in range(3)] == [2, 3, 2]
    noisy = tensor + 0.3 * tensor.std() * random(9, 8, 4, seed=1)
    for error in (0.5, 0.1):
        ranks = {mode: rank(unfold(noisy, (mode,)), error / 3**0.5) for mode in range(3)}
        core, factors = hosvd(noisy, ranks)
        for mode, factor in factors.items():
            core = multiply(core, factor, mode)
        assert float((core - noisy).norm() / noisy.norm()) <= error
