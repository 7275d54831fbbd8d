from __future__ import annotations

import torch

from tasks.machine import differing, numerics


def test_the_numerics_name_threads_instructions_and_releases() -> None:
    found = numerics()
    assert found["torch"] == torch.__version__
    assert list(found) == ["threads", "instructions", "torch", "numpy", "onnx", "onnxruntime"]
    assert all(found.values())


def test_only_what_differs_is_told_and_nothing_where_one_side_has_none() -> None:
    here = numerics()
    assert differing(here, here) == differing(here, {}) == differing({}, here) == {}
    assert differing(here, here | {"threads": "96", "blas": "mkl"}) == {
        "threads": (here["threads"], "96"),
        "blas": ("unknown", "mkl"),
    }
