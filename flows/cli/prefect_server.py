"""The Prefect server of this home: the one that runs, or one of our own for as long as we need it.

Prefect would start a temporary server by itself, but that one prints to the terminal and outlives a killed parent
unseen. Ours logs to a file and is shared by all commands of the home, as its database bears one server only.
"""

from __future__ import annotations

import os
from pathlib import Path

from flows.cli.servers import Start, free_port, share
from tasks.settings import Settings


def use_prefect_server(settings: Settings, *, port: int | None = None) -> str:
    """Return the API address of a server, and set it in the environment for Prefect to find.

    The user's own `PREFECT_API_URL` wins. Call before Prefect is imported: a server of ours may be stopped at the very
    end of this process, after Prefect's threads have sent their last records to it (they do so before `atexit` has its
    turn).
    """
    own = os.environ.get("PREFECT_API_URL")
    if own:
        return own
    port = port or free_port()
    url = f"http://127.0.0.1:{port}/api"
    start = Start(
        module="prefect",
        # With its pages, as `trunkline ui` may come while a retrain has it.
        arguments=("server", "start", "--host", "127.0.0.1", "--port", str(port), "--ui"),
        url=url,
        health=f"{url}/health",
        log=settings.logs / "prefect-server.log",
        environment={"PREFECT_UI_API_URL": url},
        folder=settings.home,
    )
    os.environ["PREFECT_API_URL"] = shared = share(prefect_note(settings), start)
    return shared


def prefect_note(settings: Settings) -> Path:
    """Say where the server of this home is written down: beside its database."""
    return settings.prefect_home / "server.json"
