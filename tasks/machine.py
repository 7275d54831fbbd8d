"""What this machine has for training, as far as it decides what comes out."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

# Instruction sets by which torch, its libraries and onnxruntime choose their kernels.
_INSTRUCTIONS = {
    *("avx2", "fma", "avx512f", "avx512bw", "avx512_vnni", "avx512_bf16", "avx_vnni", "amx_int8", "amx_bf16"),
    *("asimd", "asimddp", "sve", "i8mm", "bf16"),
}


def numerics() -> dict[str, str]:
    """Return what decides the last bits of sums beside data, spec and code: threads, instructions, releases.

    Nothing heavy is imported for it. The threads are those that OpenMP starts, and torch with it.
    """
    return {
        "threads": os.environ.get("OMP_NUM_THREADS") or str(len(os.sched_getaffinity(0))),
        "instructions": " ".join([platform.machine(), *sorted(_INSTRUCTIONS & _cpu_flags())]),
        **releases("torch", "numpy", "onnx", "onnxruntime"),
    }


def differing(here: Mapping[str, str], there: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return name -> (here, there) of the numerics that are not the same; nothing where one side has none on record."""
    names = sorted(here.keys() | there.keys()) if here and there else []
    found = {name: (here.get(name, "unknown"), there.get(name, "unknown")) for name in names}
    return {name: (ours, theirs) for name, (ours, theirs) in found.items() if ours != theirs}


def releases(*libraries: str) -> dict[str, str]:
    """Return which release of each library is installed."""
    return {library: release_of(library) for library in libraries}


@cache
def release_of(library: str) -> str:
    """Return a library's release; onnxruntime's wheel for GPU machines has another name."""
    try:
        return version(library)
    except PackageNotFoundError:
        return version(f"{library}-gpu")


def _cpu_flags() -> set[str]:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith(("flags", "Features")):
                return set(line.split(":", 1)[1].split())
    return set()


def cpu_name() -> str:
    """Return what the processor calls itself."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.machine()


def gpu_names() -> list[str]:
    """Return the names of the GPUs that torch can use; raises ImportError where torch is not installed."""
    import torch

    return [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())]
