"""All benchmarks, one after the other: `make bench`. Takes about five minutes on two cores."""

from __future__ import annotations

from bench import latency, recipe, training, validation

for bench in (recipe, validation, training, latency):
    bench.main()
