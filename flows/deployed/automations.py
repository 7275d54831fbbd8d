"""What the server does by itself: close the runs of a worker that died.

Prefect's own server has no such automation until somebody makes it; a killed worker's runs would stay Running, and
their places in the queue taken, for ever.
"""

from __future__ import annotations

from datetime import timedelta

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import StateType
from prefect.events.actions import ChangeFlowRunState
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.events.schemas.events import ResourceSpecification
from prefect.settings import get_current_settings

MISSED = 3
"""Heartbeats that may be missing before a run counts as dead."""
HEARTBEAT_S = 180
"""Prefect's, where `PREFECT_FLOWS_HEARTBEAT_FREQUENCY` does not say another; it must say the same to workers."""
ENDS = ("Completed", "Failed", "Cancelled", "Crashed", "Cancelling", "Paused", "Suspended")
"""After these no heartbeat comes, and none is missed."""


def wanted_automations() -> tuple[AutomationCore, ...]:
    """Return the automations that Trunkline needs on a server."""
    every = get_current_settings().flows.heartbeat_frequency or HEARTBEAT_S
    silence = EventTrigger(
        after={"prefect.flow-run.heartbeat"},
        expect={"prefect.flow-run.heartbeat", *(f"prefect.flow-run.{state}" for state in ENDS)},
        match=ResourceSpecification({"prefect.resource.id": "prefect.flow-run.*"}),
        for_each={"prefect.resource.id"},
        posture=Posture.Proactive,
        threshold=1,
        within=timedelta(seconds=MISSED * every),
    )
    message = f"no heartbeat for {MISSED * every} s: its worker or its process has died"
    crash = ChangeFlowRunState(state=StateType.CRASHED, message=message)
    return (
        AutomationCore(
            name="trunkline: dead workers",
            description="A flow run whose heartbeats have stopped is set to Crashed. Made by `trunkline sync`.",
            trigger=silence,
            actions=[crash],
        ),
    )


def missing_automations(client: SyncPrefectClient) -> tuple[AutomationCore, ...]:
    """Return those that the server lacks; one that a person has changed or switched off is left so."""
    return tuple(each for each in wanted_automations() if not client.read_automations_by_name(each.name))


def create_missing(client: SyncPrefectClient) -> None:
    """Create what the server lacks."""
    for each in missing_automations(client):
        client.create_automation(each)
