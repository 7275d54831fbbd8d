"""The way back: at a start after a crash, or when a bundle proves bad after all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from trunkline_edge.bundle.manifest import Manifest
from trunkline_edge.bundle.store import State, add_bundle
from trunkline_edge.errors import BootCorrupt, BundleInvalid, InputRefused, ProbationFailed
from trunkline_edge.update.decisions import MAX_ATTEMPTS
from trunkline_edge.update.home import is_whole, locked, remove_parts, state_of, write_state
from trunkline_edge.update.progress import Outcome, Progress, read_progress, write_progress

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def packaged_factory() -> Path | None:
    """Return the folder of the bundle that a maker has put into this package, if there is one."""
    folder = Path(__file__).parents[1] / "factory"
    return folder if (folder / "manifest.json").is_file() else None


def this_start() -> str | None:
    """Return what names this start of the machine; None where its kernel does not tell."""
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return None


def boot(home: Path, factory: Path | None = None, start: str | None = None) -> Outcome:
    """Mend, for the start of a device; a bundle on probation with which it starts again and again gives way.

    start: as `this_start` has it. One that was counted is not counted again: an updater that is started again says
    nothing of the bundle. None: each is another.
    """
    with locked(home):
        progress, state = read_progress(home), state_of(home)
        is_trying = progress.trying is not None and progress.trying == state.active
        is_counted = start is not None and start == progress.start
        # Where one is being tested, that may be to blame.
        if is_trying and not is_counted and progress.testing is None:
            progress = replace(progress, attempts=progress.attempts + 1, start=start)
            write_progress(home, progress)
            if progress.attempts > MAX_ATTEMPTS:
                return step_back(home, progress, state, f"started {progress.attempts} times on probation", factory)
        return _mend(home, factory)


def mend(home: Path, factory: Path | None = None) -> Outcome:
    """Put right what a crash or a worn card has left, before anything opens a bundle.

    factory: folder of a bundle to fall back on, and to begin with. Raises `BootCorrupt` when no bundle here is whole;
    the next check fetches what is missing.
    """
    with locked(home):
        return _mend(home, factory)


def _mend(home: Path, factory: Path | None) -> Outcome:
    remove_parts(home)
    state, is_fresh = state_of(home), not (home / "state.json").exists()
    if (back := finish_step_back(home, read_progress(home), state, factory)) is not None:
        return back
    if state.active is not None and is_whole(home, state.active):
        return Outcome("kept", state, f"bundle {state.active[:12]} is whole")
    if is_fresh and factory is None:
        return Outcome("kept", state, "nothing is installed yet")
    back = _fall_back(home, state, factory)
    return replace(back, did="installed") if is_fresh else replace(back, code=BootCorrupt.code)


def reject(home: Path, reason: str, factory: Path | None = None) -> Outcome:
    """Return to the bundle before the active one, which is never tried again.

    For whoever runs bundles and sees this one fail. Where there is nothing whole to return to, raises `InputRefused`
    and changes nothing: the only bundle must not be marked as one never to be tried again.
    """
    with locked(home):
        state = state_of(home)
        if state.active and factory is None and not (state.previous and is_whole(home, state.previous)):
            raise InputRefused(f"{home}: no other whole bundle is here to go back to; nothing was changed")
        return step_back(home, read_progress(home), state, reason, factory)


def step_back(home: Path, progress: Progress, state: State, reason: str, factory: Path | None) -> Outcome:
    """Do as `reject`, under a lock that is held already.

    Where there is nothing whole to return to, the bundle stays and is on probation no more; raises `BootCorrupt`.
    """
    if state.active is None:
        raise ProbationFailed("no bundle is active, so none can be rejected")
    told = f"bundle {state.active[:12]}: {reason}"
    try:
        back, where = _way_back(home, state, factory)
    except BootCorrupt as error:
        write_progress(home, replace(progress, trying=None, attempts=0))
        raise BootCorrupt(f"{told}; it stays: {error}") from error
    failed = {**progress.failed, state.active: ProbationFailed.code}
    # First, so that a crash in between cannot bring it back.
    write_progress(home, replace(progress, trying=None, attempts=0, failed=failed, code=ProbationFailed.code))
    write_state(home, back)
    return Outcome("returned", back, f"{told}; {where}", code=ProbationFailed.code)


def finish_step_back(home: Path, progress: Progress, state: State, factory: Path | None) -> Outcome | None:
    """Leave a bundle that was rejected just before somebody died; None where there is none, or nothing to go to."""
    if state.active is None or state.active not in progress.failed:
        return None
    try:
        back = _fall_back(home, state, factory)
    except BootCorrupt:
        return None  # better one that was rejected than none
    return replace(back, code=ProbationFailed.code)


def _fall_back(home: Path, state: State, factory: Path | None) -> Outcome:
    """Make the bundle before active, else the factory's."""
    back, where = _way_back(home, state, factory)
    write_state(home, back)
    return Outcome("returned", back, where)


def _way_back(home: Path, state: State, factory: Path | None) -> tuple[State, str]:
    """Return what would be active with the bundle before, else the factory's, and what to say of it.

    Raises `BootCorrupt` where neither is whole. The factory's files are in the store then, and nothing else is changed.
    """
    if state.previous is not None and is_whole(home, state.previous):
        return State(active=state.previous), f"back to bundle {state.previous[:12]}"
    if factory is None:
        raise BootCorrupt(f"{home}: no other bundle is whole, and no factory bundle was given; run an update")
    was_whole = state.active is not None and is_whole(home, state.active)
    try:
        manifest = Manifest.from_bytes((factory / "manifest.json").read_bytes())
        add_bundle(home, manifest, lambda entry: factory / entry.name)
    except (BundleInvalid, FileNotFoundError) as error:
        raise BootCorrupt(f"{home}: no bundle is whole, nor is the factory's: {error}; run an update") from error
    if manifest.bundle_id == state.active and was_whole:
        raise BootCorrupt(f"{home}: the factory bundle is the one to leave, and there is no other; run an update")
    return State(active=manifest.bundle_id), f"back to the factory bundle {manifest.bundle_id[:12]}"
