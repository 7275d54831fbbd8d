"""What a device tells of itself: one small JSON, queued while nobody can be reached. No text that was said is in it.

home/device          the id of this device, made up at the first report
home/reports/*.json  what was not posted yet, oldest first
"""

from __future__ import annotations

import fcntl
import json
import os
import platform
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from trunkline_edge import __version__
from trunkline_edge.bundle.files import write_atomic
from trunkline_edge.errors import Unreachable
from trunkline_edge.update.home import state_of
from trunkline_edge.update.progress import Outcome, read_progress
from trunkline_edge.update.served import read_served

MAX_QUEUED = 100
"""Then the oldest are dropped: what a device is now matters more."""
MAX_FAILED_TOLD = 200
"""Bundles that failed, the newest; the fleet's server takes no report with more."""
TIMEOUT_S = 30.0
"""For a connection, and for the headers of an answer."""
POSTING_S = 60.0
"""Then no other report is begun: whoever posts has more to do, and a server may take its time with each."""
_REFUSED_FOR_GOOD = (400, 413, 422)
"""The report itself is at fault, now and later; all other errors may pass."""


def device_id(home: Path) -> str:
    """Return this device's id: random, so that it says nothing of its owner."""
    path = home / "device"
    if not path.exists():
        write_atomic(path, secrets.token_hex(16).encode())
    return path.read_text()


def report_of(
    home: Path, product: str, channel: str, outcome: Outcome | None, code: str | None, now: datetime
) -> dict[str, object]:
    """Return what is told of a check that ended in `outcome` or, where it failed, in `code`."""
    progress, health = read_progress(home), outcome.health if outcome else None
    active = state_of(home).active
    served = read_served(home).get(active) if active else None
    return {
        "device": device_id(home),
        "time": now.isoformat(timespec="seconds"),
        "product": product,
        "channel": channel,
        "active": active,
        "did": outcome.did if outcome else "failed",
        "code": code,
        "trying": progress.testing or progress.trying,
        "failed": dict(list(progress.failed.items())[-MAX_FAILED_TOLD:]),
        "answers": {"bundle_id": active, "answered": served.answered, "rejected": served.rejected} if served else None,
        "p95_ms": health.p95_ms if health else None,
        "rss_mb": health.rss_mb if health else None,
        "signed": progress.known.isoformat(),
        "package": __version__,
        "onnxruntime": onnxruntime_release(),
        "cpu": platform.machine(),
    }


def queue_report(home: Path, report: dict[str, object]) -> None:
    """Keep a report until it can be posted."""
    write_atomic(home / "reports" / f"{time.time_ns():020}.json", json.dumps(report).encode())
    for old in _queued(home)[:-MAX_QUEUED]:
        old.unlink(missing_ok=True)  # posted by another process meanwhile


def post_reports(home: Path, url: str, token: str | None = None) -> int:
    """Post what is queued, oldest first, once no other process does; returns how many.

    Raises `Unreachable` and keeps those that were not taken. One that the server can never take is dropped, with a line
    on stderr: it would hold up all that come after it.
    """
    import urllib3

    from trunkline_edge.update.deadline import pool_with_deadline

    if not _queued(home):
        return 0
    posted, begun = 0, time.monotonic()
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    with _alone(home / "reports"), pool_with_deadline(TIMEOUT_S, retries=False) as pool:
        for path in _queued(home):
            if (taken := time.monotonic() - begun) > POSTING_S:
                raise Unreachable(f"{url}: slow, {posted} posted in {taken:.0f} s")
            try:
                body = path.read_bytes()
            except FileNotFoundError:  # it has made way for a newer one
                continue
            try:
                # Its status is all that counts: a body may have no end.
                answer = pool.request("POST", url, body=body, headers=headers, redirect=False, preload_content=False)
                answer.close()
            except urllib3.exceptions.HTTPError as error:
                raise Unreachable(f"{url}: {type(error).__name__}: {error}") from error
            if answer.status in _REFUSED_FOR_GOOD:
                told = (
                    f"report: {url}: HTTP status {answer.status}; {path.name} is dropped, as it would be refused again"
                )
                print(told, file=sys.stderr, flush=True)
            elif 200 <= answer.status < 300:
                posted += 1
            else:
                raise Unreachable(f"{url}: HTTP status {answer.status}")
            path.unlink(missing_ok=True)
    return posted


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait for other processes that are in such a block with this folder; the kernel lets go when one dies."""
    descriptor = os.open(folder, os.O_RDONLY)  # the folder itself: a file for it would be root's where root posts
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _queued(home: Path) -> list[Path]:
    return sorted((home / "reports").glob("*.json"))


def onnxruntime_release() -> str | None:
    """Return the release that is installed; asks pip's records, since loading it takes tens of megabytes."""
    for name in ("onnxruntime", "onnxruntime-gpu"):
        try:
            return version(name)
        except PackageNotFoundError:
            continue
    return None
