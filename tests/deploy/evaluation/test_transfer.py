from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from deploy.evaluation.transfer import (
    Estimate,
    Transfer,
    corrected,
    mean_gain,
    mean_over_seeds,
    mean_table,
    rank_correlations,
    suspect,
    transfer_of,
)
from schemas.evaluation.matrix import Table
from schemas.evaluation.metrics import HeadScore, score_head

ROWS, SEEDS = 400, 3


def head(correct: NDArray[np.bool_]) -> HeadScore:
    """A class head that is right on these rows."""
    return score_head("class", ["a"] * len(correct), ["a" if right else "b" for right in correct])


def nets(rng: np.random.Generator, easy: NDArray[np.float64], skill: float, spread: float = 0.0) -> list[HeadScore]:
    """Nets of several seeds: rows are easy or hard for all of them, and a seed is lucky or not on all its rows."""
    lucks = rng.normal(0, spread, SEEDS)
    return [head(rng.random(len(easy)) < 1 / (1 + np.exp(-(skill + luck + easy)))) for luck in lucks]


def compare(shared: Sequence[HeadScore], alone: Sequence[HeadScore]):
    return transfer_of("slots", shared, alone, confidence=0.95, resamples=200)


def table(name: str, values: Sequence[Sequence[float]], heads: Sequence[str] = ("a", "b", "c")) -> Table:
    return Table(name, name, tuple(heads), tuple(heads), tuple(map(tuple, values)))


def test_a_head_that_sharing_made_worse_is_flagged() -> None:
    rng = np.random.default_rng(0)
    easy = rng.normal(0, 1, ROWS)
    found = compare(nets(rng, easy, 1.0), nets(rng, easy, 2.5))
    assert found.is_negative
    assert found.difference.high < 0 and found.gain is not None and found.gain.high < 0
    assert found.p_value < 0.05


def affinities(of_nuisance: Sequence[float]) -> list[Table]:
    heads = ("a", "slots", "nuisance")
    return [table("affinity", [[0.5, 0.02, 0.1], [0.1, 0.9, 0.3], [-0.2, each, 0.4]], heads) for each in of_nuisance]


def test_a_head_that_harms_another_in_every_seed_is_named() -> None:
    blamed = suspect("slots", affinities([-0.04, -0.05, -0.045]))
    assert blamed is not None
    assert (blamed.head, blamed.affinity) == ("nuisance", pytest.approx(-0.045))


@pytest.mark.parametrize("seeds", [[-0.04], [-0.04, 0.05, -0.06], [-0.01, -0.2, -0.02], [0.01, 0.01, 0.01]])
def test_nobody_is_named_where_the_seeds_do_not_agree_or_nobody_harms(seeds: list[float]) -> None:
    assert suspect("slots", affinities(seeds)) is None


def found_at(p_value: float, value: float) -> Transfer:
    none = Estimate(value, value - 0.1, value + 0.1)
    return Transfer("slots", "f1", none, none, none, None, p_value, value < 0, value > 0)


def test_flags_hold_for_all_intervals_together() -> None:
    found = corrected([found_at(0.03, -0.1), found_at(0.001, -0.1), found_at(0.02, 0.1), found_at(0.9, -0.1)], 0.95)
    # Holm: 0.001 x 4 holds, 0.02 x 3 does not, and nothing above it does.
    assert [each.is_negative for each in found] == [False, True, False, False]
    assert not any(each.is_positive for each in found)
    (single,) = corrected([found_at(0.03, 0.1)], 0.95)
    assert (single.is_negative, single.is_positive) == (False, True), "one interval needs no correction"


def test_of_twenty_comparisons_without_a_difference_one_in_twenty_families_raises_a_false_alarm() -> None:
    rng, families, alarms, bare = np.random.default_rng(7), 400, 0, 0
    for _ in range(families):
        twenty = [found_at(p_value, -0.1) for p_value in rng.random(20)]
        alarms += any(each.is_negative for each in corrected(twenty, 0.95))
        bare += any(each.p_value < 0.05 for each in twenty)
    assert alarms / families == pytest.approx(0.05, abs=0.03)
    assert bare / families > 0.5


def test_seeds_that_differ_widen_the_interval_by_their_few_degrees_of_freedom() -> None:
    right = np.arange(ROWS)
    ours = [head(right < 0.70 * ROWS), head(right < 0.75 * ROWS), head(right < 0.80 * ROWS)]
    found = compare(ours, [head(right < 0.82 * ROWS)] * 3)
    normal = 1.96 * 0.05 / np.sqrt(3)
    assert found.difference.high - found.difference.value > 1.6 * normal
    assert not found.is_negative


def test_a_head_that_gained_nothing_is_not_flagged() -> None:
    rng = np.random.default_rng(1)
    easy = rng.normal(0, 1, ROWS)
    found = compare(nets(rng, easy, 2.0), nets(rng, easy, 2.0))
    assert not found.is_negative
    assert found.difference.low < 0 < found.difference.high


def test_a_mean_over_seeds_is_what_a_comparison_says_of_the_same_nets() -> None:
    rng = np.random.default_rng(3)
    easy = rng.normal(0, 1, ROWS)
    ours = nets(rng, easy, 2.0, spread=0.5)
    found = mean_over_seeds(ours, confidence=0.95, resamples=200)
    assert found == compare(ours, nets(rng, easy, 1.0)).score
    assert found.value == pytest.approx(np.mean([score.primary for score in ours]))
    assert found.low < found.value < found.high
    alike = mean_over_seeds([ours[0]] * SEEDS, confidence=0.95, resamples=200)
    assert alike.high - alike.low < found.high - found.low  # seeds that agree leave the rows' chance alone


