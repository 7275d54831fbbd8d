"""What a bundle costs a device, against the same product under hard sharing."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np

from trunkline_edge.bundle.manifest import Cost
from trunkline_edge.understanding.session import Runtime

MEASURED_TEXTS = 200
"""Enough for a stable median; more would only take longer."""


def measure_cost(runtime: Runtime, hard: Runtime | None, texts: Sequence[str]) -> Cost:
    """Time a bundle beside `hard`, the hard-shared net of the same sizes; None when it is one itself."""
    medians = median_ms([runtime, hard] if hard else [runtime], texts[:MEASURED_TEXTS])
    manifest = runtime.manifest
    return Cost(len(manifest.graphs), manifest.size_bytes, round(1e3 * medians[0]), round(1e3 * medians[-1]))


def median_ms(
    runtimes: Sequence[Runtime], texts: Sequence[str], on_text: Callable[[int], None] = lambda number: None
) -> list[float]:
    """Return each runtime's median time of an answer, in milliseconds; at least one text.

    They take turns, so that a busy moment strikes all alike; the first text warms up. `on_text` hears the number of
    the text whose turn it is.
    """
    times = np.zeros((len(runtimes), len(texts)))
    for number, text in [(0, texts[0]), *enumerate(texts)]:
        on_text(number)
        for row, runtime in enumerate(runtimes):
            begun = time.perf_counter()
            runtime.parse(text)
            times[row, number] = time.perf_counter() - begun
    return [1e3 * float(median) for median in np.median(times, axis=1)]
