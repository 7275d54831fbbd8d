"""Machines that are full, small or odd, and commands that are stopped: real commands on them, then on a sound one.

Each is tried with `trunkline validate` first, which takes seconds, and with a whole retrain while there is time. A
command must end with its work done, or in a sentence and an exit code; the same command must then do its work on a
sound machine. A traceback on the terminal, a command that ends in no time it should, an exit without a word, and a
next command that does not go on are faults. Some kinds need root, or `faketime`, and are left out where they are not.
"""

from __future__ import annotations

import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.attack import Attack, Tally, told

ROOT = Path(__file__).parents[2]
SPEC = str(ROOT / "tests" / "tasks" / "tiny.yaml")
TRUNKLINE = (sys.executable, "-P", "-c", "from flows.cli.app import main; main()")
HANG_S = 900
"""A retrain of the tiny product takes 15 s on two idle cores, of which the servers take most (32 s of processor time).
At low priority on a machine with twenty jobs it took 270 s."""
SHARE = 15
"""Commands take seconds where other areas' inputs take milliseconds: this area's time, as a multiple of theirs."""
AMPLE = 400_000_000  # bytes of a file system that is large enough

Ran = subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class MeasuredCommand:
    """A command that has something to do in a fresh home, and what it takes on this machine."""

    arguments: tuple[str, ...]
    seconds: float
    bytes: int
    """That its home has at the end."""


def attack(seed: int, seconds: float) -> list[Attack]:
    """Go through all kinds, the `seed`-th first, with a light command, and then with retrains, until the time is up."""
    rng = random.Random(seed)
    kinds = list(KINDS.items())
    kinds = kinds[seed % len(kinds) :] + kinds[: seed % len(kinds)]  # a short time reaches only the first ones
    end = time.monotonic() + SHARE * seconds
    tallies: dict[str, Tally] = {}
    with TemporaryDirectory() as name:
        folder = Path(name)
        for work in _works(folder):
            for kind, attempt in kinds:
                if time.monotonic() > end:
                    break
                if reason := missing(kind):
                    print(f"machines, {kind}: left out, {reason}")
                    continue
                title = f"{kind}: {work.arguments[0]}"
                _try(attempt, rng, folder, work, tallies.setdefault(title, Tally()))
            if time.monotonic() > end:
                break
    return told("machines", tallies)


def _works(folder: Path) -> Iterator[MeasuredCommand]:
    """Yield a light command once and then retrains, each measured on the sound machine first."""
    yield _measured(folder, ("validate", SPEC))
    retrain = _measured(folder, ("retrain", SPEC))
    while True:
        yield retrain


def _measured(folder: Path, arguments: tuple[str, ...]) -> MeasuredCommand:
    home = folder / f"sound-{arguments[0]}"
    begun = time.monotonic()
    done = run(home, arguments)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(arguments)} fails on a sound machine: {done.stderr}")
    size = sum(path.stat().st_size for path in home.rglob("*") if path.is_file())
    return MeasuredCommand(arguments, time.monotonic() - begun, size)


Attempt = Callable[[random.Random, Path, MeasuredCommand], Iterator[Ran]]
"""Makes a bad machine and yields how each command on it ended; the last one ran on a sound machine again."""


def _try(attempt: Attempt, rng: random.Random, folder: Path, work: MeasuredCommand, tally: Tally) -> None:
    with TemporaryDirectory(dir=folder) as name:
        tally.tried += 1
        begun = time.monotonic()
        try:
            *bad, sound = attempt(rng, Path(name), work)
        except subprocess.TimeoutExpired as error:
            tally.silent.append(f"no end within {error.timeout:.0f} s: {error.cmd}")
            return
        finally:
            tally.slowest_s = max(tally.slowest_s, time.monotonic() - begun)
        tally.accepted += all(each.returncode == 0 for each in bad)
        tally.refused += any(each.returncode != 0 for each in bad)
        for each in (*bad, sound):
            if "Traceback (most recent call last)" in each.stderr + each.stdout:
                tally.tracebacks.append(each.stderr[-600:])
            elif each.returncode not in (0, -signal.SIGKILL) and "trunkline" not in each.stderr:
                tally.silent.append(f"ended with {each.returncode} and {each.stderr[-200:]!r}")
        if sound.returncode != 0:
            tally.silent.append(f"the next command does not go on: {sound.stderr[-400:]}")


# How commands are run


def environment(home: Path, changes: Mapping[str, str | None] | None = None) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "MLFLOW_", "TRUNKLINE_"))}
    paths = os.pathsep.join((str(ROOT), str(ROOT / "deploy" / "edge" / "src")))
    changed = kept | {"TRUNKLINE_HOME": str(home), "PYTHONPATH": paths} | dict(changes or {})
    return {name: value for name, value in changed.items() if value is not None}


def start(
    home: Path,
    arguments: Sequence[str],
    *,
    changes: Mapping[str, str | None] | None = None,
    under: Sequence[str] = (),
    limits: Mapping[int, int] | None = None,
) -> subprocess.Popen[str]:
    """Start a command: in a changed environment, under another program, with limits of the kernel's."""

    def limit() -> None:
        for what, value in (limits or {}).items():
            resource.setrlimit(what, (value, value))

    return subprocess.Popen(
        [*under, *TRUNKLINE, *arguments],
        cwd=ROOT,
        env=environment(home, changes),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=limit if limits else None,
    )


