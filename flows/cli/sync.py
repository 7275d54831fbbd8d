"""`trunkline sync`: the Prefect server made equal to `prefect.yaml`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from flows.cli.prefect_server import use_prefect_server
from flows.deployed.page import Page, read_page
from tasks.settings import ROOT, Settings

if TYPE_CHECKING:
    from flows.deployed.changes import Change


def run_sync(*, dry_run: bool) -> None:
    """Make the server equal to the page, or say what that would change."""
    settings = Settings.from_environment()
    settings.apply()
    console = Console()
    with console.status("asking Prefect"):
        use_prefect_server(settings)
        changes = synced(settings, dry_run=dry_run)
    for change in changes:
        console.print(str(change), markup=False, highlight=False, soft_wrap=True)
    if not any(change.do != "keep" for change in changes):
        console.print("The server is equal to prefect.yaml.")
    elif dry_run:
        console.print("Nothing was changed.")


def synced(settings: Settings, *, dry_run: bool = False) -> tuple[Change, ...]:
    """Make the server that `PREFECT_API_URL` names equal to the page; returns what differed."""
    from prefect.client.orchestration import get_client

    from flows.deployed import server
    from tasks.steps.notify import WEBHOOK

    environment = places(settings)
    page: Page = read_page(ROOT / "prefect.yaml", {**os.environ, **environment})
    webhook = os.environ.get(WEBHOOK)
    with get_client(sync_client=True) as client:
        if dry_run:
            return server.look(client, page, webhook)[1]
        return server.apply(client, page, ROOT, environment, webhook)


def places(settings: Settings) -> dict[str, str]:
    """Return where workers find the checkout and the home: as here, unless the environment names the checkout."""
    root = Path(os.environ.get("TRUNKLINE_ROOT") or ROOT).absolute()
    return {"TRUNKLINE_ROOT": str(root), "TRUNKLINE_HOME": str(settings.home)}
