"""The step cache: one folder for every finished step, found again by what went into it.

    <home>/cache/<step>/<first 16 digits of the key>/...     what the step made
                                                    finished.json   its record, and every file's digest; written last

A folder without a commit is work in progress. A folder whose files no longer match its commit is thrown away whole.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from trunkline_edge.bundle.files import write_atomic

FINISHED = "finished.json"
_DIGEST = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True)
class StepKey:
    """What a step's output depends on, by content."""

    step: str
    parts: Mapping[str, str]
    """Name -> digest or version. Never a path, never a time."""

    @property
    def digest(self) -> str:
        """sha256 of step and parts."""
        text = json.dumps([self.step, dict(self.parts)], sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def cache_path(self) -> str:
        """Folder below the cache."""
        return f"{self.step}/{self.digest[:16]}"


@dataclass(frozen=True)
class FinishedStep:
    """A finished step as it lies in the step cache."""

    record: Any
    finished_at: float
    """Seconds since the epoch."""
    seconds: float


@dataclass(frozen=True)
class Unfinished:
    """A step that has to run, and why."""

    why: str
    is_damaged: bool = False
    """It was finished once. Half of a step is worth nothing, so it starts anew."""
    is_begun: bool = False
    """There is a folder for its key."""


def commit(
    folder: Path, key: StepKey, record: Any, *, seconds: float, work: Mapping[str, Any] | None = None
) -> None:  # fmt: skip
    """Write down that the step is finished, what went into it, what its files are, and how much there was to do."""
    value = {
        "key": {"step": key.step, "parts": dict(key.parts)},
        "record": TypeAdapter(type(record)).dump_python(record, mode="json"),
        "files": {str(path.relative_to(folder)): sha256_of(path) for path in _files(folder)},
        "finished_at": time.time(),
        "seconds": seconds,
        "work": work,
    }
    write_atomic(folder / FINISHED, json.dumps(value, indent=1, ensure_ascii=False).encode())


def lookup(folder: Path, record_type: Any) -> FinishedStep | Unfinished:
    """Return the finished step that lies in `folder`, or why there is none. Changes nothing on disk."""
    if not folder.exists():
        return Unfinished("not done before")
    if not (folder / FINISHED).exists():
        return Unfinished("begun before, not finished", is_begun=True)
    try:
        value = json.loads((folder / FINISHED).read_bytes())
        found = {str(path.relative_to(folder)): sha256_of(path) for path in _files(folder)}
        wrong = [name for name, digest in value["files"].items() if found.get(name) != digest]
        if not wrong:
            record = TypeAdapter(record_type).validate_python(value["record"])
            return FinishedStep(record, float(value["finished_at"]), float(value["seconds"]))
        damage = f"{wrong[0]} is {'damaged' if wrong[0] in found else 'missing'}"
    except (OSError, ValueError, KeyError, TypeError) as error:
        damage = f"its {FINISHED} is not readable ({type(error).__name__})"
    return Unfinished(f"done before, but {damage}", is_damaged=True, is_begun=True)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / FINISHED)


def is_digest(value: str) -> bool:
    """Is this a sha256 in hexadecimal digits?"""
    return _DIGEST.fullmatch(value) is not None


def sha256_of(path: Path) -> str:
    """Return the digest of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True)
class CommittedStep:
    """What a finished step has written down; whether its files are whole is not looked at."""

    folder: Path
    key: StepKey
    record: Any
    """As JSON has it."""
    finished_at: float
    seconds: float
    work: Any
    """How much there was to do, as JSON has it; None where that is not known."""


def entries_of(cache: Path, step: str) -> list[CommittedStep]:
    """Return the finished outputs of a step, the latest first."""
    found = []
    for path in (cache / step).glob(f"*/{FINISHED}"):
        with suppress(OSError, ValueError, KeyError):
            value = json.loads(path.read_bytes())
            key = StepKey(value["key"]["step"], value["key"]["parts"])
            times = float(value["finished_at"]), float(value["seconds"])
            found.append(CommittedStep(path.parent, key, value["record"], *times, value.get("work")))
    return sorted(found, key=lambda entry: entry.finished_at, reverse=True)


@dataclass(frozen=True)
class Changed:
    """A part of a key that is another than before."""

    part: str
    before: str | None
    now: str | None


def changed_parts(cache: Path, key: StepKey) -> tuple[Changed, ...]:
    """Return what sets a key apart from the likest one that was finished, the latest of several; () without any."""
    apart = [_changed(entry.key.parts, key.parts) for entry in entries_of(cache, key.step)]
    return min(apart, key=len, default=())


def _changed(before: Mapping[str, str], now: Mapping[str, str]) -> tuple[Changed, ...]:
    names = dict.fromkeys((*now, *before))
    return tuple(Changed(name, before.get(name), now.get(name)) for name in names if before.get(name) != now.get(name))


def empty(folder: Path) -> None:
    """Clear what a killed attempt left, for steps that start anew."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
