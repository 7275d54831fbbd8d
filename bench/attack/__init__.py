"""Attacks on every border where something from outside comes in; `python -m bench.attack` prints the table.

A module an area. Each has `attack(seed, seconds)`, which feeds odd input to the real code until its time is up and
returns a row for each kind of attack. The areas in `COUNTED` also take `inputs`, of each kind, however long that takes.
"""

from __future__ import annotations

import itertools
import os
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

COUNTED = ("importers", "manifests", "services", "specs")
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
"""Where files lie that are written anew for every input: a disk makes one wait that cuts a file and fills it again."""
K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Attack:
    """What became of one kind of odd input."""

    area: str
    kind: str
    tried: int
    refused: int
    """Answered by an error of ours, in a sentence."""
    accepted: int
    """Taken as sound, where it may be."""
    tracebacks: int
    """Ended in an exception that is none of ours."""
    silent: int
    """Accepted although it must not be, or answered wrongly."""
    slowest_ms: float

    @classmethod
    def counted(cls, area: str, kind: str, ends: Counter[str], slowest_s: float) -> Attack:
        """Return what became of a kind, of how often it ended `refused`, `accepted`, in a `traceback` or `silent`."""
        return cls(
            area=area,
            kind=kind,
            tried=ends.total(),
            refused=ends["refused"],
            accepted=ends["accepted"],
            tracebacks=ends["traceback"],
            silent=ends["silent"],
            slowest_ms=1_000 * slowest_s,
        )


@dataclass
class Tally:
    """What has become of one kind so far, with the faults in words."""

    tried: int = 0
    refused: int = 0
    accepted: int = 0
    tracebacks: list[str] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)
    slowest_s: float = 0.0


def told(area: str, tallies: Mapping[str, Tally]) -> list[Attack]:
    """Print the first faults of each kind, for whoever mends them, and return the lines of the table."""
    for kind, tally in tallies.items():
        for fault in (*tally.tracebacks[:2], *tally.silent[:2]):
            print(f"{area}, {kind}: {fault}")
    return [
        Attack(
            area=area,
            kind=kind,
            tried=tally.tried,
            refused=tally.refused,
            accepted=tally.accepted,
            tracebacks=len(tally.tracebacks),
            silent=len(tally.silent),
            slowest_ms=1_000 * tally.slowest_s,
        )
        for kind, tally in tallies.items()
    ]


def turns(kinds: Iterable[K], seconds: float, inputs: int) -> Iterator[K]:
    """Yield all kinds in turn, until each has been tried so often and the time is up; each once at least."""
    kinds, until = list(kinds), time.monotonic() + seconds
    for tried in itertools.count():
        if tried and tried >= inputs and time.monotonic() > until:
            return
        yield from kinds
