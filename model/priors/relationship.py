"""Multilinear relationship networks (Long & Wang 2015; Long et al. 2017, arXiv 1506.02117).

The adaptors' stack W (T, r, d) has a tensor-normal prior, vec(W) ~ N(0, S1 x S2 x I), heads S1 (T, T), units S2 (r, r):

Omega = lambda (1/2 vec(W)^T (S1 x S2 x I)^-1 vec(W) + r d / 2 log det S1 + T d / 2 log det S2)

Flip-flop, S1 then S2, each the maximum of the likelihood while the other is fixed (the gradient of Omega is zero there,
and at no other scale: checked in the tests), as for the matrix normal distribution (Dutilleul 1999):

S1 = 1 / (r d) sum_{jk} over  W_(1) (S2 x I)^-1 W_(1)^T,   S2 = 1 / (T d) W_(2) (S1 x I)^-1 W_(2)^T

The likelihood knows the factors only up to c S1, S2 / c, and shrinks with the weights that it shrinks. So each is then
scaled to trace T or r: the prior holds how heads relate, lambda how strong it is. The Kronecker product is never
built. The prior acts after the optimiser's step by its exact proximal map, tau = learning rate x
lambda: in the eigenbases V1, V2 of S1, S2 entry (t, j) of W shrinks by 1 + tau / (e1_t e2_j).

Without more the pull feeds itself: a direction that it shrinks has less variance at the next estimate, and is shrunk
more, until heads that have nothing in common show a correlation of 1. So each estimate is drawn towards the identity,
(1 - rho) S + rho I, as the mean under an inverse Wishart prior is; rho bounds how unequal two directions can become.
Over 20 planted draws, lambda 0.1 (tests): rho 0.001 shows unrelated heads above 0.9 in 7, and leaves the poor head 0.72
of its error; rho 0.1 in none, and leaves 0.50; 0.2 leaves 0.55 and hides related heads. A correlation is shown as the
prior has it, at most 1 - rho.

The authors' code updates the heads' covariance alone and adds a gradient; neither is kept (docs/adr/0008).
"""

from __future__ import annotations

import torch
from torch import Tensor

from model.priors.adaptors import AdaptorPrior
from schemas.data.heads import HeadPlan
from schemas.evaluation.matrix import Table
from schemas.spec.sharing import Relationship as RelationshipSpec

SHRINKAGE = 0.1
"""rho: the least variance of any direction, where 1 is the mean."""


class Relationship(AdaptorPrior):
    """Learns which heads' adaptors vary together, and pulls them along."""

    head_covariance: Tensor
    unit_covariance: Tensor

    def __init__(self, spec: RelationshipSpec, plans: tuple[HeadPlan, ...], width: int) -> None:
        super().__init__(plans, width, spec.adaptor_width)
        self.spec = spec
        self.register_buffer("head_covariance", torch.eye(len(self.names)))
        self.register_buffer("unit_covariance", torch.eye(spec.adaptor_width))

    def penalties(self) -> dict[str, Tensor]:
        """Return Omega, for the log alone: it acts in `on_step_end`."""
        with torch.no_grad():
            energy = negative_log_likelihood(self._stack(), self.head_covariance, self.unit_covariance)
            return {"relationship": self.spec.strength * energy}

    @torch.no_grad()
    def on_step_end(self, step: int, learning_rate: float) -> None:
        """Shrink the adaptors; each `every` steps, learn the covariances anew."""
        stack = self._stack()
        heads, head_basis = torch.linalg.eigh(self.head_covariance)
        units, unit_basis = torch.linalg.eigh(self.unit_covariance)
        turned = torch.einsum("ta,trd,rb->abd", head_basis, stack, unit_basis)
        turned /= 1 + learning_rate * self.spec.strength / (heads[:, None] * units).unsqueeze(2)
        self.write_weights(torch.einsum("ta,abd,rb->trd", head_basis, turned, unit_basis))
        if (step + 1) % self.spec.every == 0:
            self.update_covariances()

    @torch.no_grad()
    def update_covariances(self) -> None:
        """One round of the flip-flop."""
        stack = self._stack()
        self.head_covariance.copy_(_scaled(likeliest_covariance(stack, self.unit_covariance)))
        self.unit_covariance.copy_(_scaled(likeliest_covariance(stack.transpose(0, 1), self.head_covariance)))

    def tables(self) -> list[Table]:
        """The heads' correlation."""
        deviations = self.head_covariance.diagonal().sqrt()
        correlation = self.head_covariance / deviations / deviations[:, None]
        title = "Correlation of heads' adaptors"
        return [Table.of("head_correlation", title, self.names, self.names, correlation.tolist())]

    def _stack(self) -> Tensor:
        return torch.stack([weight.detach() for weight in self.weights()])


def likeliest_covariance(stack: Tensor, other: Tensor) -> Tensor:
    """Return the maximum-likelihood covariance of mode 1, that of mode 2 given. Shapes: (a, b, d), (b, b) -> (a, a)."""
    _, b, d = stack.shape
    whitened = torch.cholesky_solve(stack.transpose(0, 1).flatten(1), torch.linalg.cholesky(other))  # (b, a * d)
    return torch.einsum("abd,bcd->ac", stack, whitened.view(b, len(stack), d)) / (b * d)


def negative_log_likelihood(stack: Tensor, heads: Tensor, units: Tensor) -> Tensor:
    """Return -log N(vec W; 0, S1 x S2 x I) without its constant. Shapes: (T, r, d), (T, T), (r, r) -> ()."""
    count, width, d = stack.shape
    quadratic = (torch.linalg.inv(heads) * likeliest_covariance(stack, units)).sum() * width * d
    energy: Tensor = (quadratic + width * d * torch.logdet(heads) + count * d * torch.logdet(units)) / 2
    return energy


def _scaled(covariance: Tensor) -> Tensor:
    """Scale to a mean variance of 1, then draw towards the identity."""
    size = len(covariance)
    mean = covariance.diagonal().mean()
    identity = torch.eye(size).to(covariance)
    scaled = covariance / mean if mean > 0 else identity
    return (1 - SHRINKAGE) * scaled + SHRINKAGE * identity
