from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.evaluation.gate import LEAST_RIGHT, LEAST_SKILL, ROUNDS, default_floor, has_open_heads, judge, judged_anew
from deploy.evaluation.paired import compare_head
from deploy.evaluation.slices import Slice
from deploy.evaluation.verdict import Verdict
from schemas.evaluation.metrics import HeadScore, Scores, score_head
from schemas.spec.product import GateSpec

BARE = GateSpec(margin=0.01, confidence=0.95, resamples=200)
GATE = BARE.model_copy(update={"floor": {"intent": 0.0, "domain": 0.0, "mood": 0.0, "slots": 0.0, "h": 0.0}})
"""Without floors: most rows here have one label, and only which of them are right counts."""


def head(correct: Sequence[bool]) -> HeadScore:
    """A class head that is right on these rows."""
    return score_head("class", ["a"] * len(correct), ["a" if right else "b" for right in correct])


def right(hits: int, rows: int = 100) -> HeadScore:
    return head([row < hits for row in range(rows)])


def scores(**heads: HeadScore) -> Scores:
    return Scores(heads, max(len(score.rows) for score in heads.values()))


def test_without_a_champion_the_challenger_is_promoted() -> None:
    verdict = judge(scores(intent=right(3)), None, GATE, ["intent"])
    assert (verdict.promote, verdict.reasons, verdict.comparisons) == (True, ("there was no champion before it",), ())


def test_what_is_not_promoted_leaves_the_product_without_a_champion() -> None:
    verdict = judge(scores(intent=right(3)), None, GATE, ["intent"], failure="logits differ")
    assert (verdict.promote, verdict.reasons) == (False, ("logits differ", "there is no champion yet"))


def test_identical_scores_differ_by_nothing_and_promote() -> None:
    verdict = judge(scores(intent=right(90)), scores(intent=right(90)), GATE, ["intent"])
    (comparison,) = verdict.comparisons
    assert verdict.promote
    assert (comparison.difference, comparison.low, comparison.high) == (0.0, 0.0, 0.0)


def test_a_head_that_lost_more_than_the_margin_blocks_and_the_verdict_says_why() -> None:
    verdict = judge(scores(intent=right(90)), scores(intent=right(96)), GATE, ["intent"])
    assert not verdict.promote
    (reason,) = verdict.reasons
    assert reason.startswith("intent: accuracy 0.9000 against 0.9600, -0.0600 [-")
    assert reason.endswith("worse than the margin of 0.01")


def test_one_bad_head_blocks_whatever_the_others_gained() -> None:
    ours = scores(intent=right(99), domain=right(85))
    verdict = judge(ours, scores(intent=right(50), domain=right(95)), GATE, ["intent", "domain"])
    assert (verdict.promote, verdict.undecided) == (False, False)
    assert verdict.reasons[0].endswith("better than the champion")
    assert verdict.reasons[1].endswith("worse than the margin of 0.01")


@pytest.mark.parametrize(("ours", "theirs", "rows"), [(12, 14, 14), (0, 2, 2), (880, 895, 1000)])
def test_a_loss_that_the_rows_cannot_tell_from_chance_is_undecided(ours: int, theirs: int, rows: int) -> None:
    rng = np.random.default_rng(0)
    mixed = head(rng.permutation(np.arange(rows) < ours)) if rows == 1000 else right(ours, rows)
    verdict = judge(scores(intent=mixed), scores(intent=right(theirs, rows)), GATE, ["intent"])
    assert (verdict.promote, verdict.undecided) == (False, True)
    assert "undecided whether that is more than the margin of 0.01" in verdict.reasons[0]
    assert f"{rows:,} rows, {verdict.comparisons[0].differing} of which differ, cannot tell" in verdict.reasons[0]


def test_a_floor_that_is_missed_is_no_open_question() -> None:
    gate = GATE.model_copy(update={"floor": {"intent": 0.9}})
    assert not judge(scores(intent=right(12, 14)), scores(intent=right(14, 14)), gate, ["intent"]).undecided


