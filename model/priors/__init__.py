"""Priors on the heads of a hard-shared net, one file each; `build_prior` picks one by the spec."""

from __future__ import annotations

from torch import nn

from model.priors.base import Prior
from schemas.heads import HeadPlan
from schemas.sharing_spec import Prior as PriorSpec

__all__ = ["Prior", "build_prior"]


def build_prior(spec: PriorSpec, plans: tuple[HeadPlan, ...], heads: nn.ModuleDict, width: int) -> Prior:
    """Build the prior that `spec.kind` names, over heads that read states of a width."""
    raise NotImplementedError(spec.kind)
