"""Systems of parameter sharing, one file each; `build_sharing` picks one by the spec."""

from __future__ import annotations

from model.sharing.base import Sharing
from model.sharing.hard import Hard
from model.trunk import CompactTrunk
from schemas.heads import HeadPlan
from schemas.sharing_spec import HardSharing, SharingSpec

__all__ = ["Sharing", "build_sharing"]


def build_sharing(spec: SharingSpec, trunk: CompactTrunk, heads: tuple[HeadPlan, ...]) -> Sharing:
    """Build the system that `spec.kind` names."""
    match spec:
        case HardSharing():
            return Hard(trunk, heads)
    raise NotImplementedError(spec.kind)
