from __future__ import annotations

from deploy.evaluation.verdict import HeadComparison, Verdict
from tasks.records import Scored
from tasks.reports.verdict import verdict_markdown

SCORED = Scored("score/x", "ab" * 32, "test", 1200, {}, 0.9, {"p50": 0.4})


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
