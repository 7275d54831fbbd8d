"""Ways to balance the heads' losses, one file each; `build_balance` picks one by the spec.

Its fields are `schemas.spec.balance`; what heads share stands in `model.sharing`, and when a step is taken in
`model.training`.
"""

from __future__ import annotations

from model.balance.base import Balance
from model.balance.dwa import Dwa
from model.balance.equal import Equal
from model.balance.famo import Famo
from model.balance.gradnorm import GradNorm
from model.balance.gramian_weights import GramianWeights
from model.balance.jacobian import SignDropout
from model.balance.scalarized import Scalarizer
from model.balance.uncertainty import Uncertainty
from schemas.data.heads import HeadPlan
from schemas.spec.balance import (
    BalanceSpec,
    DwaBalance,
    EqualBalance,
    FamoBalance,
    GradNormBalance,
    GramianBalance,
    ImtlLossBalance,
    PlainJacobianBalance,
    ScalarBalance,
    UncertaintyBalance,
)

__all__ = ["Balance", "build_balance"]


def build_balance(spec: BalanceSpec, heads: tuple[HeadPlan, ...]) -> Balance:
    """Build the method that `spec.kind` names."""
    match spec:
        case EqualBalance():
            return Equal(heads)
        case UncertaintyBalance() | ImtlLossBalance():
            return Uncertainty(spec.kind, heads, spec.rate_factor)
        case DwaBalance():
            return Dwa(heads, spec.temperature)
        case FamoBalance():
            return Famo(heads, spec.learning_rate, spec.decay)
        case GradNormBalance():
            return GradNorm(heads, spec.alpha, spec.rate_factor)
        case PlainJacobianBalance(kind="graddrop"):
            return SignDropout(heads)
        case _ if isinstance(spec, GramianBalance):
            return GramianWeights(spec, heads)
        case _ if isinstance(spec, ScalarBalance):
            return Scalarizer(spec, heads)
