"""Balancing by the heads' gradients: T backward passes, one direction.

Row t of the Jacobian J is p_t T dL_t / d theta, over the parameters theta that at least two present heads' losses
reach, with shares p_t from the spec. What one head alone reaches (its own layers, its column) gets p_t dL_t, as under
`equal`. Which is which is read off the graph at each step: so heads at any depth, columns, branches, tied embeddings
and priors' adaptors need no list, and where nothing is shared the heads' gradients stay independent.

A method sees the Gramian G = J J^T alone, divided by its mean diagonal: directions in the rows' span need no more,
and solvers with absolute tolerances then work for small gradients too. GradDrop, which looks at each coordinate, is
the exception.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torchjd.aggregation import GradDrop

from model.balance.base import Balance
from model.net import Net

Rows = list[Tensor]
"""One parameter's rows, each of the parameter's shape; zero where a head does not reach it."""


class Jacobian(Balance):
    """Fills the gradients; `direct` says how rows become one."""

    @abstractmethod
    def direct(self, jacobian: list[Rows], present: list[int]) -> tuple[list[Tensor], list[float]]:
        """Return each shared parameter's gradient, and each present head's weight in it."""

    def backward(self, losses: Mapping[str, Tensor], penalty: Tensor, net: Net) -> dict[str, float]:
        """Run a backward pass a head, then one for the penalty."""
        parameters = [parameter for parameter in net.parameters() if parameter.requires_grad]
        shares = self.shares(losses).tolist()
        # One by one: LSTMs and attention have no batching rule for `vmap`.
        found = [
            torch.autograd.grad(loss * (share * len(losses)), parameters, retain_graph=True, allow_unused=True)
            for loss, share in zip(losses.values(), shares, strict=True)
        ]
        shared: list[nn.Parameter] = []
        jacobian: list[Rows] = []
        for parameter, rows in zip(parameters, zip(*found, strict=True), strict=True):
            reached = [row for row in rows if row is not None]
            if len(reached) > 1:
                shared.append(parameter)
                jacobian.append([torch.zeros_like(parameter) if row is None else row for row in rows])
            elif reached:
                parameter.grad = reached[0] / len(losses)
        weights = [1 / len(losses)] * len(losses)
        if shared:
            gradients, weights = self.direct(jacobian, self.positions(losses))
            for parameter, gradient in zip(shared, gradients, strict=True):
                parameter.grad = gradient
        if penalty.requires_grad:
            torch.autograd.backward(penalty)
        scaled = (weight * share * len(losses) for weight, share in zip(weights, shares, strict=True))
        return dict(zip(losses, scaled, strict=True))


def gramian(jacobian: list[Rows]) -> Tensor:
    """Return G[s, t] = g_s . g_t over all parameters, on the CPU. Shape: (m, m) float64."""
    count = len(jacobian[0])
    total = torch.zeros(count, count, dtype=torch.float64)
    for rows in jacobian:
        flat = torch.stack([row.flatten() for row in rows])
        total += (flat @ flat.T).cpu().double()
    return total


class SignDropout(Jacobian):
    """GradDrop (Chen et al. 2020, arXiv 2010.06808, algorithm 1 lines 10 to 15), over T: a sign a coordinate."""

    def direct(self, jacobian: list[Rows], present: list[int]) -> tuple[list[Tensor], list[float]]:
        """Drop what has the other sign, parameter by parameter; a weight is d . g_t / g_t . g_t."""
        count = len(present)
        kept = [(GradDrop()(torch.stack([r.flatten() for r in rows])) / count).view_as(rows[0]) for rows in jacobian]
        # The direction as one more row tells how far it goes along each head's gradient.
        products = gramian([[*rows, direction] for rows, direction in zip(jacobian, kept, strict=True)])
        own = products.diagonal()[:count].clamp(min=torch.finfo(torch.float64).tiny)
        return kept, (products[:count, count] / own).tolist()
