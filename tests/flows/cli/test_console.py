from __future__ import annotations

from io import StringIO

from rich.console import Console

from flows.cli.console import bars, score_table
from tasks.progress import EpochEnded, GivenUp, Noticed, SourcedEvent, Started, tell


def test_a_notice_is_printed_as_it_is() -> None:
    console = Console(file=StringIO(), width=200)
    with bars(console):
        tell(Noticed("the alias [champion] was moved"))
    assert console.file.getvalue() == "the alias [champion] was moved\n"  # type: ignore[attr-defined]


def test_a_head_that_no_row_labels_has_no_figures_in_the_table() -> None:
    console = Console(file=StringIO(), width=200)
    console.print(score_table({"intent": {"accuracy": 0.5}, "mood": {}}, "4 rows"))
    printed = console.file.getvalue()  # type: ignore[attr-defined]
    assert "│ intent │ accuracy         │ 0.5000 │\n│ mood   │ no labelled rows │        │" in printed


def test_a_trial_that_was_given_up_says_why() -> None:
    console = Console(file=StringIO(), width=200)
    with bars(console):
        for event in (Started("train", "not done before"), EpochEnded("train", 1, 0.5), GivenUp("train", "pruned")):
            tell(SourcedEvent("trial 3", event, "train"))
    assert console.file.getvalue() == "trial 3              pruned\n"  # type: ignore[attr-defined]
