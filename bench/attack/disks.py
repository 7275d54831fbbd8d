"""A disk that is full at every place where a command writes: real commands in small file systems in memory.

A file system of its own size for each place: so many pages of room beyond what lies in the home already, or room for so
many more files. From none at all to enough, in an order that the seed draws. A retrain, which takes longer, is tried
with the disk full somewhere in each of its steps. After each attempt there is room again, and the same command must do
its work and leave no half file.

Needs root, to mount.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.attack import Attack, Tally, told
from bench.attack.machines import AMPLE, SPEC, TRUNKLINE, Ran, ended, environment, missing, mounted, run
from deploy.edge.tests.update.fleet import GOOD, NEXT, Fleet, new_fleet
from deploy.edge.tests.update.web import web

SHARE = 3
"""This area's time, as a multiple of others': its commands take seconds."""
PAGE = 4096  # bytes
DEVICE = "import sys; import trunkline_edge.update.agent as agent; agent.SPARE_BYTES = -agent.SPARE_BYTES; "
DEVICE += "from trunkline_edge.cli import main; sys.exit(main(sys.argv[1:]))"
"""A device looks at the room that is left before it fetches, and refuses what would not fit: here it looks in vain, as
if another program took the room after that."""
DAEMON_S = 6.0
NAMES = '{"room": [{"id": "den", "names": ["den", "the den"]}, {"id": "hall", "names": ["hall"]}]}'


@dataclass(frozen=True)
class AttackedCommand:
    """A command and the home that it finds."""

    home: Path
    """Copied for every attempt."""
    start: Callable[[Path], subprocess.Popen[str]]
    """Starts it on a copy."""
    for_s: float | None = None
    """After which it is told to end; None where it ends by itself."""
    is_repeatable: bool = True
    """May be run again where it has done its work."""

    def on(self, home: Path) -> Ran:
        child = self.start(home)
        if self.for_s is not None:
            try:
                child.wait(self.for_s)
            except subprocess.TimeoutExpired:
                child.send_signal(signal.SIGTERM)
        return ended(child)


def attack(seed: int, seconds: float) -> list[Attack]:
    """Fill the disk of every command in turn, and of a retrain after each round, until the time is up."""
    if reason := missing("disk full"):
        print(f"disks: left out, {reason}")
        return []
    rng, tallies = random.Random(seed), dict[str, Tally]()
    with TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        desk = folder / "desk"
        steps = _steps_of_a_retrain(folder, desk)
        places = {
            what: (command, _places(folder, command, rng))
            for what, command in {**_at_a_desk(folder, desk), **_on_a_device(folder, stack)}.items()
        }
        end = time.monotonic() + SHARE * seconds
        retrain = AttackedCommand(folder / "nothing", lambda home: _trunkline(home, "retrain", SPEC))
        for step, (least, most) in _repeated(rng, steps):
            for what, (command, left) in list(places.items()):
                if not left:
                    del places[what]
                elif time.monotonic() < end:
                    _try(folder, command, tallies.setdefault(what, Tally()), **left.pop())
            if time.monotonic() >= end:
                break
            tally = tallies.setdefault(f"retrain, {step}", Tally())
            _try(folder, retrain, tally, pages=rng.randint(least // PAGE, max(least, most - 1) // PAGE))
    return told("disks", tallies)


def _try(
    folder: Path, command: AttackedCommand, tally: Tally, *, pages: int | None = None, files: int | None = None
) -> None:
    """Run a command with so much room, and again with enough."""
    begun = time.monotonic()
    with _copy(folder, command.home) as (home, remount):
        used = os.statvfs(home)
        size = AMPLE if pages is None else (used.f_blocks - used.f_bfree + pages) * PAGE
        inodes = 0 if files is None else used.f_files - used.f_ffree + files
        remount(f"size={max(PAGE, size)},nr_inodes={inodes}")
        full = command.on(home)
        remount(f"size={AMPLE},nr_inodes=0")
        again = command.on(home) if full.returncode or command.is_repeatable else full
        left = [path for path in home.rglob("*.part")]
    where = f"{pages} pages" if files is None else f"{files} files"
    tally.tried += 1
    tally.refused += full.returncode != 0
    tally.accepted += full.returncode == 0
    tally.slowest_s = max(tally.slowest_s, time.monotonic() - begun)
    for each in (full, again):
        if "Traceback (most recent call last)" in each.stderr + each.stdout:
            tally.tracebacks.append(f"room for {where}: {each.stderr[-600:]}")
        elif each.returncode not in (0, 1) or (each.returncode and "trunkline" not in each.stderr):
            tally.silent.append(f"room for {where}: ended with {each.returncode} and {each.stderr[-300:]!r}")
    if again.returncode != 0:
        tally.silent.append(f"room for {where}: the next one does not go on: {again.stderr[-400:]}")
    if left:
        tally.silent.append(f"room for {where}: left {[path.name for path in left]}")


@contextmanager
def _copy(folder: Path, home: Path) -> Iterator[tuple[Path, Callable[[str], None]]]:
    with mounted(folder / "mounted", AMPLE) as remount:
        if home.exists():
            shutil.copytree(home, folder / "mounted", symlinks=True, dirs_exist_ok=True)
        yield folder / "mounted", remount


def _places(folder: Path, command: AttackedCommand, rng: random.Random) -> list[dict[str, int]]:
    """Return every room that a command may run out of, shuffled: in pages, and in files."""
    with _copy(folder, command.home) as (home, _):
        before = os.statvfs(home)
        most = [0, 0]
        over = threading.Event()

        def watch() -> None:
            while not over.wait(0.002):
                now = os.statvfs(home)
                for number, taken in enumerate((before.f_bfree - now.f_bfree, before.f_ffree - now.f_ffree)):
                    most[number] = max(most[number], taken)

        watcher = threading.Thread(target=watch)
        watcher.start()
        done = command.on(home)
        over.set()
        watcher.join()
    if done.returncode != 0:
        raise RuntimeError(f"fails where there is room: {done.stderr}")
    pages, files = most
    places = [{"pages": room} for room in range(pages + 2)] + [{"files": room} for room in range(files + 2)]
    rng.shuffle(places)
    return places


# The commands


def _trunkline(home: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*TRUNKLINE, *arguments],
        env=environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _steps_of_a_retrain(folder: Path, desk: Path) -> dict[str, tuple[int, int]]:
    """Retrain in a home, kept as `desk`; returns for each step the bytes taken when the one before and it were done."""
    steps: dict[str, tuple[int, int]] = {}
    with mounted(folder / "mounted", AMPLE):
        home, taken = folder / "mounted", 0
        child = _trunkline(home, "retrain", SPEC)
        while child.poll() is None:
            time.sleep(0.02)
            now = os.statvfs(home)
            used = (now.f_blocks - now.f_bfree) * PAGE
            for path in sorted(home.glob("cache/*/*/finished.json")):
                if path.parts[-3] not in steps:
                    steps[path.parts[-3]], taken = (taken, used), used
        if (done := ended(child)).returncode != 0:
            raise RuntimeError(f"a retrain fails where there is room: {done.stderr}")
        now = os.statvfs(home)
        steps["register"] = (taken, (now.f_blocks - now.f_bfree) * PAGE)
        shutil.copytree(home, desk, symlinks=True)
    return steps


def _repeated(rng: random.Random, steps: dict[str, tuple[int, int]]) -> Iterator[tuple[str, tuple[int, int]]]:
    while True:
        drawn = list(steps.items())
        rng.shuffle(drawn)
        yield from drawn


def _at_a_desk(folder: Path, desk: Path) -> dict[str, AttackedCommand]:
    signed, named = folder / "signed", folder / "named"
    shutil.copytree(desk, signed, symlinks=True)
    _done(run(signed, ("release", "init")))
    shutil.copytree(signed, named, symlinks=True)
    _done(run(named, ("release", "publish", "--product", "tiny")))
    calls: dict[str, tuple[Path, Sequence[str]]] = {
        "release init": (desk, ("release", "init")),
        "release publish": (signed, ("release", "publish", "--product", "tiny")),
        "release promote": (named, ("release", "promote", "stable", "--product", "tiny")),
    }
    commands = {what: AttackedCommand(home, _started(*call)) for what, (home, call) in calls.items()}
    return commands | {
        "pack": AttackedCommand(desk, lambda home: _trunkline(home, "pack", "tiny", str(home / "tiny.tlb")))
    }


def _started(*arguments: str) -> Callable[[Path], subprocess.Popen[str]]:
    return lambda home: _trunkline(home, *arguments)


def _on_a_device(folder: Path, stack: ExitStack) -> dict[str, AttackedCommand]:
    fleet: Fleet = new_fleet(folder)
    url, _ = stack.enter_context(web(fleet.repository.folder))
    root, empty, first, names = folder / "root.json", folder / "empty", folder / "first", folder / "names.json"
    root.write_bytes(fleet.root)
    names.write_text(NAMES)
    fleet.release(GOOD)
    empty.mkdir()
    follow = ("--url", url, "--root", str(root), "--product", "tiny", "--channel", "stable")
    _done(ended(_edge(first, "update", *follow)))
    fleet.release(NEXT)
    second = folder / "second"
    shutil.copytree(first, second)
    _done(ended(_edge(second, "update", *follow)))
    daemon = ("--daemon", "--interval", "3600", "--report-url", "http://127.0.0.1:9/reports")
    return {
        "update, first": AttackedCommand(empty, lambda home: _edge(home, "update", *follow)),
        "update, next": AttackedCommand(first, lambda home: _edge(home, "update", *follow)),
        "update and report": AttackedCommand(first, lambda home: _edge(home, "update", *follow, *daemon), DAEMON_S),
        "rollback": AttackedCommand(second, lambda home: _edge(home, "rollback"), is_repeatable=False),
        "names set": AttackedCommand(first, lambda home: _edge(home, "names", "set", str(names))),
    }


def _edge(home: Path, command: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-P", "-c", DEVICE, command, "--home", str(home), *arguments],
        env=environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _done(ran: Ran) -> None:
    if ran.returncode != 0:
        raise RuntimeError(f"fails where there is room: {ran.stderr}")
