"""Balancing by one scalar: a function of the present heads' losses, differentiated once.

The weights that people see are the derivatives of the scalar by the losses. A head's `weight` in the spec enters as
its share s_t = w_t / sum of the present w, so that every method starts from what `equal` does.

| kind            | scalar                                                | source                                  |
| --------------- | ----------------------------------------------------- | --------------------------------------- |
| rlw             | sum_t z_t T s_t L_t, z = softmax of N(0, 1) each step | Lin et al. 2022, arXiv 2111.10603 alg 2 |
| gls             | prod_t L_t^(s_t)                                      | Chennupati et al. 2019, MultiNet++      |
| scale_invariant | sum_t s_t log L_t                                     | log of gls; parallel gradient           |
| stch            | mu log sum_t exp(s_t L_t / mu)                        | Lin et al. 2024, arXiv 2402.19078 eq 6  |
| cosmos          | sum_t s_t L_t - lambda cos(1 / s, L)                  | Ruchte & Grabocka 2021, 2103.13392      |
| pbi             | s^T L / |s| + theta |L - (r^T L) r|, r along 1 / s    | Zhang & Li 2007, MOEA/D                 |

The last two hold the losses on a ray. In the papers it is that of the weights, where a head of more weight has the
larger loss; here it is the one where all s_t L_t are equal, so that more weight is more say.

The losses' ideal point is 0: they are divided by chance level before they come here.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity
from torchjd.scalarization import STCH, Random

from model.balance.base import Balance
from model.net import Net
from schemas.data.heads import HeadPlan
from schemas.spec.balance import (
    CosmosBalance,
    GlsBalance,
    PbiBalance,
    RlwBalance,
    ScalarBalance,
    ScaleInvariantBalance,
    StchBalance,
)

SMALLEST_LOSS = 1e-8
"""Below it a logarithm would no longer teach."""
SMALLEST_SQUARE = 1e-12
"""Keeps the gradient of a distance finite where it is 0: always so for a head alone."""


class Scalarized(Balance):
    """One backward pass over `combine`."""

    @abstractmethod
    def combine(self, values: Tensor, shares: Tensor, present: list[int]) -> Tensor:
        """Return a scalar. Shapes: losses (m,) and shares (m,) of the m heads at positions `present`."""

    def backward(self, losses: Mapping[str, Tensor], penalty: Tensor, net: Net) -> dict[str, float]:
        """Differentiate the scalar, first by the losses alone, for their weights."""
        values = torch.stack(list(losses.values()))
        total = self.combine(values, self.shares(losses), self.positions(losses))
        (weights,) = torch.autograd.grad(total, values, retain_graph=True)
        torch.autograd.backward(total + penalty)
        return dict(zip(losses, weights.tolist(), strict=True))


class Scalarizer(Scalarized):
    """The methods without a memory."""

    def __init__(self, spec: ScalarBalance, heads: tuple[HeadPlan, ...]) -> None:
        super().__init__(heads)
        self.spec = spec

    def combine(self, values: Tensor, shares: Tensor, present: list[int]) -> Tensor:
        """Apply the formula that the spec names."""
        logs = values.clamp(min=SMALLEST_LOSS).log()
        scalar: Tensor
        match self.spec:
            case RlwBalance():
                scalar = Random()(values * shares * len(present))
            case GlsBalance():
                scalar = (shares * logs).sum().exp()
            case ScaleInvariantBalance():
                scalar = (shares * logs).sum()
            case StchBalance(mu=mu):
                scalar = STCH(mu, weights=shares)(values)
            case CosmosBalance(penalty=penalty):
                scalar = (shares * values).sum() - penalty * cosine_similarity(1 / shares, values, dim=0)
            case PbiBalance(penalty=penalty):
                ray = (1 / shares) / (1 / shares).norm()
                off = (values - (ray @ values) * ray).square().sum()
                scalar = shares @ values / shares.norm() + penalty * (off + SMALLEST_SQUARE).sqrt()
        return scalar
