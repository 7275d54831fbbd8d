"""All benchmarks, one after the other: `make bench`. Takes about eight minutes on two cores."""

from __future__ import annotations

from bench import latency, mishearing, recipe, training, validation

for bench in (recipe, validation, training, latency, mishearing):
    bench.main()
