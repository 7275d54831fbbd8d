"""What an updater says of a check, and what it remembers until the next, beside which bundle is active.

home/update.json     written whole, by rename
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from trunkline_edge.bundle.files import write_atomic
from trunkline_edge.bundle.store import State
from trunkline_edge.update.health import Health

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_TIMES = ("since", "until", "known", "checked")


@dataclass(frozen=True, slots=True)
class Progress:
    """The updater's memory."""

    trying: str | None = None
    """Bundle that is on probation, once it is active."""
    since: datetime = NEVER
    """When the bundle on probation became active."""
    until: datetime = NEVER
    """When its probation ends: a service that dies later says nothing of it."""
    attempts: int = 0
    """Starts of this device with it."""
    start: str | None = None
    """The start of this device that was counted last, or that had the switch in it."""
    counted: Mapping[str, int] = field(default_factory=dict)
    """What it had served when it became active: it may have been so before. By name, as `Served` has it."""
    testing: str | None = None
    """Bundle that is being tested, or was when somebody died."""
    tests: int = 0
    """Of it that never ended."""
    failed: Mapping[str, str] = field(default_factory=dict)
    """Bundle id -> code, of those that are never tried again."""
    seen: Mapping[str, int] = field(default_factory=dict)
    """Origin -> highest sequence met."""
    known: datetime = NEVER
    """When the newest metadata was signed."""
    checked: datetime = NEVER
    """When a check last reached its source."""
    code: str | None = None
    """Of the last check that failed, until one succeeds."""
    prefers_other: Mapping[str, bool] = field(default_factory=dict)
    """Release of onnxruntime -> does this device, with it, take the other precision of bundles that have two?"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a check or a start."""

    did: Literal["kept", "installed", "committed", "repaired", "returned"]
    state: State
    reason: str
    code: str | None = None
    """Of what made the device return to another bundle."""
    fetched: tuple[str, ...] = ()
    """Names of the files that were missing."""
    bytes: int = 0
    """Of these files."""
    seconds: float = 0.0
    health: Health | None = None


def read_progress(home: Path) -> Progress:
    """Return what is remembered. A memory that cannot be read is none: the signed metadata keeps one of its own."""
    try:
        value = json.loads((home / "update.json").read_bytes())
        # Of a younger package there may be more in it, of an older one less: neither loses what is known to both.
        value = {each.name: value[each.name] for each in fields(Progress) if each.name in value}
        times = {name: datetime.fromisoformat(value[name]) for name in _TIMES if name in value}
        return Progress(**{**value, **times})
    except (FileNotFoundError, ValueError, TypeError):
        return Progress()


def write_progress(home: Path, progress: Progress) -> None:
    """Remember."""
    write_atomic(
        home / "update.json", json.dumps(asdict(progress), default=datetime.isoformat, sort_keys=True).encode()
    )
