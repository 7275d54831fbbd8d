from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.evaluation.cross_validation import Answered, compare_folds, judge_folds
from deploy.evaluation.gate import judge
from deploy.evaluation.verdict import Verdict
from schemas.evaluation.metrics import HeadScore, Scores, score_head
from schemas.spec.product import GateSpec

GATE = GateSpec(margin=0.01, folds=5, floor={"intent": 0.0})
OPEN = Verdict(promote=False, reasons=("intent: undecided",), against="c" * 64, undecided=True)

Right = Sequence[bool]


def head(correct: Right) -> HeadScore:
    """A class head that is right on these rows."""
    return score_head("class", ["a"] * len(correct), ["a" if right else "b" for right in correct])


def folds(*pairs: tuple[Right, Right]) -> list[Answered]:
    """What challenger and champion got right, fold by fold."""
    return [(Scores({"intent": head(a)}, len(a)), Scores({"intent": head(b)}, len(b))) for a, b in pairs]


def hits(right: int, rows: int = 40) -> Right:
    return [row < right for row in range(rows)]


def test_few_held_out_rows_are_open_and_all_rows_in_turn_decide_for_the_challenger() -> None:
    first = judge(
        Scores({"intent": head(hits(9, 10))}, 10), Scores({"intent": head(hits(10, 10))}, 10), GATE, ["intent"]
    )
    assert first.undecided and not first.promote
    verdict = judge_folds(first, folds(*[(hits(right), hits(30)) for right in (36, 37, 35, 36, 36)]), GATE, ["intent"])
    assert (verdict.promote, verdict.undecided) == (True, False)
    assert verdict.reasons[0] == first.reasons[0]
    assert verdict.reasons[1] == "so 5 folds of all 200 rows decide, both recipes trained anew for each:"
    assert verdict.reasons[2].startswith("intent: accuracy 0.9000 against 0.7500, +0.1500 [+")
    assert verdict.reasons[2].endswith("better than the champion")
    assert verdict.comparisons == first.comparisons
    assert [(each.rows, each.differing) for each in verdict.by_folds] == [(200, 30)]


def test_a_recipe_that_is_worse_in_every_fold_is_turned_down_and_no_longer_open() -> None:
    worse = folds(*[(hits(right), hits(36)) for right in (30, 31, 30, 29, 30)])
    verdict = judge_folds(OPEN, worse, GATE, ["intent"])
    assert (verdict.promote, verdict.undecided) == (False, False)
    assert verdict.reasons[-1].endswith("worse than the margin of 0.01")


def test_folds_that_contradict_one_another_leave_it_open() -> None:
    verdict = judge_folds(OPEN, folds(*[(hits(a), hits(30)) for a in (38, 20, 36, 22, 30)]), GATE, ["intent"])
    assert (verdict.promote, verdict.undecided) == (False, True)
    assert "200 rows, 32 of which differ, cannot tell it from chance" in verdict.reasons[-1]


@given(st.lists(st.lists(st.booleans(), min_size=1, max_size=20), min_size=3, max_size=8))
def test_equal_answers_differ_by_nothing(right: list[list[bool]]) -> None:
    comparison = compare_folds("intent", [(head(each), head(each)) for each in right], GATE)
    assert (comparison.difference, comparison.low, comparison.high, comparison.differing) == (0, 0, 0, 0)
    assert comparison.rows == sum(map(len, right))


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=3, max_size=8))
def test_swapping_the_two_mirrors_the_comparison(pairs: list[tuple[int, int]]) -> None:
    both = [(head(hits(a, 20)), head(hits(b, 20))) for a, b in pairs]
    there, back = compare_folds("x", both, GATE), compare_folds("x", [(b, a) for a, b in both], GATE)
    assert there.difference == -back.difference
    assert (there.low, there.high) == (pytest.approx(-back.high), pytest.approx(-back.low))


def test_the_interval_is_wider_than_if_folds_shared_no_rows() -> None:
    differences = np.array([0.1, 0.0, 0.05, 0.2, 0.1])
    both = [(head(hits(10 + round(20 * d), 20)), head(hits(10, 20))) for d in differences]
    comparison = compare_folds("intent", both, GATE)
    independent = 2.776445 * differences.std(ddof=1) / math.sqrt(5)  # Student's t of 4 degrees of freedom
    assert comparison.high - comparison.difference == pytest.approx(independent * math.sqrt(1 + 5 / 4), rel=1e-5)


def test_the_interval_holds_no_difference_about_as_often_as_it_says_or_more() -> None:
    """Each net has a skill of its own beside its rows: what a bootstrap of rows alone would overlook."""
    rng, inside, trials = np.random.default_rng(0), 0, 300
    for _ in range(trials):
        skills = 0.85 + 0.05 * rng.standard_normal((5, 2)).clip(-2, 2)
        both = [(head(rng.random(30) < a), head(rng.random(30) < b)) for a, b in skills]
        comparison = compare_folds("intent", both, GATE)
        inside += comparison.low <= 0 <= comparison.high
    assert inside >= 0.95 * trials - 3 * math.sqrt(0.05 * 0.95 * trials)


def test_folds_without_labels_of_a_head_do_not_count_and_one_alone_tells_nothing() -> None:
    bare = score_head("class", [None] * 4, ["a"] * 4)
    two = compare_folds(
        "x", [(head(hits(4, 4)), head(hits(3, 4))), (bare, bare), (head(hits(4, 4)), head(hits(3, 4)))], GATE
    )
    assert (two.rows, two.difference, two.low) == (8, 0.25, 0.25)
    one = compare_folds("x", [(head(hits(3, 4)), head(hits(4, 4))), (bare, bare)], GATE)
    assert (one.low, one.high) == (-math.inf, math.inf)
    none = compare_folds("x", [(bare, bare)], GATE)
    assert (none.rows, none.difference) == (0, 0)


def test_a_head_that_the_champion_lacks_cannot_block() -> None:
    ours = [(Scores({**a.heads, "mood": head(hits(0))}, a.rows), b) for a, b in folds(*[(hits(30), hits(30))] * 3)]
    verdict = judge_folds(OPEN, ours, GATE, ["intent", "mood"])
    assert verdict.promote
    assert [comparison.head for comparison in verdict.by_folds] == ["intent"]


def test_folds_do_not_promote_what_lacks_a_head_of_the_champion() -> None:
    better = [
        (Scores({"intent": head(hits(36))}, 40), Scores({"intent": head(hits(30)), "slots": head(hits(40))}, 40))
    ] * 5
    verdict = judge_folds(OPEN, better, GATE, ["intent"])
    assert (verdict.promote, verdict.undecided) == (False, True)
    assert [comparison.head for comparison in verdict.by_folds] == ["intent"]
