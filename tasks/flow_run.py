"""What a flow run shows of itself on Prefect's page: its name, its product, a line a step, and where else to look.

Everything here does nothing outside of a run: at a desk that only looks, in a trial's process, in a test of a task.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import cast
from urllib.parse import urlsplit
from uuid import UUID

import httpx
from prefect.artifacts import create_progress_artifact, update_progress_artifact
from prefect.client.orchestration import get_client
from prefect.context import FlowRunContext, TaskRunContext
from prefect.exceptions import MissingContextError
from prefect.logging import get_run_logger
from prefect.runtime import flow_run
from prefect.settings import PREFECT_API_URL
from prefect.utilities.urls import url_for

from schemas.errors import UserError
from tasks.settings import LOOPBACK, PREFECT_PAGE

RUN_LOGGERS = ("prefect.flow_runs", "prefect.task_runs")
SHOW_S = 2.0
"""How often a bar on the page is moved; its server has other things to do."""


def describe_flow_run(product: str, data_digest: str) -> None:
    """Name the flow run after its product and its rows, and tag it with the product."""
    context = FlowRunContext.get()
    if context is None or context.flow_run is None:
        return
    run = context.flow_run
    with get_client(sync_client=True) as client:
        tags = sorted({*client.read_flow_run(run.id).tags, f"product:{product}"})
        client.update_flow_run(run.id, name=f"{product} {data_digest[:8]}", tags=tags)


def say(text: str) -> None:
    """Write a line into the log of the run."""
    try:
        get_run_logger().info(text)
    except MissingContextError:
        return


@contextmanager
def progress_shown(key: str) -> Iterator[Callable[[float, str], None]]:
    """Show a bar on the page of the run while this block lasts; what it yields moves it to a share, and says why.

    A server that does not answer is no reason to stop the work that it shows.
    """
    if FlowRunContext.get() is None and TaskRunContext.get() is None:  # a trial's process knows its run's id alone
        yield lambda share, what: None
        return
    bar = cast(UUID, create_progress_artifact(0.0, key=key, description="begins"))
    shown, last = 0.0, (0.0, "begins")

    def show(share: float, what: str) -> None:
        nonlocal shown, last
        last = (share, what)
        if time.monotonic() - shown >= SHOW_S:
            shown = time.monotonic()
            with suppress(httpx.HTTPError):
                update_progress_artifact(bar, 100 * share, what)

    yield show
    with suppress(httpx.HTTPError):
        update_progress_artifact(bar, 100.0, last[1])


def page_of_flow_run() -> str | None:
    """Return the address of this run's page; of a server on this machine, where `trunkline ui` shows it."""
    if not flow_run.id or FlowRunContext.get() is None:
        return None
    if urlsplit(PREFECT_API_URL.value() or "").hostname in LOOPBACK:
        return f"{PREFECT_PAGE}/runs/flow-run/{flow_run.id}"
    return url_for("flow-run", flow_run.id)


def tell_users_faults_in_a_sentence() -> None:
    """Let the logs of runs have what is wrong with what was asked for, and not where our code noticed it."""
    for name in RUN_LOGGERS:
        logging.getLogger(name).addFilter(_without_traceback)


def _without_traceback(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, UserError):
        record.msg, record.args, record.exc_info, record.exc_text = str(error), (), None, None
    return True
