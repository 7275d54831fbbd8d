"""What a real server does with a run that crashes, and crashes again."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from uuid import UUID

import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.events.schemas.automations import AutomationCore
from prefect.states import Crashed, Pending, Running

from flows.deployed.automations import differences
from tests.flows.conftest import Desk

PATIENCE_S = 60


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def crash(client: SyncPrefectClient, run: UUID) -> FlowRun:
    """Let a run begin and its process die; the states are those that a worker and the heartbeat automation set."""
    for state in (Pending(), Running(), Crashed(message="no heartbeat")):
        client.set_flow_run_state(run, state, force=True)
    return client.read_flow_run(run)


@pytest.mark.slow
def test_a_crashed_run_goes_on_once_and_then_people_are_asked(
    desk: Desk, server, heard_by_people: tuple[str, list[str]]
) -> None:
    url, messages = heard_by_people
    with SyncPrefectClient(server.url) as client:  # the session's: other tests have made some for pools of their own
        for name in ("second attempt", "ask a person"):
            for each in client.read_automations_by_name(f"trunkline: {name}"):
                client.delete_automation(each.id)
    desk.environment["TRUNKLINE_WEBHOOK"] = url
    done = desk.run("sync")
    assert done.returncode == 0, done.stderr
    assert "create automation trunkline: ask a person" in done.stdout
    with SyncPrefectClient(server.url) as client:
        deployment = client.read_deployment_by_name("refresh/refresh")
        run = client.create_flow_run_from_deployment(deployment.id)
        assert crash(client, run.id).run_count == 1
        until(lambda: client.read_flow_run(run.id).state_name == "AwaitingRetry")
        assert messages == []
        assert crash(client, run.id).run_count == 2
        until(lambda: bool(messages))
        assert messages == [
            f"refresh: run {run.name} has crashed and is not tried again; its page in Prefect says what it did last, "
            "and `Retry` there lets it go on"
        ]
        assert client.read_flow_run(run.id).state_type == StateType.CRASHED
    assert "The server is equal" in desk.run("sync").stdout


def test_sync_makes_automations_equal_to_the_page_and_keeps_those_switched_off(
    server, heard_by_people: tuple[str, list[str]]
) -> None:
    url, _ = heard_by_people
    with SyncPrefectClient(server.url) as client:

        def told(pools: Sequence[str], webhook: str | None = None) -> list[str]:
            found = list(differences(client, pools, webhook))
            for each in found:
                if each.mend is not None:
                    each.mend()
            return [str(each.change) for each in found]

        for name in ("dead workers", "second attempt", "ask a person"):  # the session's server has had others' pools
            for each in client.read_automations_by_name(f"trunkline: {name}"):
                client.delete_automation(each.id)
        assert told(["here"]) == [
            "create automation trunkline: dead workers", "create automation trunkline: second attempt",
        ]  # fmt: skip
        assert told(["here"]) == [], "nobody is told, as no address is known"
        assert told(["here"], url) == ["create automation trunkline: ask a person"]
        assert told(["here"], url) == []
        assert told(["here", "there"], url) == [
            f"update automation trunkline: {name}: of another trigger"
            for name in ("dead workers", "second attempt", "ask a person")
        ]
        for name in ("dead workers", "second attempt", "ask a person"):
            (found,) = client.read_automations_by_name(f"trunkline: {name}")
            assert "there" in str(found.trigger)
        client.pause_automation(found.id)
        (second,) = client.read_automations_by_name("trunkline: second attempt")
        client.create_automation(AutomationCore(**second.model_dump(include=set(AutomationCore.model_fields))))
        assert told(["there"], f"{url}/elsewhere") == [
            "update automation trunkline: dead workers: of another trigger",
            "update automation trunkline: second attempt: of another trigger",
            "remove automation trunkline: second attempt: it is there twice",
            "update automation trunkline: ask a person: of another trigger",
            "keep automation trunkline: ask a person switched off",
            "update address of trunkline: ask a person: TRUNKLINE_WEBHOOK names another",
        ]
        assert told(["there"], f"{url}/elsewhere") == ["keep automation trunkline: ask a person switched off"]
        for name in ("dead workers", "second attempt", "ask a person"):
            for each in client.read_automations_by_name(f"trunkline: {name}"):
                client.delete_automation(each.id)
