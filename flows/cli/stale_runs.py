"""Flow runs whose process was killed: Prefect would show them as running for ever.

A worker watches the processes that it starts; what a person starts at a desk nobody watches, so it carries its
process as a tag, and the next command closes what it finds dead.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from prefect import tags
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterState, FlowRunFilterStateType
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.states import Crashed

from tasks.processes import is_dead, this_process

PROCESS = "process:"
"""How the tag begins; `tasks.processes.this_process` follows."""


def tagged_with_process() -> AbstractContextManager[object]:
    """Tag flow runs of this block with the process that they live in."""
    return tags(f"{PROCESS}{this_process()}")


def close_stale_runs() -> None:
    """Set flow runs to Crashed whose process has died without a word."""
    running = FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.RUNNING])))
    with get_client(sync_client=True) as client:
        for run in client.read_flow_runs(flow_run_filter=running):
            process = _process_of(run)
            if process is not None and is_dead(process):
                client.set_flow_run_state(run.id, Crashed(message=f"its process {process} was killed"), force=True)


def _process_of(run: FlowRun) -> str | None:
    return next((tag.removeprefix(PROCESS) for tag in run.tags if tag.startswith(PROCESS)), None)
