from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from schemas.evaluation.significance import holm, sign_test

P_VALUES = st.lists(st.floats(0, 1), max_size=30)


@given(st.integers(0, 300), st.integers(0, 300))
def test_it_is_the_exact_binomial_test_of_a_coin(gained: int, lost: int) -> None:
    expected = binomtest(gained, gained + lost).pvalue if gained + lost else 1.0
    assert sign_test(gained, lost) == pytest.approx(expected)


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_who_gained_does_not_matter(gained: int, lost: int) -> None:
    assert sign_test(gained, lost) == sign_test(lost, gained)
    assert 0 <= sign_test(gained, lost) <= 1


def test_without_a_discordant_row_nothing_is_shown() -> None:
    assert sign_test(0, 0) == 1


@given(st.integers(1, 200))
def test_rows_that_all_fall_to_one_side_are_as_likely_as_so_many_equal_coins(rows: int) -> None:
    assert sign_test(rows, 0) == pytest.approx(2 * 0.5**rows)


def test_six_discordant_rows_are_the_fewest_that_tell() -> None:
    assert sign_test(0, 5) > 0.05 > sign_test(0, 6)


def test_where_nothing_has_changed_it_errs_no_more_often_than_it_says() -> None:
    chance = np.random.default_rng(3)
    trials = 4_000
    # Two nets that are right on the same 90 % of rows in the mean, and differ on a tenth of them by chance.
    discordant = chance.binomial(500, 0.1, trials)
    gained = chance.binomial(discordant, 0.5)
    alarms = sum(sign_test(a, n - a) < 0.05 for a, n in zip(gained.tolist(), discordant.tolist(), strict=True))
    # Exact, and so a little below 5 %; three deviations above would be 241.
    assert 100 < alarms < 241


@given(P_VALUES)
def test_holm_takes_nothing_for_true_that_is_not_so_alone_and_all_that_bonferroni_does(p_values: list[float]) -> None:
    corrected = holm(p_values)
    for p, adjusted in zip(p_values, corrected, strict=True):
        assert p <= adjusted <= 1
        assert adjusted <= min(1.0, p * len(p_values)), "never stricter than Bonferroni"
    if p_values:
        assert min(corrected) == min(1.0, min(p_values) * len(p_values)), "of the smallest it is Bonferroni's"


@given(P_VALUES, st.randoms())
def test_holm_depends_on_no_order_and_keeps_that_of_the_p_values(p_values: list[float], random) -> None:
    places = list(range(len(p_values)))
    random.shuffle(places)
    assert holm([p_values[place] for place in places]) == tuple(holm(p_values)[place] for place in places)
    in_order = [adjusted for _, adjusted in sorted(zip(p_values, holm(p_values), strict=True))]
    assert in_order == sorted(in_order)


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))
    assert holm([]) == ()