def ended(child: subprocess.Popen[str]) -> Ran:
    """Wait for a command; raises `TimeoutExpired`, with the command killed, when it does not end."""
    try:
        out, err = child.communicate(timeout=HANG_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.communicate()
        raise
    return subprocess.CompletedProcess(child.args, child.returncode, out, err)


def run(home: Path, arguments: Sequence[str], **options: Any) -> Ran:
    return ended(start(home, arguments, **options))


@contextmanager
def mounted(place: Path, size: int) -> Iterator[Callable[[str], None]]:
    """Mount a file system of `size` bytes in memory; yields what mounts it again with other options."""
    place.mkdir()
    _mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place))
    try:
        yield lambda options: _mount("-o", f"remount,{options}", str(place))
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)
        place.rmdir()


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True, capture_output=True)


def missing(kind: str) -> str:
    """Say what this machine lacks to try a kind; nothing where it can be tried."""
    if kind in NEED_ROOT and (os.geteuid() != 0 or not _may_mount()):
        return "it mounts file systems, which this user may not"
    if kind == "clock set back a day" and shutil.which("faketime") is None:
        return "`faketime` is not installed"
    return ""


def _may_mount() -> bool:
    with TemporaryDirectory() as name:
        try:
            with mounted(Path(name) / "try", 1 << 16):
                return True
        except (subprocess.CalledProcessError, OSError):
            return False


# The machines


def full_disk(rng: random.Random, folder: Path, work: MeasuredCommand) -> Iterator[Ran]:
    """Full at some byte of what the command writes."""
    home = folder / "home"
    with mounted(home, max(4096, int(rng.random() * work.bytes * 1.1))) as remount:
        yield run(home, work.arguments)
        remount(f"size={AMPLE}")
        yield run(home, work.arguments)


def read_only_home(rng: random.Random, folder: Path, work: MeasuredCommand) -> Iterator[Ran]:
    home = folder / "home"
    with mounted(home, AMPLE) as remount:
        remount("ro")
        yield run(home, work.arguments)
        remount("rw")
        yield run(home, work.arguments)


def no_home_variable(rng: random.Random, folder: Path, work: MeasuredCommand) -> Iterator[Ran]:
    yield run(folder / "home", work.arguments, changes={"HOME": None})
    yield run(folder / "home", work.arguments)


def no_shared_memory(rng: random.Random, folder: Path, work: MeasuredCommand) -> Iterator[Ran]:
    mount = 'mount -t tmpfs -o ro,size=4k tmpfs /dev/shm && exec "$@"'
    yield run(folder / "home", work.arguments, under=("unshare", "--mount", "sh", "-c", mount, "sh"))
    yield run(folder / "home", work.arguments)


def few_open_files(rng: random.Random, folder: Path, work: MeasuredCommand) -> Iterator[Ran]:
    yield run(folder / "home", work.arguments, limits={resource.RLIMIT_NOFILE: 64})
    yield run(folder / "home", work.arguments)


def little_address_space(rng: random.Random, folder: Path, work: MeasuredCommand) -> Iterator[Ran]:
    yield run(folder / "home", work.arguments, limits={resource.RLIMIT_AS: 2 << 30})
    yield run(folder / "home", work.arguments)


def clock_set_back(rng: random.Random, folder: Path, work: MeasuredCommand) -> Iterator[Ran]:
    """A home of today, and a command that believes it is yesterday."""
    yield run(folder / "home", work.arguments)
    changed = [*work.arguments, "--set", "train.seed=7"]
    yield run(folder / "home", changed, under=("faketime", "-f", "-1d"))
    yield run(folder / "home", changed)


def stopped_by(number: signal.Signals) -> Attempt:
    def stopped(rng: random.Random, folder: Path, work: MeasuredCommand) -> Iterator[Ran]:
        """At any moment from when Python has read the program: before that it is Python that answers."""
        child = start(folder / "home", work.arguments)
        time.sleep(rng.uniform(1.0, max(1.1, work.seconds)))
        child.send_signal(number)
        yield ended(child)
        yield run(folder / "home", work.arguments)

    return stopped


def two_at_once(rng: random.Random, folder: Path, work: MeasuredCommand) -> Iterator[Ran]:
    both = [start(folder / "home", work.arguments) for _ in range(2)]
    yield from [ended(each) for each in both]
    yield run(folder / "home", work.arguments)


def two_devices(rng: random.Random, folder: Path, work: MeasuredCommand) -> Iterator[Ran]:
    """Two updaters of one device's home, at once; the bundle is the one of the device's own tests."""
    from deploy.edge.tests.tiny_bundle import Recipe
    from deploy.repository.channels import point, publish

    repository, home = folder / "repository", folder / "device"
    Recipe().write(folder / "bundle")
    manifest = publish(repository, folder / "bundle")
    point(repository, manifest.product, "local", manifest.bundle_id)
    update = (
        *("update", "--home", str(home), "--repository", str(repository)),
        *("--product", manifest.product),
    )
    code = "import sys; from trunkline_edge.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-P", "-c", code]

    def device(*arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*command, *arguments],
            env=environment(home),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    yield from [ended(each) for each in [device(*update) for _ in range(2)]]
    yield ended(device(*update))
    yield ended(device("parse", "--home", str(home), "turn on the lamp"))


KINDS: Mapping[str, Attempt] = {
    "disk full": full_disk,
    "read-only home": read_only_home,
    "no HOME": no_home_variable,
    "no /dev/shm": no_shared_memory,
    "64 open files": few_open_files,
    "2 GiB of address space": little_address_space,
    "clock set back a day": clock_set_back,
    "SIGTERM": stopped_by(signal.SIGTERM),
    "SIGINT": stopped_by(signal.SIGINT),
    "SIGKILL": stopped_by(signal.SIGKILL),
    "two on a fresh home": two_at_once,
    "two devices on one home": two_devices,
}
NEED_ROOT = ("disk full", "read-only home", "no /dev/shm")
