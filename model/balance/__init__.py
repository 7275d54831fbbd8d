"""Ways to balance the heads' losses, one file each; `build_balance` picks one by the spec."""

from __future__ import annotations

from model.balance.base import Balance
from model.balance.equal import Equal
from schemas.balance_spec import BalanceSpec, EqualBalance
from schemas.heads import HeadPlan

__all__ = ["Balance", "build_balance"]


def build_balance(spec: BalanceSpec, heads: tuple[HeadPlan, ...]) -> Balance:
    """Build the method that `spec.kind` names."""
    match spec:
        case EqualBalance():
            return Equal(heads)
