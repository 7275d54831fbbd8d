"""What a bundle costs a device, against the same product under hard sharing."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from trunkline_edge.manifest import Cost
from trunkline_edge.runtime import Runtime

MEASURED_TEXTS = 200
"""Enough for a stable median; more would only take longer."""


def measure_cost(runtime: Runtime, hard: Runtime | None, texts: Sequence[str]) -> Cost:
    """Time both runtimes on the same texts, turn by turn, so that a busy moment strikes both alike.

    `hard` is the hard-shared net of the same sizes; None when `runtime` is one itself. At least one text.
    """
    runtimes = [runtime, hard] if hard else [runtime]
    times = np.zeros((len(runtimes), len(texts[:MEASURED_TEXTS])))
    for column, text in enumerate([texts[0], *texts[:MEASURED_TEXTS]]):
        for row, each in enumerate(runtimes):
            begun = time.perf_counter()
            each.parse(text)
            times[row, max(0, column - 1)] = time.perf_counter() - begun  # the first text warms up
    medians = (np.median(times, axis=1) * 1e6).round().astype(int).tolist()
    manifest = runtime.manifest
    return Cost(len(manifest.graphs), manifest.size_bytes, medians[0], medians[-1])
