"""The install: look, fetch what is missing, test, switch, stand a probation, commit; or step back.

At every moment `state.json` names a bundle whose files are whole. What is written when:

    store/<sha256>.part     a file on its way; renamed when its bytes are known to be right
    bundles/<id>.json       after its files
    update.json             `testing`: before the test; `trying`, `since` and `until`: before the switch
    state.json              the switch itself, and the way back
    update.json             `trying` gone: committed. `failed`: before the way back, so that it is never tried again
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from trunkline_edge.bundle.manifest import FileEntry, Manifest
from trunkline_edge.bundle.store import State, add_bundle, located_in
from trunkline_edge.errors import (
    ContentRefused,
    Crashed,
    HealthFailed,
    Interrupted,
    NoSpace,
    RequirementUnmet,
    UpdateFailed,
)
from trunkline_edge.update.decisions import (
    MAX_ATTEMPTS,
    Pointer,
    assigned,
    check_clock,
    decide,
    fault_in_service,
    is_over,
    is_quicker,
)
from trunkline_edge.update.health import Health, Limits, check_health
from trunkline_edge.update.home import (
    clear_away,
    locked,
    missing_files,
    no_room,
    place,
    remove_parts,
    state_of,
    write_state,
)
from trunkline_edge.update.progress import NEVER, Outcome, Progress, read_progress, write_progress
from trunkline_edge.update.recovery import finish_step_back, step_back, this_start
from trunkline_edge.update.report import device_id, onnxruntime_release
from trunkline_edge.update.served import Served, read_served
from trunkline_edge.update.source import Source

SPARE_BYTES = 20_000_000  # bytes that stay free


def utc_now() -> datetime:
    """Return the time with its zone."""
    return datetime.now(UTC)


class Agent:
    """The updater of one home and channel."""

    def __init__(
        self,
        home: Path,
        source: Source,
        *,
        limits: Limits = Limits(),  # noqa: B008  (frozen)
        probation: timedelta = timedelta(0),
        factory: Path | None = None,
        now: Callable[[], datetime] = utc_now,
        tests_again: bool = False,
    ) -> None:
        """Make one; where `tests_again`, as a person wants it, a bundle that failed its test here is tested once more.

        One that proved bad in service stays refused.
        """
        self.home, self.source, self.factory = home, source, factory
        self.limits, self.probation, self.now, self.tests_again = limits, probation, now, tests_again

    def watch(self) -> Outcome | None:
        """End the probation of the active bundle if its time has come, for good or bad; asks no server.

        Returns None while there is nothing to say. Raises `BootCorrupt` where the bundle is bad and no other is whole.
        """
        with locked(self.home):
            return self._watch()

    def _watch(self) -> Outcome | None:
        state, progress, now = state_of(self.home), read_progress(self.home), self.now()
        if (back := finish_step_back(self.home, progress, state, self.factory)) is not None:
            return back
        if progress.trying is None or progress.trying != state.active:
            return None
        served = read_served(self.home)
        if state.active in served:
            since = served[state.active].after(progress.counted)
            fault = fault_in_service(since, served.get(state.previous or ""))
            if fault is not None:
                return step_back(self.home, progress, state, fault, self.factory)
        if is_over(progress.since, now, self.probation):
            write_progress(self.home, replace(progress, trying=None, attempts=0))
            return Outcome("committed", state, f"bundle {state.active[:12]} has stood its probation")
        if progress.since > now:  # the clock was set back
            write_progress(self.home, replace(progress, since=now, until=now + self.probation))
        return None

    def check(self) -> Outcome:
        """Look once and install what is new; raises `UpdateFailed` or `RequirementUnmet` and leaves all as it was."""
        with locked(self.home):
            try:
                outcome = self._check()
            except OSError as error:
                remove_parts(self.home)
                if (full := no_room(self.home, error)) is None:
                    raise
                raise full from error
            except (UpdateFailed, RequirementUnmet) as error:
                remove_parts(self.home)
                self._remember(error.code)
                raise
            self._remember(outcome.code)
            clear_away(self.home, outcome.state)
            return outcome

    def _check(self) -> Outcome:
        begun = time.monotonic()
        remove_parts(self.home)
        stood = self._watch()
        if stood is not None and stood.did == "returned":
            return stood
        state, progress = state_of(self.home), read_progress(self.home)
        if self.source.is_signed:
            check_clock(self.now(), NEVER)
        offered, prefers_other = self.source.pointer(), progress.prefers_other.get(onnxruntime_release() or "", False)
        if self.tests_again and progress.failed.get(offered.bundle_id, "").startswith("health."):
            others = {each: code for each, code in progress.failed.items() if each != offered.bundle_id}
            progress = replace(progress, failed=others)
        pointer = assigned(offered, device_id(self.home), progress.failed, prefers_other=prefers_other)
        # Not the latest ever met: a desk whose clock was wrong signs anew, and no device may be left behind.
        # What is older than what was met, the TUF client refuses by its version.
        progress = replace(progress, known=self.source.issued() or progress.known, checked=self.now())
        write_progress(self.home, progress)
        if self.source.is_signed:
            check_clock(self.now(), progress.known)
        decision = decide(
            pointer, active=state.active, failed=progress.failed, seen=progress.seen.get(self.source.origin, 0)
        )
        progress = replace(progress, seen={**progress.seen, self.source.origin: pointer.sequence})
        write_progress(self.home, progress)
        if not decision.install and pointer.bundle_id != state.active:
            return Outcome("kept", state, decision.reason, seconds=time.monotonic() - begun)
        fetched = self._stage(pointer.bundle_id, pointer.product)
        took = Outcome(
            "repaired" if fetched else "kept",
            state,
            decision.reason,
            fetched=tuple(entry.name for entry in fetched),
            bytes=sum(entry.length for entry in fetched),
        )
        if decision.install:
            try:
                took = replace(took, did="installed", health=self._try(progress, pointer.bundle_id))
            except HealthFailed:
                if pointer.otherwise in (None, *progress.failed):
                    raise
                return self._check()  # now that this precision has failed, the other one is meant
            chosen = pointer.bundle_id
            if pointer.otherwise is not None:
                is_other = pointer.bundle_id in (offered.otherwise, offered.rollout and offered.rollout.otherwise)
                chosen, progress, took = self._chosen(pointer, pointer.otherwise, is_other, progress, took)
            took = replace(took, state=self._switch(progress, state, chosen))
        return replace(took, seconds=time.monotonic() - begun)

    def _stage(self, bundle_id: str, product: str) -> list[FileEntry]:
        """Bring a bundle's files and manifest here; returns the files that were missing."""
        manifest = self.source.manifest(bundle_id)
        if manifest.is_skill:
            raise ContentRefused(f"{manifest.product} is a skill and no bundle; `trunkline-edge skill add` takes it")
        if manifest.product != product:
            raise ContentRefused(f"bundle {bundle_id[:12]} is of product {manifest.product!r}, not {product!r}")
        if release := onnxruntime_release():  # of a build that pip knows nothing of, the test will tell
            manifest.requires.check_onnxruntime(release)
        missing = missing_files(self.home, manifest)
        store = self.home / "store"
        store.mkdir(parents=True, exist_ok=True)
        if missing and _needed(manifest, missing) > shutil.disk_usage(store).free:
            clear_away(self.home, state_of(self.home))  # what a bundle that failed has left
            missing = missing_files(self.home, manifest)
        needed, free = _needed(manifest, missing), shutil.disk_usage(store).free
        if missing and needed > free:
            raise NoSpace(f"{self.home}: {needed:,} bytes are needed, {free:,} are free; make room on this device")
        for entry in missing:
            part = store / f"{entry.sha256}.part"
            self.source.fetch(entry, part)
            place(part, store / entry.sha256)
        add_bundle(self.home, manifest, located_in(self.home))
        return missing

    def _try(self, progress: Progress, bundle_id: str) -> Health:
        """Test a bundle. Its name is written down before, so that one which takes the device down is found out."""
        tests = progress.tests + 1 if progress.testing == bundle_id else 1
        write_progress(self.home, replace(progress, testing=bundle_id, tests=tests))
        progress = replace(progress, testing=None, tests=0)
        try:
            if tests > MAX_ATTEMPTS:
                raise Crashed(f"bundle {bundle_id[:12]}: its test was cut short {tests - 1} times")
            health = check_health(self.home, bundle_id, self.limits)
        except HealthFailed as error:
            write_progress(self.home, replace(progress, failed={**progress.failed, bundle_id: error.code}))
            raise
        except (RequirementUnmet, Interrupted, KeyboardInterrupt):
            write_progress(self.home, progress)
            raise
        return health

    def _chosen(
        self, pointer: Pointer, other: str, is_other: bool, progress: Progress, took: Outcome
    ) -> tuple[str, Progress, Outcome]:
        """Return which of two precisions this device takes, the first of which has passed its test.

        Both are tried once with each release of onnxruntime; what is remembered then spares the bytes of the other.
        """
        release, first = onnxruntime_release() or "", took.health
        assert first is not None  # it has passed
        if other in progress.failed:
            return (
                pointer.bundle_id,
                replace(progress, prefers_other={**progress.prefers_other, release: is_other}),
                took,
            )
        if release in progress.prefers_other:
            return pointer.bundle_id, progress, took
        try:
            fetched = self._stage(other, pointer.product)
            health = self._try(progress, other)
            is_better = is_quicker(health.p50_ms, first.p50_ms)
        except HealthFailed:
            fetched, is_better = [], False
        except (UpdateFailed, RequirementUnmet):
            return pointer.bundle_id, progress, took  # not now; the next bundle will ask again
        progress = read_progress(self.home)
        progress = replace(progress, prefers_other={**progress.prefers_other, release: is_better != is_other})
        took = replace(
            took,
            fetched=(*took.fetched, *(entry.name for entry in fetched)),
            bytes=took.bytes + sum(entry.length for entry in fetched),
        )
        if not is_better:
            return pointer.bundle_id, progress, took
        reason = f"bundle {other[:12]} is new ({pointer.bundle_id[:12]} in another precision)"
        return other, progress, replace(took, reason=reason, health=health)

    def _switch(self, progress: Progress, before: State, bundle_id: str) -> State:
        """Make a bundle active, on probation if there is one."""
        state, now = State(active=bundle_id, previous=before.active), self.now()
        if progress.trying == before.active and before.previous not in (None, bundle_id):
            # The active one has yet to stand its probation; the one before it has, and is kept to go back to.
            state = replace(state, previous=before.previous)
        progress = replace(
            progress,
            trying=bundle_id,
            since=now,
            until=now + self.probation,
            attempts=0,
            start=this_start(),
            counted=read_served(self.home).get(bundle_id, Served()).counts,
            testing=None,
            tests=0,
        )
        write_progress(self.home, progress)
        write_state(self.home, state)
        if not self.probation:
            write_progress(self.home, replace(progress, trying=None))
        return state

    def _remember(self, code: str | None) -> None:
        with suppress(OSError):  # on a full disk there is something else to say
            write_progress(self.home, replace(read_progress(self.home), code=code))


def _needed(manifest: Manifest, missing: list[FileEntry]) -> int:
    """Return the bytes that must be free; what is here already counts."""
    lacking = sum(entry.length for entry in missing)
    return max(lacking, manifest.requires.free_bytes - (manifest.size_bytes - lacking)) + SPARE_BYTES
