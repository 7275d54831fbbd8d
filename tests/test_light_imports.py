"""Modules that every command and every step imports cost no onnxruntime, torch or pipeline server."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("onnxruntime", "torch", "onnx", "mlflow", "prefect")
LIGHT = (
    "schemas.data.dataset",
    "schemas.spec.product",
    "schemas.artifacts.graphs",
    "schemas.artifacts.vectors",
    "trunkline_edge.bundle.files",
    "trunkline_edge.bundle.manifest",
    "trunkline_edge.bundle.store",
    "trunkline_edge.understanding.decode",
    "trunkline_edge.understanding.featurizer",
    "trunkline_edge.understanding.text",
    "trunkline_edge.update.agent",
    "trunkline_edge.update.health",
    "trunkline_edge.update.local",
    "trunkline_edge.update.recovery",
)


@pytest.mark.parametrize("module", LIGHT)
def test_a_light_module_loads_nothing_heavy(module: str) -> None:
    code = f"import sys, {module}; print(*({set(HEAVY)!r} & set(sys.modules)))"
    child = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert child.stdout.split() == []
