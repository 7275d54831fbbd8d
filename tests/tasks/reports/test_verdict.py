from __future__ import annotations

from tasks.records import Champion, Compared, Judged, Scored
from tasks.reports.verdict import verdict_markdown

SCORED = Scored("score/x", "ab" * 32, "test", 1200, {}, 0.9, {"p50": 0.4})


def test_the_page_shows_both_scores_of_every_head() -> None:
    judged = Judged(
        promote=False,
        is_champion=False,
        reasons=("intent is worse than the margin allows",),
        comparisons=(Compared("intent", "accuracy", 0.95, 0.97, -0.02, -0.03, -0.01),),
    )
    assert verdict_markdown("home", judged, SCORED, Champion("cd" * 32, 4, "e" * 64)) == (
        "# home: kept as challenger\n"
        "\n"
        "Challenger abababababab against champion version 4 (cdcdcdcdcdcd), on 1,200 test rows.\n"
        "\n"
        "- intent is worse than the margin allows\n"
        "\n"
        "| head | metric | challenger | champion | difference | interval |\n"
        "|---|---|--:|--:|--:|---|\n"
        "| intent | accuracy | 0.9500 | 0.9700 | -0.0200 | -0.0300 to -0.0100 |"
    )


def test_without_a_champion_there_is_no_table() -> None:
    judged = Judged(promote=True, is_champion=False, reasons=("there is no champion yet",), comparisons=())
    page = verdict_markdown("home", judged, SCORED, None)
    assert page.startswith("# home: promoted\n")
    assert "no champion yet" in page and "|" not in page
