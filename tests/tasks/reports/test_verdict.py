from __future__ import annotations

from deploy.evaluation.verdict import HeadComparison, Verdict
from tasks.records import Scored
from tasks.reports.verdict import rejection_lines, verdict_markdown

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
        comparisons=(HeadComparison("intent", "accuracy", 0.95, 0.97, -0.02, -0.03, -0.01),),
    )
    assert verdict_markdown("home", verdict, SCORED) == (
        "# home: kept as challenger\n"
        "\n"
        "Challenger abababababab against champion cdcdcdcdcdcd, on 1,200 test rows.\n"
        "\n"
        "- intent is worse than the margin allows\n"
        "\n"
        "| head | metric | challenger | champion | difference | interval |\n"
        "|---|---|--:|--:|--:|---|\n"
        "| intent | accuracy | 0.9500 | 0.9700 | -0.0200 | -0.0300 to -0.0100 |"
    )


def test_without_a_champion_there_is_no_table() -> None:
    verdict = Verdict(promote=True, reasons=("there is no champion yet",))
    page = verdict_markdown("home", verdict, SCORED)
    assert page.startswith("# home: promoted\n")
    assert "no champion yet" in page and "|" not in page


def test_what_gets_through_is_told_beside_the_wish_with_a_warning_where_it_is_missed() -> None:
    told, warning = rejection_lines(FOUND)
    assert told == (
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
