"""How long steps took before and what they had to do: what an expected time is made of."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any

from schemas.spec.product import Spec
from tasks.cache.store import entries_of
from tasks.machine import cpu_name
from tasks.records import Trained, Validated
from trunkline_edge.bundle.files import write_atomic

RECENT = 5
"""Earlier runs that an expectation is the median of."""
AROUND = "around.json"
NET = {"name", "heads", "trunk", "sharing", "balance", "distill"}
"""Fields of a spec by which the time for one row depends."""


@dataclass(frozen=True)
class Work:
    """What a step had to do."""

    net: str
    """Digest of what a row costs by: the spec's net. Nothing for a step that is given a bundle and no spec."""
    machine: str
    amount: float
    """Rows, times epochs where it trains; 1 for what no rows decide."""


def work_of(step: str, given: Mapping[str, Any], record: Any = None) -> Work | None:
    """Return what a step has to do with what it is given, by name; with its record, what it had to do.

    None where that is not known: how many rows there are before they are read, or a step of no known kind.
    """
    spec, data = given.get("spec"), record if isinstance(record, Validated) else given.get("data")
    if data is None:
        return None
    epochs = record.epochs if isinstance(record, Trained) else spec.train.epochs if spec else 0
    amounts = {
        "validate": data.read,
        "train": data.counts.get("train", 0) * epochs,
        "export": 1,
        "build": data.counts.get("valid", 0),
        "score": data.counts.get(data.held_out, 0),
    }
    return Work(net_of(spec) if spec else "", this_machine(), amounts[step]) if amounts.get(step) else None


def net_of(spec: Spec) -> str:
    """Return a digest of the fields that decide what a row costs."""
    return hashlib.sha256(spec.model_dump_json(include=NET).encode()).hexdigest()[:16]


@cache
def this_machine() -> str:
    """Return the processor and the threads that we may use."""
    return f"{cpu_name()}, {os.environ.get('OMP_NUM_THREADS') or len(os.sched_getaffinity(0))} threads"


def expected_s(cache: Path, step: str, net: str, work: Work | None) -> float | None:
    """Return how long a step will take, by earlier ones with the same net on this machine; None where there is none.

    work: what it has to do; None: not known, so it is taken to be as much as before.
    """
    alike = [(seconds, done) for seconds, done in _took(cache, step)
             if done.machine == this_machine() and done.net in ("", net)][:RECENT]  # fmt: skip
    if not alike:
        return None
    if work is None:
        return median(seconds for seconds, _ in alike)
    return work.amount * median(seconds / done.amount for seconds, done in alike)


def keep_around(home: Path, seconds: float) -> None:
    """Write down what a command took beside its steps: to start, to register, to judge."""
    kept = [*_around(home), [this_machine(), round(seconds, 1)]][-2 * RECENT :]
    write_atomic(home / AROUND, json.dumps(kept).encode())


def around_s(home: Path) -> float | None:
    """Return what commands took beside their steps on this machine; None where none is known."""
    seconds = [seconds for machine, seconds in _around(home) if machine == this_machine()][-RECENT:]
    return median(seconds) if seconds else None


def _around(home: Path) -> list[tuple[str, float]]:
    try:
        return [(str(machine), float(seconds)) for machine, seconds in json.loads((home / AROUND).read_bytes())]
    except (OSError, ValueError, TypeError):
        return []


def as_json(work: Work | None) -> dict[str, Any] | None:
    """Return what is written into a step's commit."""
    return asdict(work) if work else None


def _took(cache: Path, step: str) -> list[tuple[float, Work]]:
    """Return the seconds and the work of every finished output of a step that tells, the latest first."""
    found = []
    for entry in entries_of(cache, step):
        with suppress(TypeError):  # None, or written by another release
            found.append((entry.seconds, Work(**entry.work)))
    return found
