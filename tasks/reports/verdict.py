"""The verdict as a page for people."""

from __future__ import annotations

from tasks.records import Champion, Judged, Scored


def verdict_markdown(product: str, judged: Judged, challenger: Scored, in_force: Champion | None) -> str:
    """Return the verdict with a line a head: both scores, their difference, and how sure it is."""
    against = f"champion version {in_force.version} ({in_force.bundle_id[:12]})" if in_force else "no champion yet"
    lines = [
        f"# {product}: {headline(judged)}",
        "",
        f"Challenger {challenger.bundle_id[:12]} against {against}, on {challenger.rows:,} {challenger.split} rows.",
        "",
        *(f"- {reason}" for reason in judged.reasons),
    ]
    if judged.comparisons:
        lines += ["", "| head | metric | challenger | champion | difference | interval |", "|---|---|--:|--:|--:|---|"]
        for c in judged.comparisons:
            interval = f"{c.low:+.4f} to {c.high:+.4f}" if c.low is not None and c.high is not None else ""
            lines.append(
                f"| {c.head} | {c.metric} | {c.challenger:.4f} | {_number(c.champion, '.4f')} "
                f"| {_number(c.difference, '+.4f')} | {interval} |"
            )
    return "\n".join(lines)


def headline(judged: Judged) -> str:
    """Return the verdict in three words or so."""
    if judged.is_champion:
        return "champion already"
    return "promoted" if judged.promote else "kept as challenger"


def _number(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)
