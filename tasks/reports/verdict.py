"""The verdict as a page for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from deploy.evaluation.slices import SliceScore
from deploy.evaluation.verdict import HeadComparison, Verdict
from schemas.spec.product import GateSpec
from tasks.records import Scored

SLICES = "slices.json"
SHOWN_SLICES = 12


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
    lines = [
        "| head | metric | challenger | champion | difference | interval | gained / lost | p |",
        "|---|---|--:|--:|--:|---|--:|--:|",
    ]
    return [*lines, *(f"| {each.head} | {each.metric} {_figures(each)} | {each.p_value:.2g} |" for each in comparisons)]


def _figures(found: HeadComparison) -> str:
    return (
        f"| {found.challenger:.4f} | {found.champion:.4f} | {found.difference:+.4f} "
        f"| {found.low:+.4f} to {found.high:+.4f} | {found.gained:,} / {found.lost:,}"
    )


def slice_lines(gate: GateSpec, verdict: Verdict) -> list[str]:
    """Return the two on slices of the test rows, what is worse first; nothing where there are none to compare."""
    if not verdict.slices:
        return []
    lines = [
        f"Against the champion: {len(verdict.slices):,} slices of at least {gate.slice_rows:,} rows, a head at a time; "
        f"p after Holm's correction for so many. Worse is a loss beyond {gate.slice_margin} and chance.",
        "",
        "| slice | head | rows | challenger | champion | difference | interval | gained / lost | p | |",
        "|---|---|--:|--:|--:|--:|---|--:|--:|---|",
    ]
    for each in verdict.slices[:SHOWN_SLICES]:
        found = each.comparison
        lines.append(
            f"| {each.by} {each.value} | {found.head} | {found.rows:,} {_figures(found)} | {each.p_holm:.2g} "
            f"| {'worse' if each.is_worse else ''} |"
        )
    return lines + _more(len(verdict.slices), "in which the two differ less")


def slice_score_lines(main_heads: Sequence[str], scores: Sequence[SliceScore]) -> list[str]:
    """Return how well a bundle does on slices of the test rows; nothing where there are none."""
    if not scores:
        return []
    lines = [f"| slice | rows | {' | '.join(main_heads)} |", f"|---|--:|{'--:|' * len(main_heads)}"]
    for each in scores[:SHOWN_SLICES]:
        told = " | ".join("" if score is None else f"{score:.4f}" for score in each.scores)
        lines.append(f"| {each.by} {each.value} | {each.rows:,} | {told} |")
    return lines + _more(len(scores), f"better at {main_heads[0]}")


def _more(found: int, are: str) -> list[str]:
    return ["", f"and {found - SHOWN_SLICES:,} more, {are}"] if found > SHOWN_SLICES else []


def slice_table(verdict: Verdict) -> dict[str, Any]:
    """Return all slices as a table: column names, and a line a slice and head."""
    facts = [
        {
            "slice": f"{each.by} {each.value}",
            **asdict(each.comparison),
            "p_holm": each.p_holm,
            "is_worse": each.is_worse,
        }
        for each in verdict.slices
    ]
    return {"columns": list(facts[0]) if facts else [], "data": [list(each.values()) for each in facts]}


def headline(verdict: Verdict) -> str:
    """Return the verdict in three words or so."""
    if verdict.is_champion:
        return "champion already"
    if verdict.promote:
        return "promoted"
    return "on hold, kept as challenger" if verdict.undecided else "kept as challenger"


def rejection_lines(found: Mapping[str, float] | None) -> list[str]:
    """Return what gets through that should not, against the wish, with a warning where that is missed."""
    if found is None:
        return [
            "warning: nothing is rejected, whatever is said: there is no head `intent`, or under 20 valid rows have a "
            "label of it"
        ]
    wished = found["outside_wished"]
    lines = [
        "on valid rows, which chose the threshold, "
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
