"""`trunkline up`: all that a small team needs on one machine, until Ctrl-C: Prefect, MLflow, and a worker."""

from __future__ import annotations

import time
from pathlib import Path

from rich.console import Console

from flows.cli.prefect_server import prefect_note, use_prefect_server
from flows.cli.servers import Start, free_port, leave, noted, share
from flows.cli.sync import synced
from flows.cli.ui import mlflow_note, port_near, share_mlflow
from schemas.errors import TrunklineError
from tasks.processes import is_alive_here
from tasks.settings import Settings

LOOK_S = 1.0
"""How often we look whether all still run."""


class ServerEnded(TrunklineError):
    """A server or the worker has ended by itself; the message names its log."""


def keep_up(mlflow_port: int, prefect_port: int, pool: str) -> None:
    """Start what does not run yet, make the server equal to the page, and stop at the end what nobody else uses.

    A worker that is stopped cuts off its runs: they wait, and go on when a worker comes again.

    Raises `ServerEnded` when one of them ends by itself.
    """
    settings = Settings.from_environment()
    settings.apply()
    console = Console()
    try:
        with console.status("starting MLflow, Prefect and a worker"):
            # In this order, as they are left in the opposite one: the worker still tells Prefect how its runs ended.
            mlflow = share_mlflow(settings, port_near(mlflow_port)) if settings.is_local else settings.mlflow_uri
            prefect = use_prefect_server(settings, port=port_near(prefect_port)).removesuffix("/api")
            changes = synced(settings)
            from flows.cli.stale_runs import close_stale_runs, put_back, runs_of_workers

            put_back(runs_of_workers())  # of a worker that was killed
            close_stale_runs()
            _share_worker(settings, pool)
        for change in changes:
            console.print(str(change), markup=False, highlight=False, soft_wrap=True)
        console.print(f"MLflow   {mlflow}\nPrefect  {prefect}\nWorker   of pool {pool}", highlight=False)
        console.print("Ctrl-C stops all; a run under way goes on at the next `trunkline up`.")
        _watch(settings)
    except KeyboardInterrupt:
        console.print("stopping")
        _stop_worker(settings)


def worker_note(settings: Settings) -> Path:
    """Say where the worker of this home is written down."""
    return settings.home / "worker.json"


def _share_worker(settings: Settings, pool: str) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    start = Start(
        module="prefect",
        arguments=("worker", "start", "--pool", pool, "--type", "process", "--with-healthcheck"),
        url=url,
        health=f"{url}/health",
        log=settings.logs / "worker.log",
        environment={"PREFECT_WORKER_WEBSERVER_HOST": "127.0.0.1", "PREFECT_WORKER_WEBSERVER_PORT": str(port)},
        folder=settings.home,
    )
    share(worker_note(settings), start)


def _stop_worker(settings: Settings) -> None:
    """Stop the worker, if nobody else uses it, while Prefect's server is there to keep its runs for the next one."""
    if noted(worker_note(settings)) is None:
        return
    from flows.cli.stale_runs import put_back, runs_of_workers

    runs = runs_of_workers()
    if leave(worker_note(settings)):
        put_back(runs)


def _watch(settings: Settings) -> None:
    notes = {
        "worker": worker_note(settings),
        "prefect-server": prefect_note(settings),
        "mlflow-server": mlflow_note(settings),
    }
    processes = {name: server.process for name, note in notes.items() if (server := noted(note))}
    while True:
        for name, process in processes.items():
            if not is_alive_here(process):
                log = settings.logs / f"{name}.log"
                raise ServerEnded(f"{name} has ended by itself; its log {log} says why. The others are stopped")
        time.sleep(LOOK_S)
