"""`trunkline ui`: the pages of MLflow and Prefect, on this machine only, until Ctrl-C."""

from __future__ import annotations

import signal
from pathlib import Path

from rich.console import Console

from flows.cli.prefect_server import use_prefect_server
from flows.cli.servers import Start, free_port, is_free, share
from tasks.settings import Settings


def serve_pages(mlflow_port: int, prefect_port: int) -> None:
    """Start both servers, print their addresses, and stop at the end what nobody else uses.

    A port that is taken or 0 is replaced by a free one.
    """
    settings = Settings.from_environment()
    settings.apply()
    console = Console()
    try:
        with console.status("starting MLflow and Prefect"):
            mlflow_url = share_mlflow(settings, port_near(mlflow_port)) if settings.is_local else settings.mlflow_uri
            prefect_url = use_prefect_server(settings, port=port_near(prefect_port)).removesuffix("/api")
        console.print(f"MLflow   {mlflow_url}\nPrefect  {prefect_url}\nCtrl-C stops both.", highlight=False)
        signal.pause()
    except KeyboardInterrupt:
        console.print("stopped")


def mlflow_note(settings: Settings) -> Path:
    """Say where the MLflow server of this home is written down."""
    return settings.home / "mlflow-server.json"


def port_near(wanted: int) -> int:
    """Return the port, or a free one where it is taken or 0."""
    return wanted if wanted and is_free(wanted) else free_port()


def share_mlflow(settings: Settings, port: int) -> str:
    """Return the address of this home's MLflow server, started if none runs."""
    url = f"http://127.0.0.1:{port}"
    start = Start(
        module="mlflow",
        arguments=(
            *("server", "--backend-store-uri", settings.mlflow_uri),
            *("--default-artifact-root", settings.artifacts.as_uri()),
            *("--host", "127.0.0.1", "--port", str(port), "--workers", "1"),
        ),
        url=url,
        health=f"{url}/health",
        log=settings.logs / "mlflow-server.log",
        environment={},
        folder=settings.home,
    )
    return share(mlflow_note(settings), start)