@pytest.mark.parametrize("champion", range(1, 101))
def test_a_loss_of_just_the_margin_is_within_it(champion: int) -> None:
    verdict = judge(scores(intent=right(champion - 1)), scores(intent=right(champion)), GATE, ["intent"])
    assert verdict.promote, verdict.reasons


def test_a_loss_of_a_row_more_than_the_margin_is_not() -> None:
    verdict = judge(scores(intent=right(899, 1000)), scores(intent=right(910, 1000)), GATE, ["intent"])
    assert not verdict.promote


def test_a_margin_of_nothing_allows_no_loss_and_equal_scores() -> None:
    gate = GATE.model_copy(update={"margin": 0.0})
    assert judge(scores(intent=right(90)), scores(intent=right(90)), gate, ["intent"]).promote
    assert not judge(scores(intent=right(89)), scores(intent=right(90)), gate, ["intent"]).promote


def test_a_head_that_the_champion_lacks_cannot_block_and_is_named() -> None:
    ours = scores(intent=right(90), mood=right(1))
    verdict = judge(ours, scores(intent=right(90)), GATE, ["intent", "mood"])
    assert verdict.promote
    assert verdict.reasons[1] == "mood: the champion has no such head, so there is nothing to lose"
    assert [comparison.head for comparison in verdict.comparisons] == ["intent"]


def test_heads_that_are_not_main_do_not_gate() -> None:
    ours, theirs = scores(intent=right(90), toy=right(0)), scores(intent=right(90), toy=right(100))
    assert judge(ours, theirs, GATE, ["intent"]).promote


def test_the_same_scores_give_the_same_verdict() -> None:
    rng = np.random.default_rng(7)
    ours, theirs = scores(intent=head(rng.random(300) < 0.9)), scores(intent=head(rng.random(300) < 0.88))
    assert judge(ours, theirs, GATE, ["intent"]) == judge(ours, theirs, GATE, ["intent"])


def test_the_interval_brackets_a_planted_difference_about_as_often_as_it_says() -> None:
    rng, inside, trials = np.random.default_rng(0), 0, 400
    for _ in range(trials):
        # The challenger is right on 90 %, the champion on 80 % of all rows there could be.
        ours, theirs = head(rng.random(300) < 0.9), head(rng.random(300) < 0.8)
        comparison = compare_head("intent", ours, theirs, GATE)
        assert comparison.low <= comparison.difference <= comparison.high
        inside += comparison.low <= 0.1 <= comparison.high
    # An interval of 95 % holds the difference in 95 of 100 trials. Of 400, 380 are expected, with a deviation of 4.4:
    # one that covers 90 % (360) or 99 % (396) of them falls outside of three of these either way.
    assert 367 <= inside <= 393


def test_the_interval_is_wider_when_more_confidence_is_asked() -> None:
    rng = np.random.default_rng(1)
    ours, theirs = head(rng.random(300) < 0.9), head(rng.random(300) < 0.85)
    widths = []
    for confidence in (0.6, 0.9, 0.99):
        comparison = compare_head("intent", ours, theirs, GATE.model_copy(update={"confidence": confidence}))
        widths.append(comparison.high - comparison.low)
    assert widths == sorted(widths)
    assert widths[0] < widths[-1]


def test_rows_are_compared_in_pairs() -> None:
    rng = np.random.default_rng(2)
    champion = rng.random(1000) < 0.5
    challenger = champion.copy()
    challenger[:10] = True
    comparison = compare_head("intent", head(challenger), head(champion), GATE)
    # Unpaired, two halves of a thousand rows would differ by 0.04 either way.
    assert comparison.high - comparison.low < 0.02


def test_only_rows_that_both_scored_are_compared() -> None:
    gold = ["a"] * 6
    ours = score_head("class", [None, None, *gold[2:]], ["b"] * 2 + ["a", "a", "b", "b"])
    theirs = score_head("class", [*gold[:4], None, None], ["b", "b", "a", "b", "b", "b"])
    comparison = compare_head("intent", ours, theirs, GATE)
    assert (comparison.challenger, comparison.champion) == (1.0, 0.5)


