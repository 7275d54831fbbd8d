"""Runs of flows and tasks whose process was killed: Prefect would show them as running for ever.

What a person starts at a desk nobody watches, so it carries its process as a tag, and the next command closes what it
finds dead. A worker watches the processes that it starts, but may be killed with them: of a server that is on this
machine alone, its runs tell their process as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from itertools import count
from typing import TypeVar
from urllib.parse import urlsplit

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
from prefect.states import AwaitingRetry, Crashed
from psutil import pid_exists

from tasks.processes import is_dead, this_process

PROCESS = "process:"
"""How the tag begins; `tasks.processes.this_process` follows."""
OPEN = [StateType.SCHEDULED, StateType.PENDING, StateType.RUNNING, StateType.PAUSED, StateType.CANCELLING]
LOOPBACK = ("127.0.0.1", "::1", "localhost")
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


def runs_of_workers() -> list[FlowRun]:
    """Return the flow runs that workers have begun and not ended."""
    running = FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.RUNNING])))
    with get_client(sync_client=True) as client:
        runs = list(_pages(lambda skip: client.read_flow_runs(flow_run_filter=running, limit=PAGE, offset=skip)))
    return [run for run in runs if run.deployment_id and not _process_of(run)]


def put_back(runs: Iterable[FlowRun]) -> None:
    """Schedule these again where their process has been cut off; what was so twice stays Crashed, for a person.

    The server has an automation for this (`flows.deployed.automations`), but one that is about to stop, or has just
    started, may not hear of the crash.
    """
    with get_client(sync_client=True) as client:
        is_here = urlsplit(str(client.api_url)).hostname in LOOPBACK
        for run in (client.read_flow_run(each.id) for each in runs):
            is_cut_off = run.state_type == StateType.CRASHED or (is_here and _is_dead_of_worker(run))
            if is_cut_off and run.run_count < 2:
                client.set_flow_run_state(run.id, AwaitingRetry(message="its worker was stopped; goes on"), force=True)


def _stale(client: SyncPrefectClient) -> tuple[list[FlowRun], list[TaskRun]]:
    flows = FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=OPEN)))
    tasks = TaskRunFilter(state=TaskRunFilterState(type=TaskRunFilterStateType(any_=OPEN)))
    is_here = urlsplit(str(client.api_url)).hostname in LOOPBACK  # so are its workers
    return (
        [
            run
            for run in _pages(lambda skip: client.read_flow_runs(flow_run_filter=flows, limit=PAGE, offset=skip))
            if is_dead(_process_of(run)) or (is_here and _is_dead_of_worker(run))
        ],
        [
            run
            for run in _pages(lambda skip: client.read_task_runs(task_run_filter=tasks, limit=PAGE, offset=skip))
            if is_dead(_process_of(run))
        ],
    )


def _is_dead_of_worker(run: FlowRun) -> bool:
    """Has the process of a running flow run of a worker ended? Before it runs, the number may be of an earlier try."""
    pid = run.infrastructure_pid or ""
    return run.state_type == StateType.RUNNING and not _process_of(run) and pid.isdigit() and not pid_exists(int(pid))


def _pages(read: Callable[[int], list[Run]]) -> Iterator[Run]:
    for page in count():
        runs = read(page * PAGE)
        yield from runs
        if len(runs) < PAGE:
            return


def _crashed(run: FlowRun | TaskRun) -> Crashed:  # type: ignore[valid-type]  # Prefect makes its state classes at run time
    process = _process_of(run) or getattr(run, "infrastructure_pid", None)
    return Crashed(message=f"its process {process} was killed")


def _process_of(run: FlowRun | TaskRun) -> str:
    """Return the process that a run is tagged with; nothing for a run of a worker."""
    return next((tag.removeprefix(PROCESS) for tag in run.tags if tag.startswith(PROCESS)), "")
