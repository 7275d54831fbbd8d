"""A page and a real server, over the weeks: made, left alone, changed by people, made equal again."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import DeploymentScheduleCreate, DeploymentUpdate
from prefect.client.schemas.schedules import CronSchedule

from flows.deployed.changes import Change
from flows.deployed.page import read_page
from flows.deployed.server import DeployFailed, apply, look

FLOWS = """
from prefect import flow

@flow
def count(upto: int = 3) -> int:
    \"\"\"Count.

    Args:
        upto: the last number
    \"\"\"
    return upto

@flow
def stray() -> None:
    pass
"""


def entry(name: str, **more: object) -> dict[str, object]:
    return {
        "name": "desk", "entrypoint": f"some_flows.py:{name}", "work_pool": {"name": "sync-test"},
        "concurrency_limit": {"limit": 1, "collision_strategy": "ENQUEUE"}, **more,
    }  # fmt: skip


class Desk:
    """A folder with flows and a page, and a server."""

    def __init__(self, folder: Path, client: SyncPrefectClient, environment: dict[str, str]) -> None:
        self.folder, self.client, self.environment = folder, client, environment
        (folder / "some_flows.py").write_text(FLOWS)

    def write(self, *entries: dict[str, object]) -> None:
        pull = [{"prefect.deployments.steps.set_working_directory": {"directory": str(self.folder)}}]
        page = {"pull": pull, "deployments": entries, "definitions": {"queue_limits": {"default": 1}}}
        (self.folder / "prefect.yaml").write_text(yaml.safe_dump(page))

    def sync(self) -> tuple[Change, ...]:
        page = read_page(self.folder / "prefect.yaml", {})
        return apply(self.client, page, self.folder, self.environment)

    def differs(self) -> list[str]:
        return [str(each) for each in look(self.client, read_page(self.folder / "prefect.yaml", {}))[1]]


@pytest.fixture
def desk(tmp_path: Path, server):
    with SyncPrefectClient(server.url) as client:
        yield Desk(tmp_path, client, server.environment)


def test_the_server_becomes_equal_to_the_page_and_people_are_heeded(desk: Desk) -> None:
    nightly = {"cron": "0 3 * * *", "slug": "nightly", "active": False}
    desk.write(entry("count", schedules=[nightly]), entry("stray"))
    assert {str(each) for each in desk.sync()} >= {
        "create work pool sync-test",
        "create deployment count/desk",
        "create deployment stray/desk",
    }
    assert desk.differs() == []
    assert desk.client.read_automations_by_name("trunkline: dead workers")
    assert desk.client.read_work_queue_by_name("default", "sync-test").concurrency_limit == 1

    found = desk.client.read_deployment_by_name("count/desk")
    assert found.parameter_openapi_schema["properties"]["upto"]["description"] == "the last number"
    desk.client.update_deployment_schedule(found.id, found.schedules[0].id, active=True)
    by_hand = DeploymentScheduleCreate(schedule=CronSchedule(cron="* * * * *"), active=True)
    desk.client.create_deployment_schedules(found.id, [(by_hand.schedule, True)])
    desk.client.update_deployment(found.id, DeploymentUpdate(parameters={"upto": 9}, paused=True))
    desk.write(entry("count", schedules=[{**nightly, "cron": "0 4 * * *"}]))
    differs = desk.differs()
    assert len(differs) == 6
    assert differs[:4] == [
        "update deployment count/desk: parameters {'upto': 9} -> {}",
        "keep deployment count/desk paused",
        "update schedule nightly of count/desk: 0 3 * * * UTC -> 0 4 * * * UTC",
        "keep schedule nightly of count/desk active",
    ]

    desk.sync()
    assert desk.differs() == ["keep deployment count/desk paused", "keep schedule nightly of count/desk active"]
    found = desk.client.read_deployment_by_name("count/desk")
    assert found.paused and found.parameters == {}
    assert [(each.schedule.cron, each.active) for each in found.schedules] == [("0 4 * * *", True)]

    desk.write(entry("count"))  # its only schedule is gone: Prefect's own deploy would leave it running
    desk.sync()
    assert desk.client.read_deployment_by_name("count/desk").schedules == []
    assert desk.differs() == ["keep deployment count/desk paused"]


def test_a_flow_that_cannot_be_deployed_is_told_in_prefects_words(desk: Desk) -> None:
    desk.write(entry("nowhere"))
    with pytest.raises(DeployFailed, match="nowhere"):
        desk.sync()
