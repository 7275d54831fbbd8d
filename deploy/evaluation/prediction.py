"""From affinities to points: what a grouping is to bring, in the unit of the scores.

Affinities rank groups, but a relative fall of the loss a probed step is nothing that a person can weigh against a
trunk. One net of the comparison has both: `hard`, in whose one group every head received the mean affinity z_t of all
others, and gained Delta_t points against its baseline. The line through the origin (alone: no affinity, no gain)

    Delta_t = k z_t        k = sum_t z_t Delta_t / sum_t z_t^2

turns every group's affinities into points. Where k is not above 0, the affinities say the opposite of what was
measured, and foretell nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from deploy.evaluation.comparison import Prediction
from schemas.evaluation.head_grouping import Grouping
from schemas.evaluation.matrix import Table


def predict(grouping: Grouping, affinity: Table, measured: Mapping[str, float]) -> tuple[Prediction, ...]:
    """Return what a grouping of the heads of `measured` is to bring each of them.

    `measured` has the points that each main head gained in the net of all heads, whose affinities these are.
    """
    received = {head: _mean_onto(head, affinity) for head in measured}
    power = math.fsum(value**2 for value in received.values())
    slope = math.fsum(value * measured[head] for head, value in received.items()) / power if power else 0.0
    return tuple(
        Prediction(head, slope * gain if slope > 0 else None)
        for group in grouping.groups
        for head, gain in zip(group.main, group.gains, strict=True)
    )


def _mean_onto(head: str, affinity: Table) -> float:
    """Return the mean affinity of all other heads onto one; a pair that never met counts as 0."""
    column = affinity.columns.index(head)
    values = [line[column] for name, line in zip(affinity.rows, affinity.values, strict=True) if name != head]
    return math.fsum(value for value in values if not math.isnan(value)) / max(1, len(values))