def test_a_head_that_gained_is_told_with_a_positive_sign() -> None:
    rng = np.random.default_rng(2)
    easy = rng.normal(0, 1, ROWS)
    found = compare(nets(rng, easy, 2.5), nets(rng, easy, 1.0))
    assert found.difference.low > 0 and found.gain is not None
    assert found.gain.value == pytest.approx(100 * (found.score.value - found.baseline.value) / found.baseline.value)


def test_one_lucky_seed_flags_nothing() -> None:
    rng = np.random.default_rng(3)
    right, wrong = rng.random(ROWS) < 0.9, rng.random(ROWS) < 0.5
    found = compare([head(right), head(right), head(wrong)], [head(right)] * 3)
    assert found.difference.value < -0.1
    assert not found.is_negative, "two of three seeds are as good as their baselines"


@pytest.mark.parametrize("spread", [0.0, 0.5])
def test_equal_nets_are_flagged_as_seldom_as_the_confidence_says(spread: float) -> None:
    rng, inside, flagged, trials = np.random.default_rng(4), 0, 0, 60
    for _ in range(trials):
        easy = rng.normal(0, 2, ROWS // 2)
        found = compare(nets(rng, easy, 2.0, spread), nets(rng, easy, 2.0, spread))
        inside += found.difference.low <= 0 <= found.difference.high
        flagged += found.is_negative
    # 95 % asked. Rows and seeds drawn apart make the interval wide where seeds agree, three seeds narrow where not.
    assert inside >= 0.85 * trials
    assert flagged <= 0.1 * trials


@settings(max_examples=20)
@given(st.lists(st.lists(st.booleans(), min_size=12, max_size=12), min_size=6, max_size=6))
def test_swapping_net_and_baseline_mirrors_the_difference(answers: list[list[bool]]) -> None:
    scores = [head(np.asarray(each)) for each in answers]
    there, back = compare(scores[:3], scores[3:]), compare(scores[3:], scores[:3])
    assert there.difference.value == pytest.approx(-back.difference.value)
    assert (there.difference.low, there.difference.high) == pytest.approx((-back.difference.high, -back.difference.low))


def test_identical_nets_differ_by_nothing() -> None:
    same = nets(np.random.default_rng(5), np.zeros(ROWS), 1.0)
    found = compare(same, same)
    assert (found.difference.value, found.difference.low, found.difference.high) == (0.0, 0.0, 0.0)
    assert not found.is_negative


def test_per_cent_of_a_baseline_near_nothing_are_not_told() -> None:
    good, bad = head(np.ones(100, dtype=bool)), head(np.arange(100) < 2)
    found = compare([good] * 3, [bad] * 3)
    assert found.gain is None
    assert found.difference.value == pytest.approx(0.98)
    assert mean_gain([found]) is None
    assert mean_gain([found, compare([good] * 3, [good] * 3)]) == 0.0


def test_a_seed_without_its_twin_is_refused() -> None:
    good = head(np.ones(3, dtype=bool))
    with pytest.raises(ValueError, match="slots: 3 scores and 2 of baselines; expected one pair a seed"):
        compare([good] * 3, [good] * 2)


def test_nobody_is_suspected_without_a_measurement() -> None:
    assert suspect("a", []) is None
    assert suspect("d", [table("affinity", [[-1, -1, -1]] * 3)] * 3) is None
    assert suspect("a", [table("affinity", [[-1, -1, -1], [math.nan] * 3, [math.nan] * 3])] * 3) is None


def test_a_mean_over_seeds_leaves_out_what_a_seed_did_not_see() -> None:
    mean = mean_table([table("t", [[1, math.nan]] * 1, "ab"), table("t", [[3, math.nan]] * 1, "ab")])
    assert mean.values[0][0] == 2
    assert math.isnan(mean.values[0][1])


def test_tables_that_rank_pairs_of_heads_alike_agree_whatever_their_scale_and_diagonal() -> None:
    rng = np.random.default_rng(6)
    values = rng.normal(size=(4, 4))
    heads = ("a", "b", "c", "d")
    alike = np.exp(3 * values) + 100 * np.eye(4)
    found = rank_correlations(
        {"x": table("x", values, heads), "alike": table("alike", alike, heads), "against": table("y", -values, heads)}
    )
    assert np.asarray(found.values)[0] == pytest.approx([1, 1, -1])


def test_ties_share_a_rank_and_too_few_pairs_say_nothing() -> None:
    tied = table("t", [[0, 1, 1], [1, 0, 2], [2, 3, 0]])
    other = table("o", [[0, 5, 4], [5, 0, 6], [7, 9, 0]])
    (_, value), _ = rank_correlations({"t": tied, "o": other}).values
    # Ranks (2, 2, 2, 4.5, 4.5, 6) and (2.5, 1, 2.5, 4, 5, 6), worked out by hand.
    assert value == pytest.approx(np.corrcoef([2, 2, 2, 4.5, 4.5, 6], [2.5, 1, 2.5, 4, 5, 6])[0, 1])
    few = rank_correlations({"a": table("a", [[0, 1], [2, 0]], "ab"), "b": table("b", [[0, 1], [2, 0]], "ab")})
    assert math.isnan(few.values[0][1])
