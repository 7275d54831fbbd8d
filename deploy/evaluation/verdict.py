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
    """Rows of these on which the two do not answer equally."""
    gained: int = 0
    """Rows of these on which the challenger makes fewer mistakes."""
    lost: int = 0
    """Rows on which it makes more."""
    p_value: float = 1.0
    """Of so many gained and lost by chance (`sign_test`); of a class head McNemar's, exact."""
    left_out: int = 0
    """Rows beside these that decide nothing, as one of the two has learned from their texts."""


@dataclass(frozen=True)
class SliceComparison:
    """One head on some of the test rows."""

    by: str
    value: str
    """`by` "language", the slice "de"."""
    comparison: HeadComparison
    p_holm: float
    """Its p-value, corrected for the number of slices and heads that were looked at."""
    is_worse: bool
    """Beyond chance and beyond the margin of slices."""


@dataclass(frozen=True)
class Verdict:
    """May the challenger become champion, and what led to this?"""

    promote: bool
    reasons: tuple[str, ...]
    comparisons: tuple[HeadComparison, ...] = ()
    by_folds: tuple[HeadComparison, ...] = ()
    """The same of a cross-validation, where the held-out rows could not decide."""
    slices: tuple[SliceComparison, ...] = ()
    """Those with enough rows; what is worse first."""
    against: str | None = None
    """Bundle id of the champion that it was judged against; None: there was none."""
    undecided: bool = False
    """On hold, for a person to decide: its rows cannot tell, or a slice of them has lost; no main head was shown to be
    worse."""
    is_champion: bool = False
    """The very bundle is in force already."""


def champion_already(bundle_id: str) -> Verdict:
    """Return the verdict on the very bundle that is in force."""
    reason = f"bundle {bundle_id[:12]} is the champion already"
    return Verdict(promote=False, reasons=(reason,), against=bundle_id, is_champion=True)
