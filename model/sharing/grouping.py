"""Which branches of a tree go together (Lu et al. 2017, arXiv 1611.05377, section 3): decisions on numbers alone.

branch affinity   A~(b, c) = mean_{s in b} min_{t in c} A(s, t),  made symmetric: (A~(b, c) + A~(c, b)) / 2
cost of k groups  (k - 1) L0 + 1/k sum_i [ 1 - mean_{b in g_i} min_{c in g_i} A~(b, c) ]

The paper's price of a branch grows with the pooling layers above (2^p_l): a reader of words has none. Its factor a on
the second term is left out, as only L0 / a matters. A branch's affinity to itself is that of the heads inside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import spectral_clustering

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class BranchGrouping:
    """Branches that share a layer."""

    groups: tuple[tuple[int, ...], ...]
    """Positions of the branches; each group rises, and groups come by their first branch."""
    cost: float


def branch_affinity(heads: Matrix, branches: Sequence[Sequence[int]]) -> Matrix:
    """Return A~ of branches, which are sets of heads. Shape: (T, T) -> (branches, branches)."""
    one_way = np.array([[heads[np.ix_(b, c)].min(axis=1).mean() for c in branches] for b in branches])
    symmetric: Matrix = (one_way + one_way.T) / 2
    return symmetric


def grouping_cost(affinity: Matrix, groups: Sequence[Sequence[int]], branch_cost: float) -> float:
    """Return the price of the branches and of the disagreement inside them."""
    inside = [1 - affinity[np.ix_(group, group)].min(axis=1).mean() for group in groups]
    return (len(groups) - 1) * branch_cost + float(np.mean(inside))


def choose_grouping(affinity: Matrix, branch_cost: float) -> BranchGrouping:
    """Return the cheapest of the best groupings into 1, 2, ... groups; of equals the one with fewest groups."""
    candidates = [_into(affinity, count, branch_cost) for count in range(1, len(affinity) + 1)]
    return min(candidates, key=lambda grouping: grouping.cost)


def _into(affinity: Matrix, count: int, branch_cost: float) -> BranchGrouping:
    """Group by spectral clustering of the affinities."""
    if count == 1 or count == len(affinity):  # nothing to find, and the eigensolver refuses the second
        labels = np.arange(len(affinity)) % count
    else:
        # Not zero: a graph in pieces has no unique spectrum. QR finds what k-means does, without chance and quicker.
        linked = np.maximum(affinity, 1e-6)
        labels = spectral_clustering(linked, n_clusters=count, assign_labels="cluster_qr", random_state=0)
    order = dict.fromkeys(labels.tolist())
    groups = tuple(tuple(np.flatnonzero(labels == label).tolist()) for label in order)
    return BranchGrouping(groups, grouping_cost(affinity, groups, branch_cost))
