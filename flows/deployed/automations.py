"""What the server does by itself: close the runs of a worker that died, and have a crashed run go on once.

Prefect's own server has no such automations until somebody makes them; a killed worker's runs would stay Running, and
their places in the queue taken, for ever.
"""

from __future__ import annotations

from collections.abc import Sequence
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


def wanted_automations(pools: Sequence[str]) -> tuple[AutomationCore, ...]:
    """Return the automations that Trunkline needs on a server, for the runs of these work pools."""
    every = get_current_settings().flows.heartbeat_frequency or HEARTBEAT_S
    silence = EventTrigger(
        after={"prefect.flow-run.heartbeat"},
        expect={"prefect.flow-run.heartbeat", *(f"prefect.flow-run.{state}" for state in ENDS)},
        match=_flow_runs(),
        match_related=_of_pools(pools),
        for_each={"prefect.resource.id"},
        posture=Posture.Proactive,
        threshold=1,
        within=timedelta(seconds=MISSED * every),
    )
    # The first attempt only: what crashes twice needs a person, and stays Crashed.
    first_crash = EventTrigger(
        expect={"prefect.flow-run.Crashed"},
        match=_flow_runs(**{"prefect.run-count": "1"}),
        match_related=_of_pools(pools),
        posture=Posture.Reactive,
        threshold=1,
        within=timedelta(0),
    )
    message = f"no heartbeat for {MISSED * every} s: its worker or its process has died"
    return (
        AutomationCore(
            name="trunkline: dead workers",
            description="A flow run whose heartbeats have stopped is set to Crashed. Made by `trunkline sync`.",
            trigger=silence,
            actions=[ChangeFlowRunState(state=StateType.CRASHED, message=message)],
        ),
        AutomationCore(
            name="trunkline: second attempt",
            description="A flow run that has crashed goes on, once. Made by `trunkline sync`.",
            trigger=first_crash,
            actions=[
                ChangeFlowRunState(state=StateType.SCHEDULED, name="AwaitingRetry", message="goes on", force=True)
            ],
        ),
    )


def missing_automations(client: SyncPrefectClient, pools: Sequence[str]) -> tuple[AutomationCore, ...]:
    """Return those that the server lacks; one that a person has changed or switched off is left so."""
    return tuple(each for each in wanted_automations(pools) if not client.read_automations_by_name(each.name))


def create_missing(client: SyncPrefectClient, pools: Sequence[str]) -> None:
    """Create what the server lacks."""
    for each in missing_automations(client, pools):
        client.create_automation(each)


def _flow_runs(**labels: str) -> ResourceSpecification:
    return ResourceSpecification({"prefect.resource.id": "prefect.flow-run.*", **labels})


def _of_pools(pools: Sequence[str]) -> ResourceSpecification:
    return ResourceSpecification({"prefect.resource.role": "work-pool", "prefect.resource.name": list(pools)})
