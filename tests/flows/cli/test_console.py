from __future__ import annotations

from io import StringIO

from rich.console import Console

from flows.cli.console import bars, rejection_lines
from tasks.progress import Noticed, tell

FOUND = {
    "outside_accepted": 0.49, "outside_wished": 0.05, "outside_rows": 120,
    "wrong_accepted": 0.25, "wrong_rows": 12, "right_rejected": 0.01,
}  # fmt: skip


def test_what_gets_through_is_told_beside_the_wish_with_a_warning_where_it_is_missed() -> None:
    told, warning = rejection_lines(FOUND)
    assert told == (
        "let through: 49.0% of 120 outside utterances (wished: 5.0% or less), 25.0% of 12 wrong answers; "
        "turned down: 1.0% of right answers"
    )
    assert warning.startswith("warning: more gets through than wished: add rows labelled `oos`")
    assert len(rejection_lines({**FOUND, "outside_accepted": 0.05})) == 1


def test_a_bundle_that_rejects_nothing_says_so() -> None:
    (warning,) = rejection_lines(None)
    assert warning.startswith("warning: nothing is rejected, whatever is said")


def test_a_notice_is_printed_as_it_is() -> None:
    console = Console(file=StringIO(), width=200)
    with bars(console):
        tell(Noticed("the alias [champion] was moved"))
    assert console.file.getvalue() == "the alias [champion] was moved\n"  # type: ignore[attr-defined]
