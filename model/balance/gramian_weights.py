"""The Jacobian methods that weight the heads' gradients, from their Gramian G (torchjd 0.18).

| kind        | direction J^T w                                               | source                          |
| ----------- | ------------------------------------------------------------- | ------------------------------- |
| upgrad      | mean of the rows, each projected on the dual cone of all      | Quinton & Rey 2024, 2406.16232  |
| dualproj    | the mean row, projected on the dual cone                      | Lopez-Paz & Ranzato 2017, eq 11 |
| mgda        | the shortest vector of the rows' convex hull                  | Sener & Koltun 2018, alg 2      |
| pcgrad      | mean of the rows, each freed of what opposes the others       | Yu et al. 2020, 2001.06782 alg 1|
| gradvac     | the same, towards a running cosine                            | Wang et al. 2021, 2010.05874    |
| imtl_g      | equal projections on all unit rows                            | Liu et al. 2021                 |
| config      | cosines with all rows as p, as long  as the mean of the rows' | Liu et al. 2024, 2408.11104 eq 2|
|             | projections on it                                             |                                 |
| aligned_mtl | the p mean after   levelling the spectrum of J                | Senushkin et al. 2023, alg 1    |
| cagrad      | worst head's gain maximal in a ball around the mean row       | Liu et al. 2021, 2110.14048     |
| nash_mtl    | G w = p / w                                                   | Navon et al. 2022, 2202.01017   |
| fairgrad    | G w = w^(-1 / alpha)                                          | Ban & Ji 2024, 2402.15638 eq 4  |
| cr_mogm     | weights of another method, smoothed over steps                | Zhou et al. 2022, NeurIPS       |

A head's weight scales its row, except where a method's own formula has preferences p (`PREFERRED`): those that undo a
row's scale would undo the weight too. MGDA, IMTL-G, CAGrad, FairGrad and GradVac have neither, and the spec refuses
weights for them (`schemas.spec.balance.WEIGHTLESS`).

PCGrad, GradVac, ConFIG and Nash-MTL are sums in their papers; over T here, as `equal` is a mean.
Left out of what torchjd ships: SDMGrad and MoDo need two more batches a step; ExcessMTL's memory is T nets large; PCD
ranks the objectives; Krum and TrimmedMean ask for three and more rows, some of them hostile.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torchjd import aggregation

from model.balance.jacobian import Jacobian, Rows, gramian
from schemas.data.heads import HeadPlan
from schemas.spec.balance import (
    AlignedMtlBalance,
    CagradBalance,
    CrMogmBalance,
    FairGradBalance,
    GradVacBalance,
    GramianBalance,
)

RIDGE = 1e-4
"""Added to a Gramian of mean diagonal 1: heads that oppose each other exactly would be bargained to infinity."""
NEWTON_STEPS = 100
PREFERRED = ("aligned_mtl", "config", "nash_mtl")


class GramianWeights(Jacobian):
    """What a method remembers of heads, or of pairs of them, is a buffer over all heads; absent ones keep theirs."""

    memory: Tensor

    def __init__(self, spec: GramianBalance, heads: tuple[HeadPlan, ...]) -> None:
        super().__init__(heads)
        self.spec = spec
        many = len(heads)
        start = {
            "gradvac": torch.zeros(many, many),  # target cosines
            "cr_mogm": torch.full((many,), torch.nan),  # smoothed weights
        }
        self.register_buffer("memory", start[spec.kind].double() if spec.kind in start else None)

    def direct(self, jacobian: list[Rows], present: list[int]) -> tuple[list[Tensor], list[float]]:
        """Weight the rows; rows that are all zero, or no numbers, are averaged."""
        products = gramian(jacobian)
        scale = products.diagonal().mean()
        count = len(present)
        usable = bool(torch.isfinite(products).all()) and float(scale) > 0
        weights = self.weigh(products / scale, present) if usable else torch.full((count,), 1 / count)
        combined = weights.tolist()
        return [_combine(rows, combined) for rows in jacobian], combined

    def weigh(self, products: Tensor, present: list[int]) -> Tensor:
        """Return the rows' weights. Shapes: Gramian (m, m) float64 of the heads at positions `present` -> (m,)."""
        if self.spec.kind in PREFERRED:
            preferences = self._preferences(present)
            # The rows are scaled by the preferences; undo it, so that they count once.
            bare = products / torch.outer(preferences, preferences)
            return preferred_weights(self.spec, bare / bare.diagonal().mean(), preferences) / preferences
        count = len(present)
        match self.spec:
            case GradVacBalance(beta=beta):
                grid = torch.meshgrid(torch.tensor(present), torch.tensor(present), indexing="ij")
                targets = self.memory[grid].cpu()
                weights = vaccinate(products, targets, beta) / count
                self.memory[grid] = targets.to(self.memory)
                return weights
            case CrMogmBalance(of=of, memory=memory):
                new = plain_weights(of, products)
                before = self.memory[present].cpu()
                smooth = torch.where(before.isnan(), new, memory * before + (1 - memory) * new)
                self.memory[present] = smooth.to(self.memory)
                return smooth
            case CagradBalance(c=c):
                return _run(aggregation.CAGradWeighting(c), products)
            case FairGradBalance(alpha=alpha):
                return _run(aggregation.FairGradWeighting(alpha), products)
        return plain_weights(self.spec.kind, products)

    def _preferences(self, present: list[int]) -> Tensor:
        """Return the present heads' weights in the spec, scaled to mean 1. Shape: (m,) float64."""
        weights = torch.tensor(list(self.weights.values()), dtype=torch.float64)[present]
        return weights / weights.mean()


