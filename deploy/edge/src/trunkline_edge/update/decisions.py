"""What an updater decides, as functions of what it knows: no disk, no network, no clock of their own."""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from trunkline_edge.errors import ClockWrong, ContentRefused, RolledBack, UpdateFailed
from trunkline_edge.update.served import Served

MAX_POINTER_BYTES = 16_384  # bytes
RELEASED = datetime(2026, 11, 1, tzinfo=UTC)
"""No right clock shows a time before this version of the package was written. Moved on with every release."""
CLOCK_SLACK = timedelta(hours=1)
"""Clocks of server and device may differ by so much."""
MAX_ATTEMPTS = 2
"""A bundle whose test was cut short more often, or that the device started with more often while on probation, is taken
for what makes it die."""
MIN_SERVED = 20
"""Answers before shares mean anything."""
MAX_FAILED = 0.1
"""Share of requests that a bundle on probation may leave without an answer."""
MAX_MORE_REJECTED = 0.35
"""By which the share of rejected utterances may rise. Two bundles that reject three in ten alike differ by more in 6 of
1,000 trials with 20 answers each, and in one with 200 of the one before."""
QUICKER = 0.8
"""Of the median time of an answer. Two measurements of one bundle differ by less, but on a device that is very busy."""
BUCKETS = 10_000
"""Each device falls into one of so many, anew for each rollout; 100 of them are one device in a hundred."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_BUNDLE_ID = re.compile(r"[0-9a-f]{64}")
_ROLLOUT_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")


@dataclass(frozen=True, slots=True)
class Rollout:
    """A candidate that some of a channel's devices run while the others stay with the pointer's own bundle."""

    id: str
    """Names the rollout, and shuffles: which devices go first is another draw in each."""
    buckets: int
    """Devices whose bucket is below this run the candidate."""
    bundle_id: str
    version: int
    otherwise: str | None = None
    """As of a pointer."""


@dataclass(frozen=True, slots=True)
class Pointer:
    """What a channel says of a product: which bundle its devices run."""

    product: str
    bundle_id: str
    version: int
    """Of the registry; for people."""
    sequence: int
    """Grows with every move of the channel, also with one back to an older bundle."""
    rollout: Rollout | None = None
    """Without one, all devices run `bundle_id`; so does a device whose version of this package knows of none."""
    otherwise: str | None = None
    """The same net in another precision: for devices on which `bundle_id` fails, or is slower."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do about a pointer."""

    install: bool
    reason: str


