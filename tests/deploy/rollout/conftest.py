from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deploy.edge.tests.tiny_bundle import Recipe
from deploy.repository import release
from deploy.repository.keys import KeyFolder
from deploy.repository.signed import SignedRepository
from deploy.rollout.moves import Desk
from deploy.rollout.reports import DeviceReport
from deploy.rollout.store import ReportStore
from trunkline_edge.update.decisions import bucket

NOW = datetime.now(UTC).replace(microsecond=0)


def device(number: int) -> str:
    """The id of a made-up device."""
    return f"{number:032x}"


def report(number: int, **fields: object) -> DeviceReport:
    """What a made-up device reports."""
    return DeviceReport(device=device(number), time=NOW, product="tiny", channel="stable", **fields)


def devices_in(rollout_id: str, buckets: int, count: int) -> list[int]:
    """Numbers of devices whose turn it is in a rollout."""
    found = (number for number in range(10**9) if bucket(rollout_id, device(number)) < buckets)
    return [next(found) for _ in range(count)]


@dataclass
class Yard:
    """A signed repository with channel `stable` at a first bundle, a second one published, and a clock to turn."""

    desk: Desk
    bundles: list[str] = field(default_factory=list)
    now: datetime = NOW

    def later(self, hours: float) -> None:
        self.now += timedelta(hours=hours)


@pytest.fixture
def yard(tmp_path: Path) -> Yard:
    clock: list[Callable[[], datetime]] = [lambda: NOW]
    repository = SignedRepository(tmp_path / "published", KeyFolder(tmp_path / "keys"), now=lambda: clock[0]())
    yard = Yard(Desk(repository, tmp_path / "rollouts", ReportStore(tmp_path / "reports.db")))
    clock[0] = lambda: yard.now
    release.init(repository, ["stable"])
    for number, scale in enumerate((1.0, 1.5, 2.0)):
        Recipe(scale=scale).write(tmp_path / f"bundle-{number}")
        yard.bundles.append(release.publish(repository, tmp_path / f"bundle-{number}").bundle_id)
    release.promote(repository, "stable", "tiny", yard.bundles[0], 1)
    return yard
