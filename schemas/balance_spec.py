"""What a spec can say of balancing the heads' losses: one class a method, told apart by `kind`."""

from __future__ import annotations

from typing import Literal

from schemas.section import Section


class EqualBalance(Section):
    """Every head's normalised loss counts by its `weight`."""

    kind: Literal["equal"] = "equal"


BalanceSpec = EqualBalance
