"""A rollout under way: look at the reports, do what follows, tell a person."""

from __future__ import annotations

from prefect import task
from prefect.artifacts import create_markdown_artifact
from prefect.logging import get_run_logger

from deploy.rollout import moves
from deploy.rollout.moves import Standing
from deploy.rollout.records import Move
from schemas.errors import UserError
from tasks.reports.rollout import standing_markdown
from tasks.settings import Settings
from tasks.tracking.published import rollout_desk

WHO = "rollout"
"""Who moves a channel when no person does."""


class PersonNeeded(UserError):
    """The rules do not say how to go on."""


@task
def look(product: str, channel: str) -> Standing | None:
    """Return how the rollout stands and what follows, None when none is under way."""
    return moves.look(rollout_desk(Settings.from_environment()), channel, product)


@task
def act(standing: Standing) -> Move | None:
    """Widen, finish or stop as decided; returns None when there is nothing to do."""
    desk, record, decision = rollout_desk(Settings.from_environment()), standing.record, standing.decision
    if decision.action == "stop":
        moves.stop(desk, record.channel, record.product, who=WHO, why=decision.reasons)
        stopped = moves.last_record(desk, record.channel, record.product)
        return stopped.moves[-1] if stopped else None
    if decision.action in ("widen", "finish"):
        return moves.widen(desk, standing, who=WHO, why=decision.reasons)
    return None


@task
def tell(standing: Standing, done: Move | None) -> None:
    """Keep a page for a person; raises `PersonNeeded` when one must decide, so that the run shows red."""
    record = standing.record
    create_markdown_artifact(
        # All rollouts of a channel's product are one page; the id without its sequence number tells them from others'.
        key=record.id.rpartition("-")[0].replace("_", "-").lower(),
        markdown=standing_markdown(standing, done),
        description=f"{record.id}: {standing.decision.action}",
    )
    get_run_logger().info("%s: %s: %s", record.id, standing.decision.action, "; ".join(standing.decision.reasons))
    if standing.decision.action == "ask":
        raise PersonNeeded(
            f"rollout {record.id} waits: {'; '.join(standing.decision.reasons)}; "
            f"`trunkline rollout widen {record.channel} --product {record.product} --reason TEXT`, or `stop`"
        )
