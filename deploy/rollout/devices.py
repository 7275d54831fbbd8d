"""A simulated fleet: ten thousand devices as arrays, most of them well."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

CPUS = {"cortex-a76": 0.6, "cortex-a72": 0.38, "bad int8 kernel": 0.02}
"""Kinds of devices and their shares. The last one answers wrongly with int8 graphs."""
CHECK_HOURS = 6
NOWHERE = -1


@dataclass
class Devices:
    """The state of all devices, an array a field."""

    ids: list[str]
    cpu: np.ndarray
    speed: np.ndarray
    """Bytes an hour."""
    free: np.ndarray
    """Bytes; of a full disk none until `room_at`."""
    room_at: np.ndarray
    skew: np.ndarray
    """Hours by which a clock is wrong, until `right_at`."""
    right_at: np.ndarray
    off_until: np.ndarray
    next_check: np.ndarray
    usual: np.ndarray
    """Share of utterances that a household has rejected."""
    per_hour: np.ndarray
    """Utterances."""
    active: np.ndarray
    is_other: np.ndarray
    """Does it run the other precision of `active`?"""
    prefers_other: np.ndarray
    has_compared: np.ndarray
    """Has it tried a bundle in both precisions?"""
    previous: np.ndarray
    trying: np.ndarray
    since: np.ndarray
    """Hour in which the bundle on probation became active."""
    fetching: np.ndarray
    done_at: np.ndarray
    seen: np.ndarray
    settled: np.ndarray
    """Sequence of the pointer that the device has dealt with."""
    has_failed: np.ndarray
    """Shape: (devices, releases)."""
    failed: list[dict[str, str]] = field(repr=False)
    """The same as the agent has it: bundle id -> code."""

    @classmethod
    def drawn(cls, count: int, releases: int, rng: np.random.Generator) -> Devices:
        """Draw a fleet: most are well, some are slow, full, late, early, or seldom there."""

        def some(share: float) -> np.ndarray:
            return rng.random(count) < share

        def soon_or_never(mask: np.ndarray, never: float) -> np.ndarray:
            return np.where(mask, np.where(some(never), np.inf, rng.uniform(0, 1_500, count)), 0.0)

        skewed = some(0.02)
        skew = np.where(skewed, np.where(some(0.5), -500 * 24.0, 400 * 24.0), 0.0)
        skew = np.where(some(0.1) & ~skewed, rng.uniform(-0.9, 0.9, count), skew)  # within what is allowed
        full = some(0.02)
        per_hour = rng.gamma(2.0, 0.5, count) + 0.05
        off = np.where(some(0.04), rng.uniform(24, 1_500, count), 0.0)  # away for weeks
        return cls(
            ids=[f"{number:032x}" for number in rng.integers(1, 2**63, count)],
            cpu=rng.choice(len(CPUS), count, p=list(CPUS.values())),
            speed=np.where(some(0.05), 20e6, 4e9),
            free=np.full(count, 500e6),
            room_at=soon_or_never(full, 0.3),
            skew=skew,
            right_at=soon_or_never(skewed, 0.3),
            off_until=np.where(some(0.005), np.inf, off),
            next_check=rng.uniform(0, CHECK_HOURS, count),
            usual=np.minimum(1.0, rng.beta(1.0, 11.5, count) * 1.5 / (0.5 + per_hour)),  # who talks more is understood
            per_hour=per_hour,
            active=np.zeros(count, int),
            is_other=np.zeros(count, bool),
            prefers_other=np.zeros(count, bool),
            has_compared=np.zeros(count, bool),
            previous=np.full(count, NOWHERE),
            trying=np.full(count, NOWHERE),
            since=np.zeros(count),
            fetching=np.full(count, NOWHERE),
            done_at=np.zeros(count),
            seen=np.zeros(count, int),
            settled=np.zeros(count, int),
            has_failed=np.zeros((count, releases), bool),
            failed=[{} for _ in range(count)],
        )