def pointer_from(raw: bytes, product: str) -> Pointer:
    """Read a pointer of this product; raises `ContentRefused`."""
    try:
        value = json.loads(raw[: MAX_POINTER_BYTES + 1])
        pointer = Pointer(
            value["product"],
            value["bundle_id"],
            value["version"],
            value["sequence"],
            _rollout_of(value),
            value.get("otherwise"),
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ContentRefused(f"channel pointer cannot be read: {type(error).__name__}: {error}") from None
    rollout = pointer.rollout
    others = [each.otherwise for each in (pointer, rollout) if each is not None and each.otherwise is not None]
    for bundle_id in (pointer.bundle_id, *([rollout.bundle_id] if rollout else []), *others):
        if not (isinstance(bundle_id, str) and is_bundle_id(bundle_id)):
            raise ContentRefused(f"channel pointer names no bundle id: {str(bundle_id)[:80]!r}")
    for number in (pointer.version, pointer.sequence, *([rollout.version, rollout.buckets] if rollout else [])):
        if type(number) is not int or number < 1:
            raise ContentRefused(f"channel pointer: {str(number)[:80]!r} is no whole number above 0")
    if rollout and not (isinstance(rollout.id, str) and _ROLLOUT_ID.fullmatch(rollout.id)):
        raise ContentRefused(f"channel pointer: {str(rollout.id)[:80]!r} is no name of a rollout")
    if pointer.product != product:
        raise ContentRefused(
            f"channel pointer is of product {str(pointer.product)[:80]!r}, this device runs {product!r}"
        )
    return pointer


def is_bundle_id(text: str) -> bool:
    """Can this be the sha256 that names a bundle?"""
    return _BUNDLE_ID.fullmatch(text) is not None


def _rollout_of(value: Mapping[str, Any]) -> Rollout | None:
    staged = value.get("rollout")
    if staged is None:
        return None
    return Rollout(staged["id"], staged["buckets"], staged["bundle_id"], staged["version"], staged.get("otherwise"))


def bucket(rollout_id: str, device: str) -> int:
    """Return the bucket of a device in a rollout, from 0: evenly spread, and never another one later."""
    digest = hashlib.sha256(f"{rollout_id}:{device}".encode()).digest()
    return int.from_bytes(digest[:8]) % BUCKETS


def assigned(pointer: Pointer, device: str, failed: Mapping[str, str], *, prefers_other: bool = False) -> Pointer:
    """Return the pointer as it stands for one device, with no rollout in it any more.

    The candidate goes to the devices whose turn it is; one on which it has failed runs what all the others do. Of a
    bundle in two precisions the first is meant, or the other one where the first has failed its test or
    `prefers_other`; `otherwise` is then the one that is left. One that is lost is named by what failed.
    """
    rollout = pointer.rollout
    if rollout is not None and bucket(rollout.id, device) < rollout.buckets and not is_lost(rollout, failed):
        pointer = replace(pointer, bundle_id=rollout.bundle_id, version=rollout.version, otherwise=rollout.otherwise)
    pointer = replace(pointer, rollout=None)
    if is_lost(pointer, failed):
        bad = next(each for each in precisions_of(pointer) if each in failed)
        return replace(pointer, bundle_id=bad, otherwise=None)
    if pointer.otherwise is None or pointer.otherwise in failed:
        return pointer
    if prefers_other or pointer.bundle_id in failed:
        return replace(pointer, bundle_id=pointer.otherwise, otherwise=pointer.bundle_id)
    return pointer


def precisions_of(offer: Pointer | Rollout) -> tuple[str, ...]:
    """Return the bundle that is offered, in each of its precisions."""
    return (offer.bundle_id,) if offer.otherwise is None else (offer.bundle_id, offer.otherwise)


def is_lost(offer: Pointer | Rollout, failed: Mapping[str, str]) -> bool:
    """Has a bundle failed its test in every precision, or proved bad in service in one? The net is the same in both."""
    codes = [failed.get(each) for each in precisions_of(offer)]
    return None not in codes or any(code is not None and not code.startswith("health.") for code in codes)


def is_quicker(other_ms: float, first_ms: float) -> bool:
    """Is a bundle's other precision so much quicker on this device that it is worth its bytes?"""
    return other_ms < QUICKER * first_ms


def decide(pointer: Pointer, *, active: str | None, failed: Mapping[str, str], seen: int) -> Decision:
    """Say whether to install what a pointer names, as `assigned` gives it.

    failed: bundle id -> code of those that this device has tried. seen: highest sequence met so far. Raises
    `RolledBack` when the pointer is older than one met before, however well it is signed.
    """
    if pointer.sequence < seen:
        raise RolledBack(f"channel pointer has sequence {pointer.sequence}; this device has seen {seen}")
    name = f"bundle {pointer.bundle_id[:12]}"
    if pointer.bundle_id == active:
        return Decision(False, f"{name} is active already")
    if (code := failed.get(pointer.bundle_id)) is not None:
        return Decision(False, f"{name} failed on this device before ({code}) and is not tried again")
    return Decision(True, f"{name} is new")


def check_clock(now: datetime, known: datetime) -> None:
    """Raise `ClockWrong` when `now` is before the package was released or before the newest metadata was signed."""
    past = max(RELEASED, known)
    if now < past - CLOCK_SLACK:
        raise ClockWrong(
            f"this device's clock says {now:%Y-%m-%d %H:%M}, but it was {past:%Y-%m-%d %H:%M} before; set the clock "
            "(a Raspberry Pi has none that runs without power: let it reach a time server)"
        )


def is_over(since: datetime, now: datetime, probation: timedelta) -> bool:
    """Has a bundle that became active at `since` stood its probation?"""
    return now - since >= probation


def fault_in_service(served: Served, before: Served | None) -> str | None:
    """Return why a bundle on probation must give way by what it has served so far, or None.

    before: what the bundle before it has served; where that is little, rejections are not judged.
    """
    if served.is_refused:
        return "the service could not load it"
    if served.deaths > MAX_ATTEMPTS:
        return f"the service died {served.deaths} times with it"
    if served.answered < MIN_SERVED:
        return None
    if served.failed > MAX_FAILED * served.answered:
        return f"{served.failed} of {served.answered} requests failed"
    if before is None or before.answered < MIN_SERVED:
        return None
    share, usual = served.rejected / served.answered, before.rejected / before.answered
    if share > usual + MAX_MORE_REJECTED:
        return f"{share:.0%} of {served.answered} utterances were rejected, {usual:.0%} with the bundle before"
    return None


def wait_s(interval_s: float, failures: int, error: Exception | None, chance: random.Random) -> float:
    """Return seconds until the next check: the interval give or take a tenth, sooner while a failure may pass.

    After failures in a row 1, 2, 4 … minutes, never more than the interval or 6 hours; spread over half, so that a
    fleet does not come back all at once.
    """
    if isinstance(error, UpdateFailed) and error.is_passing:
        return min(interval_s, 6 * 3600, 60 * 2.0 ** min(failures - 1, 20)) * chance.uniform(0.5, 1)
    return interval_s * chance.uniform(0.9, 1.1)


def checked_name(kind: str, name: str) -> str:
    """Return a product's or channel's name; raises `ValueError` where it is more than a part of a path."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"{kind} {name!r}: expected letters, digits, `-` and `_`, at most 64")
    return name
