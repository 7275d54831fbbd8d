"""Priors on the heads of a hard-shared net, one file each; `build_prior` picks one by the spec.

A prior ties heads that read the same states; systems that change what heads read are `model.sharing`.
"""

from __future__ import annotations

from torch import nn

from model.priors.base import Prior
from model.priors.block_sparse import BlockSparse
from model.priors.cluster import Cluster
from model.priors.relationship import Relationship
from schemas.data.heads import HeadPlan
from schemas.spec.sharing import BlockSparse as BlockSparseSpec
from schemas.spec.sharing import Cluster as ClusterSpec
from schemas.spec.sharing import Prior as PriorSpec
from schemas.spec.sharing import Relationship as RelationshipSpec

__all__ = ["Prior", "build_prior"]


def build_prior(spec: PriorSpec, plans: tuple[HeadPlan, ...], heads: nn.ModuleDict, width: int) -> Prior:
    """Build the prior that `spec.kind` names, over heads that read states of a width."""
    match spec:
        case BlockSparseSpec():
            return BlockSparse(spec, plans, heads, width)
        case ClusterSpec():
            return Cluster(spec, plans, width)
        case RelationshipSpec():
            return Relationship(spec, plans, width)
