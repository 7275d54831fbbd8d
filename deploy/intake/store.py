"""Rows and heard utterances of one product: one SQLite file, in which each content stands once."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

_TABLES = """
CREATE TABLE IF NOT EXISTS files (
    digest TEXT PRIMARY KEY, name TEXT, received REAL, read INTEGER, rows INTEGER, heard INTEGER, repeated INTEGER,
    unlabelled INTEGER, quarantined INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rows (
    id INTEGER PRIMARY KEY, content BLOB UNIQUE, key BLOB, received REAL, file TEXT, row TEXT);
CREATE TABLE IF NOT EXISTS heard (
    id INTEGER PRIMARY KEY, content BLOB UNIQUE, key BLOB, received REAL, device TEXT, result TEXT);
CREATE INDEX IF NOT EXISTS row_keys ON rows (key);
CREATE INDEX IF NOT EXISTS heard_when ON heard (received);
"""


@dataclass(frozen=True)
class GoodLine:
    """A good line, on its way into the store."""

    content: bytes
    """Hash of all that counts; a second line with it is a repetition, unless it gives a row another split or takes back
    a correction."""
    key: bytes
    """Hash of the normalised text."""
    json: str
    """A row, or a canonical result."""
    device: str | None = None
    """Who heard it; None for a labelled row."""


@dataclass(frozen=True)
class Taken:
    """What became of a file's lines: `rows + heard + repeated + unlabelled + quarantined == read`, always."""

    file: str
    digest: str
    read: int
    rows: int
    heard: int
    repeated: int
    """Stood in the store already, or before in the file."""
    unlabelled: int
    """Lines that a person has still to label."""
    quarantined: int
    is_known: bool = False
    """The file was taken before; nothing was done."""


@dataclass(frozen=True)
class Reported:
    """What a device heard and answered."""

    key: bytes
    received: datetime
    device: str
    result: str
    """Canonical result, as JSON."""


class Store:
    """The store of one product, for several processes."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def taken(self, digest: str) -> Taken | None:
        """Return what became of a file with this content when it was taken; None if it never was."""
        with self._open() as database:
            row = database.execute(
                "SELECT name, digest, read, rows, heard, repeated, unlabelled, quarantined FROM files WHERE digest = ?",
                (digest,),
            ).fetchone()
        return replace(Taken(*row), is_known=True) if row else None

    def add(
        self, file: str, digest: str, lines: Sequence[GoodLine], *, unlabelled: int, quarantined: int, now: datetime
    ) -> Taken:
        """Put a file's good lines into the store, all or none."""
        new = {True: 0, False: 0}
        with self._open() as database:
            moment = now.timestamp()
            for line in lines:
                if line.device is None:
                    added = database.execute(_ADD_ROW, (line.content, line.key, moment, file, line.json)).rowcount
                    moved = database.execute(_MOVE_ROW, (moment, file, line.content)).rowcount
                    new[True] += max(added, moved)
                else:
                    new[False] += database.execute(
                        "INSERT OR IGNORE INTO heard (content, key, received, device, result) VALUES (?, ?, ?, ?, ?)",
                        (line.content, line.key, moment, line.device, line.json),
                    ).rowcount
            taken = Taken(
                file=file,
                digest=digest,
                read=len(lines) + unlabelled + quarantined,
                rows=new[True],
                heard=new[False],
                repeated=len(lines) - new[True] - new[False],
                unlabelled=unlabelled,
                quarantined=quarantined,
            )
            database.execute(
                "INSERT INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(digest, file, moment, taken.read, taken.rows, taken.heard, taken.repeated),
                    *(unlabelled, quarantined),
                ),
            )
        return taken

    def rows(self, since: datetime | None = None, until: datetime | None = None) -> list[str]:
        """Return the rows as JSON, in the order in which they came."""
        with self._open() as database:
            return [
                row for (row,) in database.execute("SELECT row FROM rows WHERE " + _WHEN, _span(since, until))
            ]  # fmt: skip

    def heard(self, since: datetime | None = None, until: datetime | None = None) -> list[Reported]:
        """Return what devices heard, in the order in which it came."""
        with self._open() as database:
            found = database.execute(
                "SELECT key, received, device, result FROM heard WHERE " + _WHEN, _span(since, until)
            ).fetchall()
        return [Reported(key, datetime.fromtimestamp(moment).astimezone(), *rest) for key, moment, *rest in found]

    def labelled_keys(self) -> set[bytes]:
        """Return the hashes of all texts that have labels."""
        with self._open() as database:
            return {key for (key,) in database.execute("SELECT DISTINCT key FROM rows")}

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with closing(sqlite3.connect(self.path, timeout=30)) as database:
            database.executescript(_TABLES)
            with database:
                yield database


# A row that is given a split takes the place of the one without it: both would be one text in train and in test.
_ADD_ROW = """
INSERT INTO rows (content, key, received, file, row) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (content) DO UPDATE SET file = excluded.file, row = excluded.row
WHERE json_extract(excluded.row, '$.split') IS NOT NULL
AND json_extract(excluded.row, '$.split') IS NOT json_extract(rows.row, '$.split')
"""
# A row whose text has got another label since is the latest word on it again: a correction is taken back.
_MOVE_ROW = """
UPDATE rows SET id = (SELECT MAX(id) + 1 FROM rows), received = ?, file = ?
WHERE content = ? AND EXISTS (
    SELECT * FROM rows AS later, json_each(later.row, '$.labels') AS other, json_each(rows.row, '$.labels') AS own
    WHERE later.key = rows.key AND later.id > rows.id AND other.key = own.key AND other.value IS NOT own.value
    AND json_extract(later.row, '$.lang') IS json_extract(rows.row, '$.lang'))
"""

_WHEN = "received >= ? AND received < ? ORDER BY id"


def _span(since: datetime | None, until: datetime | None) -> tuple[float, float]:
    return (since.timestamp() if since else 0.0, until.timestamp() if until else float("inf"))
