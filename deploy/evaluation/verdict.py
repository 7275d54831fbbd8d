"""A verdict on a bundle, as plain values: what the gate returns, what the flow hands on, what the reports show."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class HeadComparison:
    """One head of challenger and champion on the same test rows."""

    head: str
    metric: str
    challenger: float
    champion: float
    difference: float
    """Challenger minus champion."""
    low: float
    """Lower end of the difference's paired bootstrap interval."""
    high: float
    rows: int = 0
    """That both answered."""
    differing: int = 0
    """Rows of these on which the two are not equally right."""


@dataclass(frozen=True)
class Verdict:
    """May the challenger become champion, and what led to this?"""

    promote: bool
    reasons: tuple[str, ...]
    comparisons: tuple[HeadComparison, ...] = ()
    by_folds: tuple[HeadComparison, ...] = ()
    """The same of a cross-validation, where the held-out rows could not decide."""
    against: str | None = None
    """Bundle id of the champion that it was judged against; None: there was none."""
    undecided: bool = False
    """Not promoted because its rows cannot tell, and not because it was shown to be worse."""
    is_champion: bool = False
    """The very bundle is in force already."""


def champion_already(bundle_id: str) -> Verdict:
    """Return the verdict on the very bundle that is in force."""
    reason = f"bundle {bundle_id[:12]} is the champion already"
    return Verdict(promote=False, reasons=(reason,), against=bundle_id, is_champion=True)
