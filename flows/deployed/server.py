"""The server's side: what it holds for the page's work pools, and each change carried out."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.filters import (
    WorkPoolFilter,
    WorkPoolFilterName,
)
from prefect.client.schemas.objects import DeploymentSchedule
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.schedules import CronSchedule
from prefect.exceptions import ObjectNotFound

from flows.deployed.automations import differences
from flows.deployed.changes import Change, changes_between, to_deploy
from flows.deployed.page import Deployment, Page, Schedule, rendered
from schemas.errors import TrunklineError

PAGE = 200
"""Prefect's limit for an answer."""


class DeployFailed(TrunklineError):
    """Prefect could not deploy; the message is its own."""


def look(
    client: SyncPrefectClient, page: Page, webhook: str | None = None
) -> tuple[dict[str, Deployment], tuple[Change, ...]]:
    """Return the deployments that the server has in the page's work pools, and what makes it equal to the page."""
    there = _deployments(client, page.pools)
    return there, (
        *(Change("create", f"work pool {name}") for name in page.pools if not _has_pool(client, name)),
        *changes_between(page.deployments, there),
        *(Change("update", f"work queue {name}: {limit} at once") for _, name, limit in _unlimited(client, page)),
        *(each.change for each in differences(client, page.pools, webhook)),
    )


def apply(
    client: SyncPrefectClient, page: Page, root: Path, environment: Mapping[str, str], webhook: str | None = None
) -> tuple[Change, ...]:
    """Make the server equal to the page, and return what was changed. Running it again after a kill does the rest.

    `webhook` is where people are told of what crashes twice.
    """
    there, changes = look(client, page, webhook)
    for name in page.pools:
        if not _has_pool(client, name):
            client.create_work_pool(WorkPoolCreate(name=name, type="process"))
    for pool, name, limit in _unlimited(client, page):
        _limit_queue(client, pool, name, limit)
    _deploy(rendered(page, there), to_deploy(changes), root, environment)
    for change in changes:
        if change.do == "remove":
            _remove(client, change, page)
    for difference in differences(client, page.pools, webhook):
        if difference.mend is not None:
            difference.mend()
    return changes


def _unlimited(client: SyncPrefectClient, page: Page) -> list[tuple[str, str, int]]:
    """Return pool, name and wanted limit of the queues that have another one; without one, a person's say counts."""
    return [
        (pool, name, limit) for pool, name, limit in page.queues if limit and _limit_of(client, pool, name) != limit
    ]


def _limit_of(client: SyncPrefectClient, pool: str, name: str) -> int | None:
    try:
        return client.read_work_queue_by_name(name, pool).concurrency_limit
    except ObjectNotFound:
        return None


def _limit_queue(client: SyncPrefectClient, pool: str, name: str, limit: int) -> None:
    try:
        queue = client.read_work_queue_by_name(name, pool)
    except ObjectNotFound:
        queue = client.create_work_queue(name, work_pool_name=pool)
    client.update_work_queue(queue.id, concurrency_limit=limit)


def _deploy(text: str, names: Sequence[str], root: Path, environment: Mapping[str, str]) -> None:
    """Have Prefect deploy these entries: it makes the forms, the schedules and the triggers."""
    if not names:
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "prefect.yaml"
        file.write_text(text, encoding="utf-8")
        chosen = [part for name in names for part in ("--name", name)]
        done = subprocess.run(
            [sys.executable, "-m", "prefect", "--no-prompt", "deploy", *chosen, "--prefect-file", str(file)],
            cwd=root,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise DeployFailed(f"Prefect could not deploy {', '.join(names)}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


def _remove(client: SyncPrefectClient, change: Change, page: Page) -> None:
    try:
        found = client.read_deployment_by_name(change.deployment)
        wanted = next((each for each in page.deployments if each.name == change.deployment), None)
        if wanted is None:
            client.delete_deployment(found.id)
            return
        for schedule in found.schedules:
            if _slug(schedule) not in wanted.schedules:
                client.delete_deployment_schedule(found.id, schedule.id)
    except ObjectNotFound:
        pass  # gone since, or replaced when its deployment was


def _has_pool(client: SyncPrefectClient, name: str) -> bool:
    try:
        client.read_work_pool(name)
    except ObjectNotFound:
        return False
    return True


def _deployments(client: SyncPrefectClient, pools: Sequence[str]) -> dict[str, Deployment]:
    chosen = WorkPoolFilter(name=WorkPoolFilterName(any_=list(pools)))
    found: list[DeploymentResponse] = []
    while len(more := client.read_deployments(work_pool_filter=chosen, limit=PAGE, offset=len(found))) == PAGE:
        found += more
    found += more
    flows = {each.flow_id: client.read_flow(each.flow_id).name for each in {one.flow_id: one for one in found}.values()}
    return {name: _known(each, name) for each in found if (name := f"{flows[each.flow_id]}/{each.name}")}


def _known(found: DeploymentResponse, name: str) -> Deployment:
    limit, options = found.global_concurrency_limit, found.concurrency_options
    strategy = options.collision_strategy.value if options else "ENQUEUE"
    return Deployment(
        name=name,
        version=found.version or "",
        fields={
            "entrypoint": found.entrypoint,
            "parameters": found.parameters,
            "tags": sorted(found.tags),
            "concurrency": f"{limit.limit}, then {strategy}" if limit else "none",
            "checked parameters": found.enforce_parameter_schema,
            "work pool": found.work_pool_name,
            "work queue": found.work_queue_name,
            "job variables": found.job_variables,
            "pull steps": found.pull_steps,
        },
        schedules={_slug(each): Schedule(_when(each), each.parameters, each.active) for each in found.schedules},
        paused=found.paused,
    )


def _slug(schedule: DeploymentSchedule) -> str:
    return schedule.slug or str(schedule.id)


def _when(schedule: DeploymentSchedule) -> str:
    when = schedule.schedule
    return f"{when.cron} {when.timezone or 'UTC'}" if isinstance(when, CronSchedule) else str(when)
