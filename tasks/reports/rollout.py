"""A rollout for people: its page in Prefect."""

from __future__ import annotations

from deploy.rollout.moves import Standing
from deploy.rollout.records import Move


def standing_markdown(standing: Standing, done: Move | None) -> str:
    """Return where a rollout stands, why, and what was done so far."""
    record, evidence, decision = standing.record, standing.evidence, standing.decision
    stage = record.plan.stages[standing.stage]
    moves = (*record.moves, done) if done else record.moves
    lines = [
        f"# {record.id}: {decision.action}",
        "",
        f"Version {record.version} in place of {record.base_version}, at {stage.percent:g} % of {record.channel} "
        f"for {evidence.hours:.1f} hours.",
        "",
        *(f"- {reason}" for reason in decision.reasons),
        "",
        "| devices | |",
        "|---|--:|",
        f"| past probation | {evidence.stood} |",
        f"| on probation | {evidence.on_trial} |",
        f"| failed | {evidence.failed} |",
        f"| pairs compared for rejections | {evidence.rise.pairs} |",
        "",
        "| when (UTC) | did | devices | who | why |",
        "|---|---|--:|---|---|",
    ]
    lines += [
        f"| {move.when:%Y-%m-%d %H:%M} | {move.did} | {move.percent:g} % | {move.who} | {'; '.join(move.why)} |"
        for move in moves
    ]
    return "\n".join(lines)