def test_no_shared_row_makes_no_difference() -> None:
    ours = score_head("class", ["a", None], ["a", "a"])
    theirs = score_head("class", [None, "a"], ["a", "b"])
    comparison = compare_head("intent", ours, theirs, GATE)
    assert (comparison.difference, comparison.low, comparison.high) == (0.0, 0.0, 0.0)


@settings(max_examples=30)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=40))
def test_swapping_the_two_mirrors_the_comparison(rows: list[tuple[bool, bool]]) -> None:
    ours, theirs = head([a for a, _ in rows]), head([b for _, b in rows])
    there, back = compare_head("x", ours, theirs, GATE), compare_head("x", theirs, ours, GATE)
    assert there.difference == -back.difference
    assert (there.low, there.high) == (pytest.approx(-back.high), pytest.approx(-back.low))


@pytest.mark.parametrize(
    ("kind", "gold", "better", "worse", "metric"),
    [
        ("tag", [[(0, 1, "a")]] * 50, [[(0, 1, "a")]] * 50, [[(0, 2, "a")]] * 10 + [[(0, 1, "a")]] * 40, "f1"),
        ("multilabel", [["a"]] * 50, [["a"]] * 50, [["b"]] * 10 + [["a"]] * 40, "f1"),
        ("score", list(range(50)), list(range(50)), [y + 3.0 for y in range(50)], "r2"),
    ],
)
def test_every_kind_of_head_gates_by_its_primary_metric(
    kind: Any, gold: list[Any], better: list[Any], worse: list[Any], metric: str
) -> None:
    good, bad = score_head(kind, gold, better), score_head(kind, gold, worse)
    up = judge(scores(h=good), scores(h=bad), GATE, ["h"])
    down = judge(scores(h=bad), scores(h=good), GATE, ["h"])
    assert (up.promote, down.promote) == (True, False)
    assert up.comparisons[0].metric == metric
    assert up.comparisons[0].challenger == pytest.approx(good.primary)
    assert up.comparisons[0].champion == pytest.approx(bad.primary)
    assert up.comparisons[0].low > 0


def test_a_head_below_its_floor_blocks_with_and_without_a_champion_and_names_head_found_and_floor() -> None:
    gate = GATE.model_copy(update={"floor": {"intent": 0.8}})
    ours, theirs = scores(intent=right(79)), scores(intent=right(79))
    for champion in (None, theirs):
        verdict = judge(ours, champion, gate, ["intent"])
        assert not verdict.promote
        assert verdict.reasons[0] == "intent: accuracy 0.7900 is below the floor of 0.8000 (gate.floor)"
    assert judge(scores(intent=right(80)), None, gate, ["intent"]).promote


def test_margins_do_not_add_up_to_a_slide_below_the_floor() -> None:
    gate = GATE.model_copy(update={"floor": {"intent": 0.85}})
    champion = 90
    while judge(scores(intent=right(champion - 1)), scores(intent=right(champion)), gate, ["intent"]).promote:
        champion -= 1
    assert champion == 85


def two_labels(hits: Sequence[bool], commonest: int) -> HeadScore:
    """A class head on rows of which the first `commonest` are labelled `a`, the others `b`."""
    gold = ["a" if row < commonest else "b" for row in range(len(hits))]
    other = {"a": "b", "b": "a"}
    return score_head("class", gold, [label if hit else other[label] for label, hit in zip(gold, hits, strict=True)])


def test_always_answering_the_commonest_label_is_not_enough_for_a_first_champion() -> None:
    constant = two_labels([row < 70 for row in range(100)], 70)
    verdict = judge(scores(intent=constant), None, BARE, ["intent"])
    assert not verdict.promote
    assert verdict.reasons[0] == (
        "intent: accuracy 0.7000 is below the floor of 0.7300 "
        "(the same answer to every text reaches 0.7000; gate.floor sets another)"
    )
    assert judge(scores(intent=constant), None, GATE, ["intent"]).promote
    assert judge(scores(intent=two_labels([row < 73 for row in range(100)], 70)), None, BARE, ["intent"]).promote


