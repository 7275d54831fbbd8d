"""Clusters of heads (Evgeniou, Micchelli & Pontil 2005; Jacob, Bach & Vert 2008, arXiv 0809.2085).

Columns a_t of A (D, T) are the heads' adaptors; a is their mean, a_c the mean of cluster c with T_c heads:

Omega = l_m ||a||^2 + l_b sum_c T_c ||a_c - a||^2 + l_w sum_c sum_{t in c} ||a_t - a_c||^2 = tr(A Q A^T)

with U = 1 1^T / T, M_st = [s, t both in c] / T_c, and Q = (l_m / T) U + l_b (M - U) + l_w (I - M).
Given clusters stay; k-means draws new ones after each epoch, before the first of which all heads are in one.

The convex form does not choose: among all Q^-1 with the eigenvalues' bounds and sum of the above, the best one.

min_e sum_i s_i^2 / e_i,  1/l_w <= e_i <= 1/l_b,  sum_i e_i = (T - r + 1) / l_w + (r - 1) / l_b   for r clusters

s_i are the T singular values of A (I - U), e_i = clip(nu s_i, 1/l_w, 1/l_b), nu by bisection. The sum counts T values,
the one along 1 included, where s = 0: so M of any r clusters is allowed, and the minimum equals Omega at exact clusters
(proved against all partitions in the tests). By the envelope theorem the gradient is 2 A Q with the best Q held fixed.

Both forms act after the optimiser's step, A <- A (I + 2 tau Q)^-1, tau = learning rate: the exact proximal map of the
first; for the second it lowers the proximal objective, as tr(A Q A^T) at a fixed Q bounds the minimum from above
(docs/adr/0008).
"""

from __future__ import annotations

import torch
from torch import Tensor

from model.priors.adaptors import AdaptorPrior
from schemas.data.heads import HeadPlan
from schemas.evaluation.matrix import Table
from schemas.spec.sharing import Cluster as ClusterSpec

BISECTIONS = 100
LLOYD_ROUNDS = 100
RESTARTS = 8
"""Starts of k-means, of which the tightest clusters are kept."""


class Cluster(AdaptorPrior):
    """Pulls adaptors towards their cluster, and clusters towards each other."""

    assignment: Tensor

    def __init__(self, spec: ClusterSpec, plans: tuple[HeadPlan, ...], width: int) -> None:
        super().__init__(plans, width, spec.adaptor_width)
        self.spec = spec
        self.count = spec.clusters if isinstance(spec.clusters, int) else len(spec.clusters)
        assignment = torch.zeros(len(self.names), dtype=torch.int64)
        if not isinstance(spec.clusters, int):
            for cluster, members in enumerate(spec.clusters):
                assignment[[self.names.index(name) for name in members]] = cluster
        self.register_buffer("assignment", assignment)
        """(T,) int64: the cluster of each head."""

    def penalties(self) -> dict[str, Tensor]:
        """Return Omega, for the log alone: it acts in `on_step_end`."""
        with torch.no_grad():
            columns = self._columns()
            return {"cluster": (columns @ self.metric(columns) * columns).sum()}

    @torch.no_grad()
    def on_step_end(self, step: int, learning_rate: float) -> None:
        """Pull the adaptors together."""
        columns = self._columns()
        metric = self.metric(columns)
        pulled = torch.linalg.solve(torch.eye(len(metric)).to(metric) + 2 * learning_rate * metric, columns.T)
        self.write_weights(pulled.unflatten(1, self.weights()[0].shape))

    @torch.no_grad()
    def on_epoch_end(self, epoch: int) -> None:
        """Draw new clusters, where they are not given."""
        if self.spec.form == "kmeans" and isinstance(self.spec.clusters, int):
            self.assignment.copy_(k_means(self._columns().T, self.count))

    def metric(self, columns: Tensor) -> Tensor:
        """Return Q for Omega = tr(A Q A^T). Shape: (D, T) -> (T, T)."""
        heads = len(self.names)
        identity, overall = torch.eye(heads).to(columns), columns.new_full((heads, heads), 1 / heads)
        mean, between, within = self.spec.mean, self.spec.between, self.spec.within
        if self.spec.form == "convex":
            return mean / heads * overall + convex_metric(columns @ (identity - overall), self.count, between, within)
        same = (self.assignment[:, None] == self.assignment).to(columns)
        members = same / same.sum(0)
        return mean / heads * overall + between * (members - overall) + within * (identity - members)

    @torch.no_grad()
    def tables(self) -> list[Table]:
        """Distances between heads, and their clusters where there are some."""
        columns = self._columns().T
        found = [
            Table.of(
                "head_distance",
                "Distance between heads' adaptors",
                self.names,
                self.names,
                _distances(columns, columns).tolist(),
            )
        ]
        if self.spec.form == "kmeans":
            clusters = map(str, range(self.count))
            member = self.assignment[:, None] == torch.arange(self.count, device=self.assignment.device)
            found.append(Table.of("head_clusters", "Cluster of each head", self.names, clusters, member.tolist()))
        return found

    def _columns(self) -> Tensor:
        # float64: means of near-equal columns cancel, and the differences are what counts.
        return torch.stack([weight.detach().flatten() for weight in self.weights()], dim=1).double()


