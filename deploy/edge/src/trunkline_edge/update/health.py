"""Does a bundle do well on this very device? Tried in a child process, which it may crash, hang or fill.

The child is this module run as a program. It prints one line of JSON: what it measured, or the code of what failed.
"""

from __future__ import annotations

import json
import resource
import signal
import statistics
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from trunkline_edge.errors import (
    BundleInvalid,
    Crashed,
    GoldenFailed,
    HealthFailed,
    Interrupted,
    LoadFailed,
    RequirementUnmet,
    TooMuchMemory,
    TooSlow,
    TrunklineEdgeError,
)

if TYPE_CHECKING:
    from trunkline_edge.understanding.session import Runtime

_FAILURES: dict[str, type[TrunklineEdgeError]] = {
    kind.code: kind for kind in (LoadFailed, GoldenFailed, TooSlow, TooMuchMemory, Crashed, RequirementUnmet)
}
_STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
"""Sent to a whole group by service managers and terminals, and by no graph to itself."""
_TIMED = 40  # answers
_MB = 1e6


@dataclass(frozen=True, slots=True)
class Limits:
    """What a bundle may take on this device."""

    seconds: float = 120.0
    """For the whole test."""
    p95_ms: float = 500.0
    """Of one answer."""
    rss_mb: float = 400.0
    """Added to the process by loading and answering; memory asked for beyond it is not given."""


@dataclass(frozen=True, slots=True)
class Health:
    """What a bundle takes on this device."""

    golden: int
    """Golden answers repeated."""
    p50_ms: float
    p95_ms: float
    rss_mb: float


def check_health(home: Path, bundle_id: str, limits: Limits) -> Health:
    """Test a stored bundle; raises a `HealthFailed`, `RequirementUnmet`, or `Interrupted` where somebody stops it."""
    command = [sys.executable, "-P", "-m", __name__, str(home), bundle_id, str(limits.rss_mb), str(limits.seconds)]
    name = f"bundle {bundle_id[:12]}"
    try:
        child = subprocess.run(command, capture_output=True, timeout=limits.seconds, check=False)
    except subprocess.TimeoutExpired:
        raise TooSlow(f"{name}: its test took over {limits.seconds:g} s") from None
    try:
        health = _verdict(child.stdout, name)
    except (ValueError, TypeError, KeyError):
        if -child.returncode in _STOPS:
            stop = signal.Signals(-child.returncode).name
            raise Interrupted(f"{name}: its test was stopped by {stop}; the next check tests it again") from None
        how = f"signal {-child.returncode}" if child.returncode < 0 else f"exit {child.returncode}"
        raise Crashed(f"{name}: the process that tried it ended with {how} and no verdict") from None
    if health.p95_ms > limits.p95_ms:
        raise TooSlow(f"{name}: 95 of 100 answers within {health.p95_ms:.0f} ms, allowed {limits.p95_ms:g}")
    if health.rss_mb > limits.rss_mb:
        raise TooMuchMemory(f"{name}: takes {health.rss_mb:.0f} MB, allowed {limits.rss_mb:g}")
    return health


def _verdict(said: bytes, name: str) -> Health:
    """Read what the child printed: raises what it found wrong, or one of Python's errors where it is no verdict."""
    found = json.loads(said)
    if "code" in found:
        raise _FAILURES[found["code"]](f"{name}: {found['message']}")
    return Health(**found)


def _try_out(home: Path, bundle_id: str, rss_mb: float) -> Health:
    """Load a bundle and answer with it, in this process."""
    from trunkline_edge.bundle.store import load_manifest, located_in
    from trunkline_edge.understanding.selftest import check_golden
    from trunkline_edge.understanding.session import Runtime

    before = _memory_bytes("VmHWM")
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (_memory_bytes("VmData") + int(rss_mb * _MB), hard))
    locate = located_in(home)
    try:
        runtime = Runtime(load_manifest(home, bundle_id), locate)
    except BundleInvalid as error:
        raise LoadFailed(str(error)) from error
    try:
        golden = check_golden(runtime, locate)
    except BundleInvalid as error:
        is_full = "alloc" in str(error.__cause__).lower()
        raise (TooMuchMemory if is_full else GoldenFailed)(str(error)) from error
    p50_ms, p95_ms = _timed_ms(runtime)
    # Not ru_maxrss, which counts the parent's pages from before exec.
    return Health(golden, p50_ms, p95_ms, round((_memory_bytes("VmHWM") - before) / _MB, 1))


def _timed_ms(runtime: Runtime) -> tuple[float, float]:
    """Return how long one answer takes: the median, and what 95 of 100 take at most."""
    text = "please turn on the lamp in the kitchen"
    runtime.parse(text)
    taken = []
    for _ in range(_TIMED):
        begun = time.perf_counter()
        runtime.parse(text)
        taken.append((time.perf_counter() - begun) * 1e3)
    return round(statistics.median(taken), 3), round(statistics.quantiles(taken, n=20)[-1], 3)


def _memory_bytes(field: str) -> int:
    """Return a size of this process: VmHWM, its resident peak, or VmData, which `RLIMIT_DATA` bounds."""
    fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(fields[field].split()[0]) * 1024


def _main(home: str, bundle_id: str, rss_mb: str, seconds: str) -> None:
    # Should the parent die, this ends all the same.
    resource.setrlimit(resource.RLIMIT_CPU, (int(float(seconds)) + 1,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        verdict = asdict(_try_out(Path(home), bundle_id, float(rss_mb)))
    except (HealthFailed, RequirementUnmet) as error:
        verdict = {"code": error.code, "message": str(error)}
    except MemoryError as error:
        verdict = {"code": TooMuchMemory.code, "message": f"asks for more than {rss_mb} MB: {error}"}
    except Exception as error:  # onnxruntime's exceptions share no base but this
        kind = TooMuchMemory if "alloc" in str(error).lower() else LoadFailed
        verdict = {"code": kind.code, "message": f"{type(error).__name__}: {error}"}
    print(json.dumps(verdict))


if __name__ == "__main__":
    _main(*sys.argv[1:])