@pytest.mark.parametrize(
    ("kind", "gold", "constant"),
    [
        ("tag", [[(0, 1, "a")]] * 20, [[]] * 20),
        ("multilabel", [["a"], ["b"]] * 10, [[]] * 20),
        ("score", [0.0, 1.0] * 10, [0.5] * 20),
    ],
)
def test_a_head_of_any_kind_must_beat_the_same_answer_to_every_text(
    kind: Any, gold: list[Any], constant: list[Any]
) -> None:
    assert default_floor(score_head(kind, gold, constant)) == LEAST_SKILL
    assert not judge(scores(h=score_head(kind, gold, constant)), None, BARE, ["h"]).promote
    assert judge(scores(h=score_head(kind, gold, gold)), None, BARE, ["h"]).promote


@pytest.mark.parametrize(
    ("kind", "gold", "answer", "is_right"),
    [
        ("class", ["a"] * 9, "b", False),
        ("class", ["a"] * 9, "a", True),
        ("tag", [[]] * 9, [(0, 1, "a")], False),
        ("tag", [[]] * 9, [], True),
    ],
)
def test_where_all_rows_have_one_label_a_head_that_is_lost_is_not_promoted(
    kind: Any, gold: list[Any], answer: Any, is_right: bool
) -> None:
    judged = scores(h=score_head(kind, gold, [answer] * 9))
    for champion in (None, judged):
        assert judge(judged, champion, BARE, ["h"]).promote == is_right
        assert judge(judged, champion, GATE, ["h"]).promote


def test_a_head_that_no_held_out_row_is_labelled_for_is_not_promoted_unjudged() -> None:
    unlabelled = Scores({"h": score_head("tag", [None] * 5, [[]] * 5)}, 5)
    for gate in (BARE, BARE.model_copy(update={"floor": {"h": 0.5}})):
        verdict = judge(unlabelled, None, gate, ["h"])
        assert not verdict.promote
        assert verdict.reasons[0].startswith("h: no held-out row is labelled for it, which does not show what it has")
    assert judge(unlabelled, None, GATE, ["h"]).promote


def test_an_r2_of_numbers_that_are_all_the_same_is_not_shown_whatever_the_floor() -> None:
    flat = scores(h=score_head("score", [2.0] * 9, [2.0] * 9))
    verdict = judge(flat, None, BARE.model_copy(update={"floor": {"h": 0.5}}), ["h"])
    assert not verdict.promote and "all held-out rows have the same number" in verdict.reasons[0]


@settings(deadline=None, max_examples=50)
@given(st.lists(st.booleans(), min_size=2, max_size=60), st.data())
def test_the_default_floor_lies_between_the_constant_answer_and_perfection(
    hits: list[bool], data: st.DataObject
) -> None:
    commonest = data.draw(st.integers(0, len(hits)))
    floor = default_floor(two_labels(hits, commonest))
    constant = max(commonest, len(hits) - commonest) / len(hits)
    assert floor == LEAST_RIGHT if constant == 1 else constant < floor < 1


def test_a_failed_self_test_blocks_whatever_the_scores() -> None:
    verdict = judge(scores(intent=right(99)), scores(intent=right(50)), GATE, ["intent"], failure="logits differ")
    assert not verdict.promote
    assert verdict.reasons[0] == "logits differ"


def test_a_verdict_after_others_that_were_overtaken_says_against_whom_each_was() -> None:
    overtaken = [Verdict(True, ("fine",), against=None), Verdict(True, ("fine",), against="b" * 64)]
    verdict = judged_anew(Verdict(True, ("fine",), against="c" * 64), overtaken)
    assert verdict.promote
    assert verdict.reasons == (
        "judged anew: bbbbbbbbbbbb became champion after the verdict against no champion, before its promotion",
        "judged anew: cccccccccccc became champion after the verdict against bbbbbbbbbbbb, before its promotion",
        "fine",
    )


