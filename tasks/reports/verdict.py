"""The verdict as a page for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from deploy.evaluation.verdict import HeadComparison, Verdict
from tasks.records import Scored


def verdict_markdown(product: str, verdict: Verdict, challenger: Scored) -> str:
    """Return the verdict with a line a head: both scores, their difference, and how sure it is."""
    against = f"champion {verdict.against[:12]}" if verdict.against else "no champion yet"
    lines = [
        f"# {product}: {headline(verdict)}",
        "",
        f"Challenger {challenger.bundle_id[:12]} against {against}, on {challenger.rows:,} {challenger.split} rows.",
        "",
        *(f"- {reason}" for reason in verdict.reasons),
    ]
    if verdict.comparisons:
        lines += ["", *_table(verdict.comparisons)]
    if verdict.by_folds:
        lines += ["", "By cross-validation, both trained anew for each fold:", "", *_table(verdict.by_folds)]
    return "\n".join(lines)


def _table(comparisons: Sequence[HeadComparison]) -> list[str]:
    lines = ["| head | metric | challenger | champion | difference | interval |", "|---|---|--:|--:|--:|---|"]
    for c in comparisons:
        lines.append(
            f"| {c.head} | {c.metric} | {c.challenger:.4f} | {c.champion:.4f} | {c.difference:+.4f} "
            f"| {c.low:+.4f} to {c.high:+.4f} |"
        )
    return lines


def headline(verdict: Verdict) -> str:
    """Return the verdict in three words or so."""
    if verdict.is_champion:
        return "champion already"
    if verdict.promote:
        return "promoted"
    return "undecided, kept as challenger" if verdict.undecided else "kept as challenger"


def rejection_lines(found: Mapping[str, float] | None) -> list[str]:
    """Return what gets through that should not, against the wish, with a warning where that is missed."""
    if found is None:
        return [
            "warning: nothing is rejected, whatever is said: there is no head `intent`, or under 20 valid rows have a "
            "label of it"
        ]
    wished = found["outside_wished"]
    lines = [
        f"let through: {found['outside_accepted']:.1%} of {found['outside_rows']:,.0f} outside utterances "
        f"(wished: {wished:.1%} or less), {_wrong(found)}; turned down: {found['right_rejected']:.1%} of right answers"
    ]
    if found["outside_accepted"] > wished:
        lines.append(
            "warning: more gets through than wished: add rows labelled `oos` that mean nothing to the product, or more "
            "valid rows, or let it turn down more right answers with reject.false_reject"
        )
    return lines


def _wrong(found: Mapping[str, float]) -> str:
    rows = found["wrong_rows"]
    return f"{found['wrong_accepted']:.1%} of {rows:,.0f} wrong answers" if rows else "no answer was wrong"
