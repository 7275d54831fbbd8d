"""What a service tells the updater of the bundles it runs: answers, rejections, failures, sudden deaths.

home/served.json     of the last two bundles; counts only, and no word of what was said
home/.served.lock    held by the service that counts

Written in place and not flushed: counts that a power cut takes are no loss, and a card wears out.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from trunkline_edge.update.progress import read_progress

WRITE_S = 5.0
"""Between two writes; none without something new."""
_KEPT = 2
_COUNTS = ("answered", "rejected", "failed", "deaths")


@dataclass(frozen=True, slots=True)
class Served:
    """How one bundle has done in service."""

    answered: int = 0
    """Requests that the bundle has answered, also in vain; none that only waited for its turn."""
    rejected: int = 0
    """Of these, answered with a rejection: not understood."""
    failed: int = 0
    """Of these, ended in an error that was not the caller's, or took too long by themselves."""
    deaths: int = 0
    """Processes that ran it on probation and were gone without having ended."""
    is_refused: bool = False
    """Could a service not load it?"""
    is_running: bool = False
    """Is a process running it, as far as anybody has written?"""

    @property
    def counts(self) -> dict[str, int]:
        """Its counts by name."""
        return {name: getattr(self, name) for name in _COUNTS}

    def after(self, counts: Mapping[str, int]) -> Served:
        """Return what came after these counts; all of it where it is less: then the file was lost in between."""
        more: dict[str, Any] = {name: count - counts.get(name, 0) for name, count in self.counts.items()}
        return self if min(more.values()) < 0 else replace(self, **more)


class Tally:
    """The counts of one home, kept by the service that runs its bundles. For one thread.

    Of several services on one home the first one counts.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._lock: int | None = None
        self._counts: dict[str, Served] = {}
        self._running: str | None = None
        self._written = 0.0
        self._is_new = False

    def begin(self, bundle_id: str) -> None:
        """Note that a bundle is about to be loaded and to answer."""
        if self._lock is None and not self._take():
            return
        if self._running is not None:
            self._set(self._running, is_running=False)
        found = self._counts.pop(bundle_id, Served())
        deaths = found.deaths + (found.is_running and _is_on_probation(self._home, bundle_id))
        # Last in the order: the one to keep longest.
        self._counts[bundle_id] = replace(found, deaths=deaths, is_refused=False, is_running=True)
        self._counts = dict(list(self._counts.items())[-_KEPT:])
        self._running = bundle_id
        self._write()

    def count(self, bundle_id: str, *, rejected: bool = False, failed: bool = False) -> None:
        """Note one request."""
        if (found := self._counts.get(bundle_id)) is None:
            return
        self._set(
            bundle_id,
            answered=found.answered + 1,
            rejected=found.rejected + rejected,
            failed=found.failed + failed,
        )

    def refuse(self, bundle_id: str) -> None:
        """Note that a bundle could not be loaded."""
        if bundle_id in self._counts:
            self._set(bundle_id, is_refused=True)
            self._write()

    def tell(self) -> None:
        """Write what is new, now and then."""
        if self._is_new and time.monotonic() - self._written >= WRITE_S:
            self._write()

    def end(self) -> None:
        """Note that the service ends as it should."""
        if self._lock is None:
            return
        if self._running is not None:
            self._set(self._running, is_running=False)
            self._write()
        os.close(self._lock)
        self._lock = self._running = None
        self._counts = {}

    def _take(self) -> bool:
        try:
            descriptor = os.open(self._home / ".served.lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError:
            return False  # a service that may only read answers all the same
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._lock, self._counts = descriptor, dict(read_served(self._home))
        return True

    def _set(self, bundle_id: str, **changes: Any) -> None:
        self._counts[bundle_id] = replace(self._counts[bundle_id], **changes)
        self._is_new = True

    def _write(self) -> None:
        value = {bundle_id: asdict(served) for bundle_id, served in self._counts.items()}
        with suppress(OSError):  # on a full disk answers go on
            (self._home / "served.json").write_text(json.dumps(value))
        self._written, self._is_new = time.monotonic(), False


def _is_on_probation(home: Path, bundle_id: str) -> bool:
    """Does a death say something of this bundle? Later on devices are switched off, and nobody says goodbye."""
    try:
        progress = read_progress(home)
    except OSError:
        return False  # a service answers all the same
    return progress.trying == bundle_id and datetime.now(UTC) < progress.until


def read_served(home: Path) -> Mapping[str, Served]:
    """Return how the last bundles have done, by id; nothing where nobody has counted or the file is torn."""
    try:
        value = json.loads((home / "served.json").read_bytes())
        return {bundle_id: Served(**counts) for bundle_id, counts in value.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
