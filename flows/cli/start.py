"""What `retrain`, `compare` and `sweep` do before their flow: its server, its libraries, its log."""

from __future__ import annotations

import time
from importlib import import_module
from pathlib import Path

from rich.console import Console

from flows.cli.own_servers import see_mlflow
from flows.cli.prefect_server import use_prefect_server
from tasks.logs import log_to
from tasks.settings import Settings


def start(flow: str, *, as_json: bool) -> Console:
    """Make ready to run the flow in the module `flows.<flow>`: its server, its libraries, its log."""
    settings = Settings.from_environment()
    settings.apply()
    see_mlflow()
    console = Console(stderr=as_json)
    with console.status("starting Prefect"):
        use_prefect_server(settings)
        import_module(f"flows.{flow}")  # seconds, and its libraries' log handlers are what `log_to` takes away
        from flows.cli.stale_runs import close_stale_runs

        close_stale_runs()
    log_to(log_of(settings, flow))
    return console


def log_of(settings: Settings, command: str) -> Path:
    """Return where the libraries of one call of a command log."""
    return settings.logs / f"{command}-{time.strftime('%Y%m%d-%H%M%S')}.log"