def test_nobody_judges_for_ever() -> None:
    overtaken: list[Verdict] = []
    while (verdict := judged_anew(Verdict(True, ("fine",), against=str(len(overtaken)) * 64), overtaken)).promote:
        overtaken.append(verdict)
    assert len(overtaken) == ROUNDS
    assert verdict.reasons[-1].startswith(f"the champion changed {ROUNDS} times")


def en_and_de(rows: int) -> tuple[Slice, Slice]:
    places = np.arange(rows)
    return Slice("language", "en", places[:-100]), Slice("language", "de", places[-100:])


def lost_in_german(rows: int = 4_000) -> tuple[Scores, Scores]:
    """A challenger that lost 12 of the last 100 rows, which is within the margin of all."""
    return scores(intent=head([row < rows - 12 for row in range(rows)])), scores(intent=head([True] * rows))


@pytest.mark.parametrize(
    ("does", "promote", "undecided", "ends"),
    [
        ("keep", False, False, "so the champion stays"),
        ("hold", False, True, "so a person decides"),
        ("tell", True, False, "so that is told, and holds nothing up"),
    ],
)
def test_a_worse_slice_keeps_the_champion_or_asks_a_person_or_is_told_as_the_spec_says(
    does: str, promote: bool, undecided: bool, ends: str
) -> None:
    gate = GATE.model_copy(update={"worse_slice": does})
    verdict = judge(*lost_in_german(), gate, ["intent"], slices=en_and_de(4_000))
    assert (verdict.promote, verdict.undecided) == (promote, undecided)
    assert verdict.reasons[0].endswith("within the margin of 0.01")
    assert verdict.reasons[1] == (
        "intent on language 'de', 100 rows: accuracy 0.8800 against 1.0000, 12 rows lost and 0 gained, p 0.00098 among "
        f"2: more than the slice margin of 0.02 and than chance, {ends}"
    )
    assert not has_open_heads(verdict, gate), "folds of all rows say nothing about a slice"


def test_without_slices_the_same_challenger_is_promoted() -> None:
    assert judge(*lost_in_german(), GATE, ["intent"]).promote


def test_a_head_that_is_worse_keeps_the_champion_whatever_a_slice_would_do() -> None:
    ours, theirs = scores(intent=right(80, 200)), scores(intent=right(120, 200))
    verdict = judge(ours, theirs, GATE, ["intent"], slices=en_and_de(200))
    assert (verdict.promote, verdict.undecided) == (False, False)


def test_rows_that_one_of_the_two_has_learned_from_decide_nothing() -> None:
    ours, theirs = scores(intent=right(90)), scores(intent=right(100))
    leaks = np.arange(90, 100)
    verdict = judge(ours, theirs, GATE, ["intent"], without=leaks)
    (comparison,) = verdict.comparisons
    assert verdict.promote
    assert (comparison.rows, comparison.left_out, comparison.lost) == (90, 10, 0)
    assert (comparison.challenger, comparison.champion) == (1.0, 1.0)
    assert not judge(ours, theirs, GATE, ["intent"]).promote


def test_where_every_row_is_left_out_a_person_decides() -> None:
    verdict = judge(scores(intent=right(90)), scores(intent=right(90)), GATE, ["intent"], without=np.arange(100))
    assert (verdict.promote, verdict.undecided) == (False, True)
    assert "undecided on 0 rows: one of the two has learned from the texts of 100 others" in verdict.reasons[0]


def test_a_floor_counts_all_rows_and_those_that_are_left_out_too() -> None:
    gate = GATE.model_copy(update={"floor": {"intent": 0.95}})
    verdict = judge(scores(intent=right(90)), scores(intent=right(90)), gate, ["intent"], without=np.arange(90, 100))
    assert not verdict.promote and "0.9000 is below the floor" in verdict.reasons[0]


