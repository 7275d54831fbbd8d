"""onnxruntime's wheels report to their maker unless told not to; on a device of ours nothing does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

MODULES = ("trunkline_edge.understanding.session", "model.export.quantise", "model.export.parity", "bench.latency")


def left_by(module: str, home: Path, **environment: str) -> list[str]:
    """Import a module in a process of its own, start onnxruntime, and return the files that this left in its home."""
    pytest.importorskip(module.partition(".")[0], reason="the device has no training side")
    code = f"import {module}, onnxruntime; onnxruntime.SessionOptions()"
    # Without what tells onnxruntime that it is being tested.
    kept = {key: os.environ[key] for key in ("PATH", "PYTHONPATH") if key in os.environ}
    subprocess.run([sys.executable, "-c", code], check=True, env={**kept, "HOME": str(home), **environment})
    return [path.name for path in home.rglob("*") if path.is_file() and "onnxruntime" in str(path)]


@pytest.mark.parametrize("module", MODULES)
def test_whatever_of_ours_loads_onnxruntime_it_keeps_no_id_of_this_machine(module: str, tmp_path: Path) -> None:
    assert left_by(module, tmp_path) == []


def test_the_owner_may_allow_it(tmp_path: Path) -> None:
    """Also shows that the test above can fail."""
    if not left_by(MODULES[0], tmp_path, ORT_DISABLE_TELEMETRY="0"):
        pytest.skip("this build of onnxruntime reports nothing")
