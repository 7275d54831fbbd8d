from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from deploy.skills.build import FALSE_CLAIMS, choose_threshold

PROBABILITIES = arrays.arrays(np.float64, st.integers(0, 400), elements=st.floats(0, 1))


@given(PROBABILITIES, PROBABILITIES)
def test_few_enough_of_others_rows_are_claimed_whatever_they_are(own: np.ndarray, others: np.ndarray) -> None:
    found = choose_threshold(own, others)
    assert 0.5 <= found.value <= 1
    certain = np.mean(others == 1) if len(others) else 0.0  # no threshold of a device keeps these out
    assert math.isnan(found.others_claimed) if not len(others) else found.others_claimed <= max(FALSE_CLAIMS, certain)


def test_where_nobody_else_sounds_like_it_half_is_enough() -> None:
    found = choose_threshold(np.asarray([0.9, 0.6, 0.4]), np.full(1_000, 0.01))
    assert (found.value, found.others_claimed) == (0.5, 0.0)
    assert found.own_claimed == 2 / 3


def test_the_threshold_is_the_least_that_keeps_others_out() -> None:
    others = np.r_[np.full(980, 0.1), np.linspace(0.6, 0.69, 20)]
    found = choose_threshold(np.asarray([0.7]), others)
    assert found.others_claimed == 10 / 1_000
    assert 0.64 < found.value < 0.65
