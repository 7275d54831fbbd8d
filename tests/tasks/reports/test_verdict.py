from __future__ import annotations

from deploy.evaluation.slices import SliceScore
from deploy.evaluation.verdict import HeadComparison, SliceComparison, Verdict
from schemas.spec.product import GateSpec
from tasks.records import Scored
from tasks.reports.verdict import (
    SHOWN_SLICES,
    rejection_lines,
    slice_lines,
    slice_score_lines,
    slice_table,
    verdict_markdown,
)

SCORED = Scored("score/x", "ab" * 32, "test", 1200, {}, 0.9, {"p50": 0.4})
FOUND = {
    "outside_accepted": 0.49, "outside_wished": 0.05, "outside_rows": 120,
    "wrong_accepted": 0.25, "wrong_rows": 12, "right_rejected": 0.01,
}  # fmt: skip


def test_the_page_shows_both_scores_of_every_head() -> None:
    verdict = Verdict(
        promote=False,
        reasons=("intent is worse than the margin allows",),
        against="cd" * 32,
        comparisons=(HeadComparison("intent", "accuracy", 0.95, 0.97, -0.02, -0.03, -0.01, 1200, 36, 6, 30, 6e-5),),
    )
    assert verdict_markdown("home", verdict, SCORED) == (
        "# home: kept as challenger\n"
        "\n"
        "Challenger abababababab against champion cdcdcdcdcdcd, on 1,200 test rows.\n"
        "\n"
        "- intent is worse than the margin allows\n"
        "\n"
        "| head | metric | challenger | champion | difference | interval | gained / lost | p |\n"
        "|---|---|--:|--:|--:|---|--:|--:|\n"
        "| intent | accuracy | 0.9500 | 0.9700 | -0.0200 | -0.0300 to -0.0100 | 6 / 30 | 6e-05 |"
    )


def test_without_a_champion_there_is_no_table() -> None:
    verdict = Verdict(promote=True, reasons=("there is no champion yet",))
    page = verdict_markdown("home", verdict, SCORED)
    assert page.startswith("# home: promoted\n")
    assert "no champion yet" in page and "|" not in page


def test_what_gets_through_is_told_beside_the_wish_with_a_warning_where_it_is_missed() -> None:
    told, warning = rejection_lines(FOUND)
    assert told == (
        "on valid rows, which chose the threshold, "
        "let through: 49.0% of 120 outside utterances (wished: 5.0% or less), 25.0% of 12 wrong answers; "
        "turned down: 1.0% of right answers"
    )
    assert warning.startswith("warning: more gets through than wished: add rows labelled `oos`")
    (told,) = rejection_lines({**FOUND, "outside_accepted": 0.05, "wrong_accepted": 0.0, "wrong_rows": 0})
    assert "(wished: 5.0% or less), no answer was wrong; turned down" in told


def test_a_bundle_that_rejects_nothing_says_so() -> None:
    (warning,) = rejection_lines(None)
    assert warning.startswith("warning: nothing is rejected, whatever is said")


def test_a_cross_validation_has_a_table_of_its_own_below_that_of_the_held_out_rows() -> None:
    held_out = HeadComparison("intent", "accuracy", 0.9, 1.0, -0.1, -0.3, 0.0, 10, 1)
    by_folds = HeadComparison("intent", "accuracy", 0.91, 0.9, 0.01, -0.02, 0.04, 160, 12)
    verdict = Verdict(True, ("so 5 folds of all 160 rows decide",), (held_out,), by_folds=(by_folds,))
    first, second = verdict_markdown("home", verdict, SCORED).split(
        "By cross-validation, both trained anew for each fold:"
    )
    assert "| intent | accuracy | 0.9000 | 1.0000 | -0.1000 | -0.3000 to +0.0000 |" in first
    assert "| intent | accuracy | 0.9100 | 0.9000 | +0.0100 | -0.0200 to +0.0400 |" in second


def sliced(slices: int) -> Verdict:
    comparison = HeadComparison("intent", "accuracy", 0.88, 1.0, -0.12, -0.19, -0.06, 100, 12, 0, 12, 0.0005)
    found = (SliceComparison("language", str(number), comparison, 0.001, number == 0) for number in range(slices))
    return Verdict(False, (), (comparison,), slices=tuple(found))


def test_slices_have_a_table_with_what_is_worse_first_and_are_all_in_the_file() -> None:
    told, _, _, _, first, second = slice_lines(GateSpec(), sliced(2))
    assert told.startswith("Against the champion: 2 slices of at least 50 rows, a head at a time; p after Holm's")
    figures = "| intent | 100 | 0.8800 | 1.0000 | -0.1200 | -0.1900 to -0.0600 | 0 / 12 | 0.001 |"
    assert (first, second) == (f"| language 0 {figures} worse |", f"| language 1 {figures}  |")
    assert slice_lines(GateSpec(), sliced(SHOWN_SLICES + 3))[-1] == "and 3 more, in which the two differ less"
    table = slice_table(sliced(20))
    assert len(table["data"]) == 20 and all(len(line) == len(table["columns"]) for line in table["data"])


def test_a_bundle_alone_is_scored_by_slice_with_the_worst_first_and_what_no_row_tells_left_open() -> None:
    scores = [SliceScore("language", "de", 40, (0.5, None)), SliceScore("length", "1 to 3 words", 1_200, (0.9, 0.25))]
    _, _, first, second = slice_score_lines(["intent", "slots"], scores)
    assert (first, second) == ("| language de | 40 | 0.5000 |  |", "| length 1 to 3 words | 1,200 | 0.9000 | 0.2500 |")
    assert slice_score_lines(["intent", "slots"], scores[:1] * 20)[-1] == "and 8 more, better at intent"
    assert slice_score_lines(["intent"], []) == [] and slice_lines(GateSpec(), sliced(0)) == []
