"""`trunkline down`: end the servers that commands have left to the next one."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from flows.cli.pages import mlflow_note
from flows.cli.prefect_server import prefect_note
from flows.cli.printing import shown
from flows.cli.servers import leave, noted
from flows.cli.up import worker_note
from schemas.errors import UserError
from tasks.processes import is_alive_here, pid_of
from tasks.settings import Settings


class StillUsed(UserError):
    """A server is needed by a command that runs."""


def stop_servers() -> None:
    """Stop every server of this home that nobody uses; raises `StillUsed` when one is left that somebody does."""
    settings, console = Settings.from_environment(), Console()
    notes = {"worker": worker_note(settings), "MLflow": mlflow_note(settings), "Prefect": prefect_note(settings)}
    running = {name: note for name, note in notes.items() if _runs(note)}
    used = dict[str, list[int]]()
    for name, note in running.items():
        if leave(note):
            console.print(shown(f"{name} stopped"), soft_wrap=True)
        elif (server := noted(note)) is not None:
            used[name] = [pid_of(user) for user in server.living]
    if used:
        each = "; ".join(f"{name} by process {', '.join(map(str, pids))}" for name, pids in used.items())
        raise StillUsed(f"still used: {each}. End these first, by Ctrl-C where they run")
    if not running:
        console.print(shown(f"nothing runs for {settings.home}"), soft_wrap=True)


def _runs(note: Path) -> bool:
    server = noted(note)
    return server is not None and is_alive_here(server.process)
