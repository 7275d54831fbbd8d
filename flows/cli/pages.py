"""MLflow and Prefect in the browser: how `trunkline ui` and `trunkline up` begin, and how Ctrl-C ends them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from rich.console import Console

from flows.cli.own_servers import see_mlflow, see_prefect
from flows.cli.prefect_server import prefect_note, prefect_start
from flows.cli.servers import Start, free_port, is_free, noted, share
from tasks.machine import release_of
from tasks.processes import is_alive_here
from tasks.settings import Settings


@dataclass(frozen=True)
class Pages:
    """Addresses for a browser."""

    mlflow: str
    prefect: str

    def __str__(self) -> str:
        return f"MLflow   {self.mlflow}\nPrefect  {self.prefect}"


@contextmanager
def until_interrupted(console: Console) -> Iterator[Settings]:
    """Make ready for servers; Ctrl-C or SIGTERM ends the block, and what nobody else uses is stopped after it."""
    settings = Settings.from_environment()
    settings.apply()
    try:
        yield settings
    except KeyboardInterrupt:
        console.print("stopped")


def start_pages(settings: Settings, mlflow_port: int, prefect_port: int) -> Pages:
    """Start both servers at once, but for those of the user, and tell Prefect where its own is.

    A port that is taken or 0 is replaced by a free one. What a command has left elsewhere moves: links in reports are
    to these ports. Raises `ServerSilent` where one of the user's does not answer.
    """
    prefect = prefect_start(settings, _port_near(prefect_port, prefect_note(settings)))
    wanted = {"prefect": replace(prefect, is_pinned=True)}
    own = {"prefect": see_prefect()}
    if settings.is_local:
        wanted["mlflow"] = _mlflow_start(settings, _port_near(mlflow_port, mlflow_note(settings)))
    else:
        own["mlflow"] = see_mlflow() or settings.mlflow_uri
    starts = {name: start for name, start in wanted.items() if not own.get(name)}
    found = own | dict(zip(starts, share(*starts.values()), strict=True))
    os.environ["PREFECT_API_URL"] = str(found["prefect"])
    return Pages(str(found["mlflow"]), str(found["prefect"]).removesuffix("/api"))


def mlflow_note(settings: Settings) -> Path:
    """Say where the MLflow server of this home is written down."""
    return settings.home / "mlflow-server.json"


def _mlflow_start(settings: Settings, port: int) -> Start:
    url = f"http://127.0.0.1:{port}"
    return Start(
        note=mlflow_note(settings),
        module="mlflow",
        arguments=(
            *("server", "--backend-store-uri", settings.mlflow_uri),
            *("--default-artifact-root", settings.artifacts.as_uri()),
            *("--host", "127.0.0.1", "--port", str(port), "--workers", "1"),
        ),
        url=url,
        health=f"{url}/health",
        log=settings.logs / "mlflow-server.log",
        # Its job runner judges language models' answers; without it the server starts in half the time, with 2
        # processes instead of 10.
        environment={"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"},
        folder=settings.home,
        idle_s=settings.server_idle_s,
        release=release_of("mlflow"),
    )


def _port_near(wanted: int, note: Path) -> int:
    server = noted(note)
    if server is not None and is_alive_here(server.process) and urlsplit(server.url).port == wanted:
        return wanted  # taken by ourselves
    return wanted if wanted and is_free(wanted) else free_port()
