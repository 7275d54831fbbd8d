"""`trunkline ui`: the pages of MLflow and Prefect, on this machine only, until Ctrl-C."""

from __future__ import annotations

import signal

from rich.console import Console

from flows.cli.pages import start_pages, until_interrupted


def serve_pages(mlflow_port: int, prefect_port: int) -> None:
    """Start both servers, print their addresses, and stop at the end what nobody else uses."""
    console = Console()
    with until_interrupted(console) as settings:
        with console.status("starting MLflow and Prefect"):
            pages = start_pages(settings, mlflow_port, prefect_port)
        console.print(f"{pages}\nCtrl-C stops both.", highlight=False)
        signal.pause()