def test_gains_and_losses_are_counted_by_row_with_their_sign_test() -> None:
    ours = [row not in range(90, 97) for row in range(100)]
    theirs = [row not in range(97, 99) for row in range(100)]
    comparison = compare_head("intent", head(ours), head(theirs), GATE)
    assert (comparison.gained, comparison.lost, comparison.differing) == (2, 7, 9)
    assert comparison.p_value == pytest.approx(0.1796875)  # 2 * (1 + 9 + 36) / 512


def test_spans_and_numbers_are_gained_and_lost_by_their_mistakes() -> None:
    gold = [[(0, 1, "a"), (2, 3, "b")]] * 3
    tag = compare_head(
        "slots", score_head("tag", gold, [gold[0], [(0, 1, "a")], []]), score_head("tag", gold, [[], gold[0], []]), GATE
    )
    assert (tag.gained, tag.lost, tag.differing) == (1, 1, 2)
    score = compare_head(
        "mood", score_head("score", [1.0, 2.0, 3.0], [1.1, 2.0, 0.0]),
        score_head("score", [1.0, 2.0, 3.0], [1.2, 2.0, 2.0]), GATE,
    )  # fmt: skip
    assert (score.gained, score.lost) == (1, 1)


def test_a_head_that_gains_many_rows_a_little_and_loses_few_by_far_is_undecided() -> None:
    """F1 counts mistakes and the sign test rows: where they say the opposite, nothing is sure."""
    gold = [[(0, 1, "a")]] * 30 + [[(place, place + 1, "a") for place in range(40)]] * 6
    ours = score_head("tag", gold, gold[:30] + [[]] * 6)
    theirs = score_head("tag", gold, [[]] * 30 + gold[30:])
    comparison = compare_head("slots", ours, theirs, GATE)
    assert (comparison.gained, comparison.lost) == (30, 6) and comparison.p_value < 0.05
    assert comparison.high < -GATE.margin
    verdict = judge(scores(slots=ours), scores(slots=theirs), GATE, ["slots"])
    assert (verdict.promote, verdict.undecided) == (False, True)


def test_a_head_that_devices_would_lose_is_for_a_person_to_decide_on() -> None:
    champion = scores(intent=right(90), slots=right(90))
    verdict = judge(scores(intent=right(99)), champion, GATE, ["intent"])
    assert (verdict.promote, verdict.undecided) == (False, True)
    assert verdict.reasons[0] == "slots: the champion answers it and this bundle does not, so a person decides"
    assert verdict.reasons[1].endswith("better than the champion")
    assert not has_open_heads(verdict, GATE), "folds of all rows do not bring a head back"


def test_a_head_that_has_become_another_kind_is_compared_with_nothing() -> None:
    tags = score_head("multilabel", [["a"]] * 100, [["a"]] * 100)
    verdict = judge(
        scores(intent=right(90), mood=tags),
        scores(intent=right(90), mood=right(90)),
        GATE,
        ["intent", "mood"],
        slices=en_and_de(100),
    )
    assert (verdict.promote, verdict.undecided) == (False, True)
    assert verdict.reasons[0].startswith("mood: the champion answers it as class and this bundle as multilabel")
    assert [comparison.head for comparison in verdict.comparisons] == ["intent"]


def test_a_few_rows_that_are_left_decide_nothing_where_most_are_left_out() -> None:
    ours, theirs = scores(intent=right(65)), scores(intent=right(100))
    verdict = judge(ours, theirs, GATE, ["intent"], without=np.arange(2, 100))
    assert (verdict.promote, verdict.undecided) == (False, True)
    assert verdict.reasons[0].endswith(
        "undecided on 2 rows: one of the two has learned from the texts of 98 others; at least 30 rows that are new to "
        "both decide"
    )
    enough = judge(ours, theirs, GATE, ["intent"], without=np.arange(30, 100))
    assert enough.promote
    assert enough.reasons[0].endswith(
        "within the margin of 0.01, on 30 rows: one of the two has learned from the texts of 70 others"
    )
