"""Is a difference more than chance, and is it still among many that are looked at together? Pure functions."""

from __future__ import annotations

from collections.abc import Sequence


def sign_test(gained: int, lost: int) -> float:
    """Return the two-sided p-value of so many rows gained and lost, if either were equally likely; 1 without any.

    Of right and wrong answers this is McNemar's test in its exact form (McNemar 1947): the rows on which both are right
    or both are wrong tell nothing, and the others fall to one of the two like a coin.
    """
    if gained == lost:
        return 1.0
    from scipy.special import bdtr  # half a second to load, which a retrain without a difference need not pay

    return min(1.0, 2 * float(bdtr(min(gained, lost), gained + lost, 0.5)))


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return p-values, in their order, corrected for their number (Holm 1979, Scandinavian Journal of Statistics 6(2)).

    Whoever takes for true what is below a level then errs somewhere among them with at most that chance.
    """
    corrected, highest = [1.0] * len(p_values), 0.0
    for place, number in enumerate(sorted(range(len(p_values)), key=lambda number: p_values[number])):
        highest = max(highest, min(1.0, p_values[number] * (len(p_values) - place)))
        corrected[number] = highest
    return tuple(corrected)
