"""What the server does by itself: close the runs of a dead worker, have a crashed run go on once, then tell people.

Prefect's own server has no such automations until somebody makes them; a killed worker's runs would stay Running, and
their places in the queue taken, for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import cast
from uuid import UUID

from prefect.blocks.webhook import Webhook
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import StateType
from prefect.events.actions import CallWebhook, ChangeFlowRunState
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.events.schemas.events import ResourceSpecification
from prefect.settings import PREFECT_API_URL, get_current_settings, temporary_settings
from prefect.types import SecretDict
from pydantic import SecretStr

from flows.deployed.changes import Change

MISSED = 3
"""Heartbeats that may be missing before a run counts as dead."""
HEARTBEAT_S = 180
"""Prefect's, where `PREFECT_FLOWS_HEARTBEAT_FREQUENCY` does not say another; it must say the same to workers."""
ASK = "trunkline: ask a person"
BLOCK = "trunkline-people"
"""Prefect's block with the address of the webhook."""
COMPARED = ("description", "trigger", "actions")
"""Of an automation; whether it is switched on is a person's say."""
CRASHED_AGAIN = (
    '{"text": {{ (flow.name ~ ": run " ~ flow_run.name ~ " has crashed and is not tried again; its page in Prefect '
    'says what it did last, and `Retry` there lets it go on")|tojson }} }'
)
"""What Slack, Mattermost and most others take."""
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


def _person_asked(pools: Sequence[str], block: UUID) -> AutomationCore:
    """Return the automation by which the server itself tells people: of those that could, all may be dead."""
    crashed_again = EventTrigger(
        expect={"prefect.flow-run.Crashed"},
        match=_flow_runs(**{"prefect.run-count": "!1"}),
        match_related=_of_pools(pools),
        posture=Posture.Reactive,
        threshold=1,
        within=timedelta(0),
    )
    return AutomationCore(
        name=ASK,
        description="A flow run that has crashed again is told to people. Made by `trunkline sync`.",
        trigger=crashed_again,
        actions=[CallWebhook(block_document_id=block, payload=CRASHED_AGAIN)],
    )


@dataclass(frozen=True)
class Difference:
    """What an automation of the server differs in from what Trunkline needs, and what makes it equal."""

    change: Change
    mend: Callable[[], object] | None
    """None where a person's say is kept."""


def differences(client: SyncPrefectClient, pools: Sequence[str], webhook: str | None) -> Iterator[Difference]:
    """Yield what makes the server's automations those of these work pools; one that a person switched off stays so.

    webhook: where people are told, a secret; the server keeps it in a block, which it encrypts.
    """
    for wanted in wanted_automations(pools):
        yield from _differences_of(client, wanted)
    found = client.read_automations_by_name(ASK)
    if not found:
        if webhook:
            yield Difference(Change("create", f"automation {ASK}"), partial(_have_people_told, client, pools, webhook))
        return
    block = next((action.block_document_id for action in found[0].actions if isinstance(action, CallWebhook)), None)
    if block is not None:
        yield from _differences_of(client, _person_asked(pools, block))
    if webhook and _address(client) != webhook:
        change = Change("update", f"address of {ASK}", why="TRUNKLINE_WEBHOOK names another")
        yield Difference(change, partial(_save_address, client, webhook))


def _differences_of(client: SyncPrefectClient, wanted: AutomationCore) -> Iterator[Difference]:
    what = f"automation {wanted.name}"
    there = client.read_automations_by_name(wanted.name)
    if not there:
        yield Difference(Change("create", what), partial(client.create_automation, wanted))
        return
    found, *others = there
    kept = wanted.model_copy(update={"enabled": found.enabled})
    if differing := [name for name in COMPARED if getattr(found, name) != getattr(wanted, name)]:
        why = f"of another {' and '.join(differing)}"
        yield Difference(Change("update", what, why=why), partial(client.update_automation, found.id, kept))
    if not found.enabled:
        yield Difference(Change("keep", f"{what} switched off"), None)
    for each in others:
        yield Difference(Change("remove", what, why="it is there twice"), partial(client.delete_automation, each.id))


def _have_people_told(client: SyncPrefectClient, pools: Sequence[str], webhook: str) -> None:
    client.create_automation(_person_asked(pools, _save_address(client, webhook)))


def _save_address(client: SyncPrefectClient, webhook: str) -> UUID:
    with temporary_settings({PREFECT_API_URL: str(client.api_url)}):
        block = Webhook(url=SecretStr(webhook), headers=SecretDict({"Content-Type": "application/json"}))
        return cast(UUID, block.save(BLOCK, overwrite=True))


def _address(client: SyncPrefectClient) -> str | None:
    """Return where people are told now; None where somebody has removed the block."""
    with temporary_settings({PREFECT_API_URL: str(client.api_url)}):
        try:
            return cast(Webhook, Webhook.load(BLOCK)).url.get_secret_value()
        except ValueError:
            return None


def _flow_runs(**labels: str) -> ResourceSpecification:
    return ResourceSpecification({"prefect.resource.id": "prefect.flow-run.*", **labels})


def _of_pools(pools: Sequence[str]) -> ResourceSpecification:
    return ResourceSpecification({"prefect.resource.role": "work-pool", "prefect.resource.name": list(pools)})
