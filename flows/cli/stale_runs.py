"""Runs of flows and tasks whose process was killed: Prefect would show them as running for ever.

A worker watches the processes that it starts; what a person starts at a desk nobody watches, so it carries its
process as a tag, and the next command closes what it finds dead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from itertools import count
from typing import TypeVar

from prefect import tags
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
    TaskRunFilter,
    TaskRunFilterState,
    TaskRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType, TaskRun
from prefect.states import Crashed

from tasks.processes import is_dead, this_process

PROCESS = "process:"
"""How the tag begins; `tasks.processes.this_process` follows."""
OPEN = [StateType.SCHEDULED, StateType.PENDING, StateType.RUNNING, StateType.PAUSED, StateType.CANCELLING]
PAGE = 200
"""Prefect's limit for an answer."""

Run = TypeVar("Run", FlowRun, TaskRun)


def tagged_with_process() -> AbstractContextManager[object]:
    """Tag the runs of flows and tasks in this block with the process that they live in."""
    return tags(f"{PROCESS}{this_process()}")


def stale_runs() -> tuple[list[FlowRun], list[TaskRun]]:
    """Return the runs that are open although their process has died."""
    with get_client(sync_client=True) as client:
        return _stale(client)


def close_stale_runs() -> None:
    """Set runs to Crashed whose process has died without a word: tasks first, so that a kill in between is no harm."""
    with get_client(sync_client=True) as client:
        flow_runs, task_runs = _stale(client)
        for task_run in task_runs:
            client.set_task_run_state(task_run.id, _crashed(task_run), force=True)
        for flow_run in flow_runs:
            client.set_flow_run_state(flow_run.id, _crashed(flow_run), force=True)


def _stale(client: SyncPrefectClient) -> tuple[list[FlowRun], list[TaskRun]]:
    flows = FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=OPEN)))
    tasks = TaskRunFilter(state=TaskRunFilterState(type=TaskRunFilterStateType(any_=OPEN)))
    return (
        _dead(lambda skip: client.read_flow_runs(flow_run_filter=flows, limit=PAGE, offset=skip)),
        _dead(lambda skip: client.read_task_runs(task_run_filter=tasks, limit=PAGE, offset=skip)),
    )


def _dead(read: Callable[[int], list[Run]]) -> list[Run]:
    return [run for run in _pages(read) if is_dead(_process_of(run))]


def _pages(read: Callable[[int], list[Run]]) -> Iterator[Run]:
    for page in count():
        runs = read(page * PAGE)
        yield from runs
        if len(runs) < PAGE:
            return


def _crashed(run: FlowRun | TaskRun) -> Crashed:  # type: ignore[valid-type]
    return Crashed(message=f"its process {_process_of(run)} was killed")


def _process_of(run: FlowRun | TaskRun) -> str:
    """Return the process that a run is tagged with; nothing for a run of a worker."""
    return next((tag.removeprefix(PROCESS) for tag in run.tags if tag.startswith(PROCESS)), "")
