"""A signed repository, the server over it, and one device: what the tests of updates play with."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from deploy.edge.tests.mirror import URL, Mirror
from deploy.edge.tests.tiny_bundle import HEADS, INTENT, Recipe
from deploy.repository import release
from deploy.repository.keys import KeyFolder
from deploy.repository.signed import SignedRepository
from trunkline_edge.bundle.manifest import Manifest
from trunkline_edge.bundle.store import State, read_state
from trunkline_edge.update.agent import Agent
from trunkline_edge.update.home import is_whole
from trunkline_edge.update.remote import RemoteSource

GOOD = Recipe()
NEXT = Recipe(heads=(replace(INTENT, bias=(0.3, 0.1, 0.0)), *HEADS[1:]))
"""Good as well; one head and the golden answers differ."""


@dataclass
class Fleet:
    """A signed repository, the server over it, and one device."""

    folder: Path
    repository: SignedRepository
    mirror: Mirror
    home: Path
    versions: int = 0
    built: list[Path] = field(default_factory=list)

    @property
    def root(self) -> bytes:
        """What a device has of the repository from the start."""
        return (self.repository.folder / "metadata" / "1.root.json").read_bytes()

    def publish(self, recipe: Recipe) -> Manifest:
        """Build and publish a bundle."""
        self.versions += 1
        built = self.folder / f"built-{self.versions}"
        manifest = recipe.write(built)
        release.publish(self.repository, built)
        return manifest

    def release(self, recipe: Recipe) -> Manifest:
        """Publish a bundle and let the channel point at it."""
        manifest = self.publish(recipe)
        release.promote(self.repository, "stable", "tiny", manifest.bundle_id, self.versions)
        return manifest

    def agent(self, home: Path | None = None, **options: Any) -> Agent:
        """Return the device's updater as after a fresh start."""
        home = home or self.home
        return Agent(home, RemoteSource(URL, self.root, home, "tiny", "stable", fetcher=self.mirror), **options)

    def active(self) -> str | None:
        """Return the active bundle, after making sure that its files are whole."""
        active = read_state(self.home).active
        assert active is None or is_whole(self.home, active)
        return active

    @property
    def state(self) -> State:
        return read_state(self.home)

    def fetched(self) -> list[str]:
        """Return the paths asked for since the last call."""
        asked, self.mirror.asked = self.mirror.asked, []
        return asked


def new_fleet(folder: Path) -> Fleet:
    """Make the keys and an empty repository with a channel `stable`."""
    repository = SignedRepository(folder / "published", KeyFolder(folder / "keys"))
    release.init(repository, ["stable"])
    return Fleet(folder, repository, Mirror(repository.folder), folder / "home")


def in_days(days: float) -> datetime:
    return datetime.now(UTC) + timedelta(days=days)


def shifted(fleet: Fleet, days: float) -> SignedRepository:
    """Return the repository as somebody with another clock signs it."""
    return SignedRepository(
        fleet.repository.folder, fleet.repository.keys, now=lambda: in_days(days).replace(microsecond=0)
    )
