"""`trunkline serve`: the champion over HTTP and Wyoming, by the very service that devices run."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from flows.cli.parse import find_champion, skills_file
from tasks.settings import Settings
from tasks.tracking.champion import champion_of
from trunkline_edge.services.engine import BundleSource
from trunkline_edge.services.serve import Addresses, serve
from trunkline_edge.services.settings import ServeOptions
from trunkline_edge.understanding.names_file import read_names


def serve_champion(options: ServeOptions, names: Path | None, *, product: str, channel: str) -> None:
    """Serve until Ctrl-C; a promotion takes over without a restart, and so do other names in the file of these."""
    if names is not None:
        read_names(names)  # before anything listens: later a broken file changes nothing
    repository = Settings.from_environment().repository
    name, _ = find_champion(repository, product, channel)

    def active() -> str | None:
        champion = champion_of(repository, name, channel)
        return champion.bundle_id if champion else None

    def announce(addresses: Addresses) -> None:
        Console().print(f"{name}, champion of channel {channel}\n{addresses.to_text()}", highlight=False)

    serve(BundleSource(repository, active, names=names, skills=skills_file(repository, name)), options, announce)