def preferred_weights(spec: GramianBalance, products: Tensor, preferences: Tensor) -> Tensor:
    """Return the weights of rows that are not scaled, by a method that knows preferences of mean 1."""
    count = len(products)
    if isinstance(spec, AlignedMtlBalance):
        return _run(aggregation.AlignedMTLWeighting(preferences / count, scale_mode=spec.scale), products)
    if spec.kind == "nash_mtl":
        return bargain(products, preferences) / count
    # In coordinates of the rows' span the direction has as many entries as there are rows.
    rows = square_root(products)
    weights: Tensor = torch.linalg.pinv(rows.T) @ aggregation.ConFIG(preferences)(rows)
    return weights / count


def plain_weights(kind: str, products: Tensor) -> Tensor:
    """Return the weights of a method that has neither options nor a memory."""
    match kind:
        case "upgrad":
            return _run(aggregation.UPGradWeighting(), products)
        case "dualproj":
            return _run(aggregation.DualProjWeighting(), products)
        case "mgda":
            return _run(aggregation.MGDAWeighting(), products)
        case "pcgrad":
            return _run(aggregation.PCGradWeighting(), products) / len(products)
        case "imtl_g":
            return _run(aggregation.IMTLGWeighting(), products)
    raise NotImplementedError(kind)


def square_root(products: Tensor) -> Tensor:
    """Return the symmetric R with R R^T = G."""
    values, vectors = torch.linalg.eigh(products)
    root: Tensor = vectors * values.clamp(min=0).sqrt() @ vectors.T
    return root


def bargain(products: Tensor, preferences: Tensor) -> Tensor:
    """Return w > 0 with G w = p / w: the minimum of w^T G w / 2 - sum p log w, by Newton steps that stay positive.

    With all p = 1 this is Nash-MTL's equation; bargainers of unequal power are Kalai's (1977, International Journal of
    Game Theory 6). torchjd's solver, like the paper's, takes a sequence of convex programs to an accuracy of 1e-3.
    """
    matrix = products + RIDGE * torch.eye(len(products), dtype=products.dtype)

    def objective(weights: Tensor) -> Tensor:
        found: Tensor = weights @ matrix @ weights / 2 - preferences @ weights.log()
        return found

    weights = preferences.sqrt()
    for _ in range(NEWTON_STEPS):
        slope = matrix @ weights - preferences / weights
        step = torch.linalg.solve(matrix + torch.diag(preferences / weights.square()), slope)
        decrement = float(slope @ step)
        size = 1 / max(1.0, float((step / weights).max()) / 0.99)
        while size > 1e-9 and objective(weights - size * step) > objective(weights) - 0.1 * size * decrement:
            size /= 2
        weights = weights - size * step
        if float((step / weights).abs().max()) < 1e-9:
            break
    return weights


def vaccinate(products: Tensor, targets: Tensor, beta: float) -> Tensor:
    """Return GradVac's weights for the sum (algorithm 1), and move the target cosines (m, m) in place.

    Where the cosine phi of g_i with g_j is below its target t, g_i += |g_i| (t sqrt(1 - phi^2) - phi sqrt(1 - t^2))
    / (|g_j| sqrt(1 - t^2)) g_j (eq. 3). The others are visited in random order.
    """
    count = len(products)
    norms = products.diagonal().sqrt()
    mixes = torch.eye(count, dtype=products.dtype)
    for i in range(count):
        others = [j for j in range(count) if j != i and norms[j] > 0]
        for j in (others[position] for position in torch.randperm(len(others)).tolist()):
            norm = (mixes[i] @ products @ mixes[i]).clamp(min=0).sqrt()
            cosine = (mixes[i] @ products[j] / (norm * norms[j])).nan_to_num(nan=0.0).clamp(-1, 1)
            target = targets[i, j].clone()
            if cosine < target < 1:
                sine, target_sine = (1 - cosine.square()).sqrt(), (1 - target.square()).sqrt()
                mixes[i, j] += norm * (target * sine - cosine * target_sine) / (norms[j] * target_sine)
            targets[i, j] = (1 - beta) * target + beta * cosine
    return mixes.sum(0)


def _run(weighting: Callable[[Tensor], Any], statistic: Tensor) -> Tensor:
    weights: Tensor = weighting(statistic)
    return weights


def _combine(rows: Rows, weights: list[float]) -> Tensor:
    """Return the weighted sum of one parameter's rows; never in place, as autograd may return one tensor twice."""
    total = rows[0] * weights[0]
    for row, weight in zip(rows[1:], weights[1:], strict=True):
        total.add_(row, alpha=weight)
    return total
