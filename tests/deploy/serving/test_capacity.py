from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.serving.capacity import LatencyNotReached, Loaded, cores_for

CURVE = [Loaded(200, 2.0), Loaded(400, 3.0), Loaded(500, 9.0), Loaded(560, 60.0)]


def test_cores_are_counted_at_the_busiest_load_that_is_fast_enough_and_one_is_spare() -> None:
    found = cores_for(2_000, 10, CURVE)
    assert (found.cores, found.per_core) == (5, CURVE[2])
    assert cores_for(2_000, 3, CURVE).cores == 6
    assert cores_for(1, 100, CURVE, spare=0).cores == 1


def test_a_time_that_no_load_meets_is_refused_with_the_best_one() -> None:
    with pytest.raises(LatencyNotReached, match=r"p99 within 1 ms: 2.0 ms were measured at best"):
        cores_for(10, 1, CURVE)


# Whole requests: a quotient of other floats may round to a whole number (or to 0) from above.
@given(st.integers(0, 1_000_000), st.floats(2, 100))
def test_the_cores_are_enough_and_none_is_too_many(per_s: int, within_ms: float) -> None:
    found = cores_for(per_s, within_ms, CURVE, spare=0)
    assert found.cores * found.per_core.per_s >= per_s > (found.cores - 1) * found.per_core.per_s
    assert found.per_core.p99_ms <= within_ms
