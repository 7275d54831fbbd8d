"""The Prefect server of this home: the one that runs, or one of our own, which waits a while for the next command.

Prefect would start a temporary server by itself, but that one prints to the terminal and outlives a killed parent
unseen. Ours logs to a file and is shared by all commands of the home, as its database bears one server only.
"""

from __future__ import annotations

import os
from pathlib import Path

from flows.cli.own_servers import see_prefect
from flows.cli.servers import Start, free_port, share
from tasks.machine import release_of
from tasks.settings import Settings


def use_prefect_server(settings: Settings) -> str:
    """Return the API address of a server, and set it in the environment for Prefect to find.

    The user's own `PREFECT_API_URL` wins; raises `ServerSilent` where it does not answer. Call before Prefect is
    imported: a server of ours may be stopped at the very end of this process, after Prefect's threads have sent their
    last records to it (they do so before `atexit` has its turn).
    """
    if own := see_prefect():
        return own
    (shared,) = share(prefect_start(settings, free_port()), lasting=settings.server_idle_s > 0)
    os.environ["PREFECT_API_URL"] = shared
    return shared


def prefect_note(settings: Settings) -> Path:
    """Say where the server of this home is written down: beside its database."""
    return settings.prefect_home / "server.json"


def prefect_start(settings: Settings, port: int) -> Start:
    """Say how the server of this home is started."""
    url = f"http://127.0.0.1:{port}/api"
    return Start(
        note=prefect_note(settings),
        module="prefect",
        # With its pages, as `trunkline ui` may come while a retrain has it.
        arguments=("server", "start", "--host", "127.0.0.1", "--port", str(port), "--ui"),
        url=url,
        health=f"{url}/health",
        log=settings.logs / "prefect-server.log",
        environment={"PREFECT_UI_API_URL": url},
        folder=settings.home,
        idle_s=settings.server_idle_s,
        release=release_of("prefect"),
    )
