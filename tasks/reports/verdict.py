"""The verdict as a page for people."""

from __future__ import annotations

from deploy.evaluation.verdict import Verdict
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
        lines += ["", "| head | metric | challenger | champion | difference | interval |", "|---|---|--:|--:|--:|---|"]
        for c in verdict.comparisons:
            lines.append(
                f"| {c.head} | {c.metric} | {c.challenger:.4f} | {c.champion:.4f} | {c.difference:+.4f} "
                f"| {c.low:+.4f} to {c.high:+.4f} |"
            )
    return "\n".join(lines)


def headline(verdict: Verdict) -> str:
    """Return the verdict in three words or so."""
    if verdict.is_champion:
        return "champion already"
    if verdict.promote:
        return "promoted"
    return "undecided, kept as challenger" if verdict.undecided else "kept as challenger"