def convex_metric(centred: Tensor, clusters: int, between: float, within: float) -> Tensor:
    """Return Q, zero along 1, whose tr(A Q A^T) is the squared cluster norm. Shape: (D, T) -> (T, T)."""
    heads = centred.shape[1]
    least, most = 1 / within, 1 / between
    budget = (heads - clusters + 1) * least + (clusters - 1) * most
    squares, vectors = torch.linalg.eigh(centred.T @ centred)  # T x T, however long the columns are
    # Rounding leaves tiny values where there are none, the largest of which would decide the bisection.
    singular = squares.clamp(min=0).sqrt()
    singular = torch.where(singular > 1e-7 * singular[-1], singular, 0.0)
    lengths = singular.tolist()  # a few numbers: one copy from the device, not one a round
    low, high = 0.0, most / min(filter(None, lengths), default=1.0)
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        fits = sum(min(max(middle * length, least), most) for length in lengths) <= budget
        low, high = (middle, high) if fits else (low, middle)
    # Where `singular` is zero the value decides nothing but the size of rounding errors.
    inverse = 1 / (low * singular).clamp(least, most)
    centre = torch.eye(heads).to(vectors) - 1 / heads
    metric: Tensor = centre @ vectors @ torch.diag(inverse) @ vectors.T @ centre
    return metric


def k_means(points: Tensor, clusters: int) -> Tensor:
    """Return the cluster of each point: Lloyd's algorithm from k-means++ starts of fixed seeds.

    A cluster that loses all its points restarts at the point farthest from its centre. Shape: (T, D) -> (T,) int64.
    """
    best, least = torch.zeros(len(points), dtype=torch.int64), float("inf")
    for seed in range(RESTARTS):
        centres = _spread_centres(points, clusters, torch.Generator().manual_seed(seed))
        assignment = torch.full((len(points),), -1, device=points.device)
        for _ in range(LLOYD_ROUNDS):
            squares = _distances(points, centres).square()
            nearest, new = squares.min(1)
            for cluster in set(range(clusters)) - set(new.tolist()):
                farthest = int(torch.where(new.bincount(minlength=clusters)[new] > 1, nearest, -1.0).argmax())
                new[farthest], nearest[farthest] = cluster, 0.0
            if torch.equal(new, assignment):
                break
            assignment = new
            centres = torch.stack([points[assignment == cluster].mean(0) for cluster in range(clusters)])
        if float(nearest.sum()) < least:
            best, least = assignment, float(nearest.sum())
    return best


def _spread_centres(points: Tensor, clusters: int, generator: torch.Generator) -> Tensor:
    """k-means++ (Arthur & Vassilvitskii 2007): next centres are drawn by squared distance from those there are."""
    chosen = [int(torch.randint(len(points), (), generator=generator))]
    while len(chosen) < clusters:
        squares = _distances(points, points[chosen]).square().amin(1).cpu()
        # Equal points leave no distances to draw by.
        weights = squares if squares.sum() > 0 else torch.ones(len(points))
        chosen.append(int(torch.multinomial(weights, 1, generator=generator)))
    return points[chosen]


def _distances(points: Tensor, others: Tensor) -> Tensor:
    """By differences, not by products: near points must not come out at distance zero. Shape: (T, K)."""
    distances: Tensor = (points[:, None] - others).norm(dim=2)
    return distances
