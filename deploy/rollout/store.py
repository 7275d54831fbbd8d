"""The newest report of every device, and what each answered since: one SQLite file, bounded.

A fleet's reports are a few hundred bytes a device; the standard library's database takes them from one process and
gives them to another without a server.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import astuple, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from deploy.repository.signed import utc_now
from deploy.rollout.reports import AnswerCounts, DeviceReport, ReportRefused, report_from, report_to_json
from schemas.errors import TrunklineError

SILENT_DAYS = 90
"""Devices that were silent for so long make room for new ones."""
KEPT_DAYS = 30
"""Of counts of answers; no rollout looks back further."""
MAX_ANSWERS = 2_000_000
"""Rows of them; then the oldest go."""
TRIMMED_EVERY = 1_000
"""Rows of them: so often what is too old or too much goes, as it takes a look at all of them."""
COUNTED_BUNDLES = 4
"""Of a device, whose counts are remembered; it counts two itself."""

_TABLES = """
CREATE TABLE IF NOT EXISTS devices (
    device TEXT PRIMARY KEY, product TEXT, channel TEXT, received REAL, report BLOB) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS followers ON devices (product, channel);
CREATE TABLE IF NOT EXISTS answers (
    id INTEGER PRIMARY KEY, received REAL, device TEXT, product TEXT, channel TEXT, bundle_id TEXT,
    answered INTEGER, rejected INTEGER);
CREATE TABLE IF NOT EXISTS counted (
    device TEXT, bundle_id TEXT, told REAL, answered INTEGER, rejected INTEGER,
    PRIMARY KEY (device, bundle_id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS arrivals ON answers (product, channel, received);
"""


class StoreFull(TrunklineError):
    """There is no room for one more device."""


@dataclass(frozen=True)
class ReceivedReport:
    """A device's newest report."""

    report: DeviceReport
    received: datetime
    """By our clock; those of devices may be wrong."""


@dataclass(frozen=True)
class Answered:
    """What one device answered between two of its reports."""

    device: str
    received: datetime
    counts: AnswerCounts


class ReportStore:
    """Reports of devices in one file, for several processes."""

    def __init__(self, path: Path, *, max_devices: int = 200_000) -> None:
        self.path, self.max_devices = path, max_devices

    def add(self, report: DeviceReport, now: datetime | None = None) -> None:
        """Keep a report in place of the device's last one; raises `StoreFull`."""
        moment = (now or utc_now()).timestamp()
        with self._open() as database:
            database.execute("BEGIN IMMEDIATE")  # no other process reads the counts that this one is about to change
            if database.execute("SELECT 1 FROM devices WHERE device = ?", (report.device,)).fetchone() is None:
                self._make_room(database, moment)
            if (more := _new_answers(database, report)) is not None:
                added = database.execute(
                    "INSERT INTO answers (received, device, product, channel, bundle_id, answered, rejected) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (moment, report.device, report.product, report.channel, *astuple(more)),
                ).lastrowid
                if added is not None and added % TRIMMED_EVERY == 0:
                    _trim_answers(database, moment)
            database.execute(
                "INSERT OR REPLACE INTO devices VALUES (?, ?, ?, ?, ?)",
                (report.device, report.product, report.channel, moment, report_to_json(report)),
            )

    def devices(self, product: str, channel: str) -> list[ReceivedReport]:
        """Return the newest report of each device that follows a channel."""
        with self._open() as database:
            rows = database.execute(
                "SELECT report, received FROM devices WHERE product = ? AND channel = ? ORDER BY device",
                (product, channel),
            ).fetchall()
        kept = ((_kept(raw), received) for raw, received in rows)
        return [ReceivedReport(report, _moment(received)) for report, received in kept if report is not None]

    def answers(self, product: str, channel: str, since: datetime) -> list[Answered]:
        """Return what devices have answered since, in the order in which they told."""
        with self._open() as database:
            rows = database.execute(
                "SELECT device, received, bundle_id, answered, rejected FROM answers "
                "WHERE product = ? AND channel = ? AND received >= ? ORDER BY id",
                (product, channel, since.timestamp()),
            ).fetchall()
        return [Answered(device, _moment(received), AnswerCounts(*counts)) for device, received, *counts in rows]

    def _make_room(self, database: sqlite3.Connection, moment: float) -> None:
        """Called before a device is new, which is seldom."""
        (count,) = database.execute("SELECT count(*) FROM devices").fetchone()
        if count >= self.max_devices:
            silent = moment - timedelta(days=SILENT_DAYS).total_seconds()
            if database.execute("DELETE FROM devices WHERE received < ?", (silent,)).rowcount == 0:
                raise StoreFull(f"{self.path} holds {count} devices, and none was silent for {SILENT_DAYS} days")
            database.execute("DELETE FROM counted WHERE device NOT IN (SELECT device FROM devices)")
        _trim_answers(database, moment)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self.path, timeout=10)) as database:
            database.execute("PRAGMA journal_mode = WAL")  # who reads and who writes do not wait for each other
            database.execute("PRAGMA synchronous = NORMAL")
            database.executescript(_TABLES)
            with database:
                yield database


def _trim_answers(database: sqlite3.Connection, moment: float) -> None:
    old = moment - timedelta(days=KEPT_DAYS).total_seconds()
    database.execute("DELETE FROM answers WHERE received < ?", (old,))
    database.execute("DELETE FROM answers WHERE id <= (SELECT max(id) FROM answers) - ?", (MAX_ANSWERS,))


def _kept(raw: bytes) -> DeviceReport | None:
    """Read a report from the file; one that an older version took and this one does not is as good as none."""
    try:
        return report_from(raw)
    except ReportRefused:
        return None


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _new_answers(database: sqlite3.Connection, report: DeviceReport) -> AnswerCounts | None:
    """Return what a device has answered by a bundle since it last told, and remember its counts.

    A device counts from when it first loaded a bundle. None: nothing is new, or an old report came again.
    """
    now = report.answers
    if now is None:
        return None
    row = database.execute(
        "SELECT told, answered, rejected FROM counted WHERE device = ? AND bundle_id = ?",
        (report.device, now.bundle_id),
    ).fetchone()
    told, before = (row[0], AnswerCounts(now.bundle_id, *row[1:])) if row else (0.0, AnswerCounts(now.bundle_id, 0, 0))
    more = _since(before, now, is_newer=report.time.timestamp() > told)
    if more is not None:
        database.execute(
            "INSERT OR REPLACE INTO counted VALUES (?, ?, ?, ?, ?)",
            (report.device, now.bundle_id, report.time.timestamp(), now.answered, now.rejected),
        )
        database.execute(
            "DELETE FROM counted WHERE device = ?1 AND bundle_id NOT IN "
            "(SELECT bundle_id FROM counted WHERE device = ?1 ORDER BY told DESC LIMIT ?2)",
            (report.device, COUNTED_BUNDLES),
        )
    return more if more and more.answered else None


def _since(before: AnswerCounts, now: AnswerCounts, *, is_newer: bool) -> AnswerCounts | None:
    """Return what came between two reports; None where the one is an old one again, by the device's own clock.

    Counts that begin anew, since the device has lost or dropped them, count as they are.
    """
    if now.answered < before.answered or now.rejected < before.rejected:
        return now if is_newer else None
    rejected = min(now.rejected - before.rejected, now.answered - before.answered)
    return AnswerCounts(now.bundle_id, now.answered - before.answered, rejected)
