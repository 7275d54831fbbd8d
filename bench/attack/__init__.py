"""Attacks on every border where something from outside comes in; `python -m bench.attack` prints the table.

A module an area. Each has `attack(seed, seconds)`, which feeds odd input to the real code until its time is up and
returns a row for each kind of attack.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass


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
