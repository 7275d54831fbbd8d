"""How many cores answer so many requests a second: read off a curve that was measured on one core.

Nothing is fitted. Cores behind a balancer do at least as well as one core each at the same utilisation, since a request
that finds one of them busy may find another free; so what one core shows is on the safe side.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from schemas.errors import UserError


class LatencyNotReached(UserError):
    """No number of cores answers within the time asked for."""


@dataclass(frozen=True)
class Loaded:
    """One service on one core under a load that does not wait for its answers (Poisson arrivals)."""

    per_s: float
    """Requests."""
    p99_ms: float
    """From when a request was due, so that waiting counts."""


@dataclass(frozen=True)
class Capacity:
    """What is needed, and from which measurement it follows."""

    cores: int
    per_core: Loaded


def cores_for(per_s: float, within_ms: float, curve: Sequence[Loaded], spare: int = 1) -> Capacity:
    """Return the cores for `per_s` requests a second with 99 of 100 answers within `within_ms`.

    spare: cores that may be away, while a container is renewed or its machine is down.

    Raises:
        LatencyNotReached: even the lightest load that was measured takes longer.
    """
    fit = [loaded for loaded in curve if loaded.p99_ms <= within_ms]
    if not fit:
        best = min(loaded.p99_ms for loaded in curve)
        raise LatencyNotReached(
            f"p99 within {within_ms:g} ms: {best:.1f} ms were measured at best; allow more, or ship int8 graphs"
        )
    busiest = max(fit, key=lambda loaded: loaded.per_s)
    return Capacity(math.ceil(per_s / busiest.per_s) + spare, busiest)
