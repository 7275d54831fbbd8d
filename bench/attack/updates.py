"""A hostile server, thieves of keys, and bundles that are signed and bad, against the updater of a device.

The attacks are those of `deploy/edge/tests/update`. An attack that ends in another code than its own, that changes the
active bundle or leaves something behind counts as silent.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.attack import Attack
from deploy.edge.tests.tiny_bundle import INTENT, Recipe
from deploy.edge.tests.update import attacks, evil
from deploy.edge.tests.update.fleet import GOOD, Fleet, new_fleet
from deploy.edge.tests.update.web import web
from trunkline_edge.errors import HealthFailed
from trunkline_edge.update.agent import Agent
from trunkline_edge.update.download import BoundedFetcher
from trunkline_edge.update.remote import RemoteSource

Try = Callable[[Fleet], str | None]
"""Attacks a fleet whose device has a bundle; returns what went wrong for the device, or None."""


def attack(seed: int, seconds: float) -> list[Attack]:
    """Try every attack once, then all again until the time is up; prints what went wrong. `seed` changes nothing."""
    end = time.monotonic() + seconds
    tried: dict[str, list[tuple[float, bool, bool]]] = {kind: [] for kind in KINDS}
    while True:
        for kind, attempt in KINDS.items():
            if tried[kind] and time.monotonic() >= end:
                return [_row(kind, results) for kind, results in tried.items()]
            with TemporaryDirectory() as folder:
                fleet = new_fleet(Path(folder))
                fleet.release(GOOD)
                fleet.agent().check()
                begun = time.monotonic()
                try:
                    fault, is_traceback = attempt(fleet), False
                except Exception as error:
                    fault, is_traceback = f"{type(error).__name__}: {error}", True
                if fault:
                    print(f"updates, {kind}: {fault[:500]}")
                tried[kind].append((time.monotonic() - begun, fault is not None, is_traceback))


def _row(kind: str, results: list[tuple[float, bool, bool]]) -> Attack:
    tracebacks = sum(is_traceback for _, _, is_traceback in results)
    faults = sum(is_fault for _, is_fault, _ in results)
    return Attack(
        area="updates",
        kind=kind,
        tried=len(results),
        refused=len(results) - faults,
        accepted=0,
        tracebacks=tracebacks,
        silent=faults - tracebacks,
        slowest_ms=max(seconds for seconds, _, _ in results) * 1000,
    )


def _by_mirror(what: attacks.Attack) -> Try:
    def attempt(fleet: Fleet) -> str | None:
        what.do(fleet)
        return attacks.refused(fleet, fleet.agent(), what.code)

    return attempt


def _by_web(what: attacks.Serve, code: str) -> Try:
    def attempt(fleet: Fleet) -> str | None:
        with web(fleet.repository.folder) as (url, instead):
            instead[attacks.TIMESTAMP] = what
            source = RemoteSource(url, fleet.root, fleet.home, "tiny", "stable", fetcher=BoundedFetcher(timeout_s=1))
            return attacks.refused(fleet, Agent(fleet.home, source), code)

    return attempt


def _by_bundle(graph: bytes, failure: type[HealthFailed]) -> Try:
    def attempt(fleet: Fleet) -> str | None:
        fleet.release(Recipe(replaced={INTENT.file: graph}))
        return attacks.refused(fleet, fleet.agent(limits=evil.limits_for(failure)), failure.code)

    return attempt


KINDS: dict[str, Try] = {
    **{f"{each.name} -> {each.code}": _by_mirror(each) for each in attacks.ATTACKS},
    **{f"{name} -> {code}": _by_web(what, code) for name, (what, code) in attacks.WEB.items()},
    **{
        f"bundle signed and bad: {name} -> {kind.code}": _by_bundle(graph, kind)
        for name, (graph, kind) in evil.EVIL.items()
    },
}
