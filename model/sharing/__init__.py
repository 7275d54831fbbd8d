"""Systems of parameter sharing, one file each; `build_sharing` picks one by the spec.

What they share are `model.layers`; how losses are weighed is `model.balance`, priors on heads are `model.priors`.
"""

from __future__ import annotations

from model.layers.encoder import EncoderTrunk
from model.layers.trunk import CompactTrunk
from model.sharing.adaptive import Adaptive
from model.sharing.base import Sharing
from model.sharing.cross_stitch import CrossStitch
from model.sharing.gated_experts import GatedExperts
from model.sharing.grouped import Grouped
from model.sharing.hard import Hard
from model.sharing.joint_many import JointMany
from model.sharing.low_rank import LowRank
from model.sharing.low_supervision import LowSupervision
from model.sharing.sluice import Sluice
from model.sharing.soft import Soft
from model.sharing.tensor_factor import TensorFactor
from schemas.data.heads import HeadPlan
from schemas.spec.sharing import Adaptive as AdaptiveSpec
from schemas.spec.sharing import CrossStitch as CrossStitchSpec
from schemas.spec.sharing import GatedExperts as GatedExpertsSpec
from schemas.spec.sharing import Grouped as GroupedSpec
from schemas.spec.sharing import HardSharing, SharingSpec, SoftSharing
from schemas.spec.sharing import JointMany as JointManySpec
from schemas.spec.sharing import LowRank as LowRankSpec
from schemas.spec.sharing import LowSupervision as LowSupervisionSpec
from schemas.spec.sharing import Sluice as SluiceSpec
from schemas.spec.sharing import TensorFactor as TensorFactorSpec

__all__ = ["Sharing", "build_sharing"]


def build_sharing(spec: SharingSpec, trunk: CompactTrunk | EncoderTrunk, heads: tuple[HeadPlan, ...]) -> Sharing:
    """Build the system that `spec.kind` names; of an encoder `Spec` has made sure that it is one of the first three."""
    if isinstance(spec, LowRankSpec):
        assert isinstance(trunk, EncoderTrunk), "the spec refuses adapters for other trunks"
        return LowRank(spec, trunk, heads)
    if isinstance(spec, LowSupervisionSpec):
        return LowSupervision(trunk, heads)
    if isinstance(spec, HardSharing) or isinstance(trunk, EncoderTrunk):
        return Hard(trunk, heads)
    match spec:
        case JointManySpec():
            return JointMany(spec, trunk, heads)
        case AdaptiveSpec():
            return Adaptive(spec, trunk, heads)
        case SoftSharing():
            return Soft(spec, trunk, heads)
        case CrossStitchSpec():
            return CrossStitch(spec, trunk, heads)
        case SluiceSpec():
            return Sluice(spec, trunk, heads)
        case TensorFactorSpec():
            return TensorFactor(spec, trunk, heads)
        case GroupedSpec():
            return Grouped(spec, trunk, heads)
        case GatedExpertsSpec():
            return GatedExperts(spec, trunk, heads)
