from __future__ import annotations

import numpy as np
import pytest

from deploy.rollout.plan import Plan
from deploy.rollout.sequential import Rated, log_ratio, p_value_of_share, rise_of

RUNS, PAIRS = 2_000, 1_000
ALPHA = Plan().false_alarm
# Three standard deviations of a share of RUNS above ALPHA: what chance may add to a test that keeps its word.
ALLOWED = ALPHA + 3 * np.sqrt(ALPHA * (1 - ALPHA) / RUNS)


def device_rates(rng: np.random.Generator, size: tuple[int, ...], mean: float) -> np.ndarray:
    """Rejection rates of devices with 20 to 60 answers each: households differ (beta), and counts are small."""
    household = rng.beta(1.0, 1 / mean - 1, size)
    answers = rng.integers(20, 61, size)
    return rng.binomial(answers, household) / answers


def test_looked_at_after_every_pair_the_false_alarm_rate_is_the_one_stated() -> None:
    rng = np.random.default_rng(13)
    candidate, base = (device_rates(rng, (RUNS, PAIRS), 0.08) for _ in range(2))
    ratio = log_ratio(0.5, np.cumsum(candidate > base, axis=1), np.cumsum(candidate < base, axis=1))
    alarms = (ratio.max(axis=1) >= -np.log(ALPHA)).mean()
    assert alarms <= ALLOWED


def test_looked_at_after_every_device_the_share_of_failures_keeps_its_false_alarm_rate() -> None:
    limit = Plan().max_failed_percent / 100
    failed = np.cumsum(np.random.default_rng(14).random((RUNS, PAIRS)) < limit, axis=1)
    ratio = log_ratio(limit, failed, np.arange(1, PAIRS + 1) - failed)
    assert (ratio.max(axis=1) >= -np.log(ALPHA)).mean() <= ALLOWED


@pytest.mark.parametrize(("mean", "within"), [(0.12, 600), (0.16, 150), (0.3, 60)])
def test_a_real_rise_is_found(mean: float, within: int) -> None:
    rng = np.random.default_rng(15)
    candidate, base = device_rates(rng, (400, within), mean), device_rates(rng, (400, within), 0.08)
    ratio = log_ratio(0.5, np.cumsum(candidate > base, axis=1), np.cumsum(candidate < base, axis=1))
    assert (ratio.max(axis=1) >= -np.log(ALPHA)).mean() > 0.8


def test_the_p_value_stands_by_the_worst_look_and_never_rises_again() -> None:
    bad = [Rated(True, 0.5), Rated(False, 0.1)] * 15
    good = [Rated(True, 0.1), Rated(False, 0.5)] * 50
    assert rise_of(bad + good).p_value == rise_of(bad).p_value < 0.01
    assert rise_of(good).p_value == 1.0


def test_devices_are_paired_in_the_order_in_which_they_come_and_ties_say_nothing() -> None:
    seen = [(True, 0.2), (True, 0.1), (False, 0.1), (False, 0.1), (True, 0.9)]
    found = rise_of(Rated(*each) for each in seen)
    assert (found.pairs, found.higher, found.lower) == (2, 1, 0)
    assert rise_of([Rated(True, 0.5)] * 100 + [Rated(False, 0.5)] * 100).p_value == 1.0


def test_a_device_is_set_beside_one_that_is_talked_to_as_much() -> None:
    found = rise_of([Rated(True, 0.2, 3), Rated(False, 0.1, 5), Rated(False, 0.3, 3), Rated(True, 0.4, 5)])
    assert (found.pairs, found.higher, found.lower) == (2, 1, 1)
    assert (round(found.candidate, 9), round(found.base, 9)) == (0.3, 0.2)


def test_without_anything_seen_nothing_is_sure() -> None:
    assert p_value_of_share(0.05, 0, 0) == rise_of([]).p_value == 1.0


@pytest.mark.parametrize(("failed", "well", "is_sure"), [(1, 0, False), (3, 0, True), (5, 95, False), (20, 80, True)])
def test_how_many_failures_are_surely_too_many(failed: int, well: int, is_sure: bool) -> None:
    assert (p_value_of_share(0.05, failed, well) <= ALPHA) == is_sure
