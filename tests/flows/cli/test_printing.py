"""Labels, texts and paths come from outside: what is printed of them obeys no one."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from flows.cli.champions import history_text
from flows.cli.console import show_validated
from flows.cli.demo import answer_table
from flows.cli.doctor import Check, health_table
from flows.cli.errors import report
from flows.cli.plan import PlannedStep, plan_table
from flows.cli.printing import print_json, shown
from schemas.data.issues import DataIssue
from schemas.errors import UserError
from tasks.records import Validated
from tasks.settings import Settings
from tasks.tracking.promotions import Promotion
from trunkline_edge.understanding.result import Intent, Result, Slot

HOSTILE = "pay\x1b]0;owned\x07 \x9b2J\u202enow\u2028[red]$_$[/red][link=http://evil]\x85x"
ESCAPED = r"pay\u001b]0;owned\u0007 \u009b2J\u202enow\u2028[red]$_$[/red][link=http://evil]\u0085x"


def printed(renderable: Any) -> str:
    """What a terminal gets, without the styles that are ours."""
    console = Console(file=io.StringIO(), width=400, force_terminal=True, color_system=None, highlight=False)
    console.print(renderable)
    return console.file.getvalue()


def promotion() -> Promotion:
    return Promotion(
        "home", "local", "0" * 64, 2, None, None, (HOSTILE,), "owner", "2026-11-26T12:00:00+00:00", "person"
    )


def answer() -> Result:
    slot = Slot(HOSTILE, HOSTILE, HOSTILE, 0, 1, 0.5)
    return Result(HOSTILE, "en", "0" * 64, (Intent(HOSTILE, 0.5, (slot,)),), None, {}, False, None, 1.0, {})


@pytest.mark.parametrize(
    "table",
    [
        shown(HOSTILE),
        answer_table([answer()]),
        health_table([Check("promotion", "note", HOSTILE)]),
        plan_table("home", [PlannedStep("train", True, HOSTILE, None)]),
        history_text([promotion()], [], 400),
    ],
    ids=["text", "demo", "doctor", "plan", "history"],
)
def test_a_hostile_label_is_printed_in_escapes_and_as_no_markup(table: Any) -> None:
    found = printed(table)
    assert ESCAPED in found
    assert not set(found) & set("\x1b\x07\x9b\u202e\u2028\x85")


def test_a_data_issue_about_a_hostile_label_steers_no_terminal(tmp_path: Path) -> None:
    console = Console(file=io.StringIO(), width=400)
    issues = (DataIssue("rare_label", f"intent: {HOSTILE} has 1 row"),)
    data = Validated("data", "0" * 64, {"train": 1}, 1, 0, {}, None, issues)
    show_validated(console, data, Settings.from_environment())
    found = console.file.getvalue()
    assert f"rare_label: intent: {ESCAPED} has 1 row\n" in found


@pytest.mark.parametrize(("error", "code"), [(UserError(HOSTILE), 2), (RuntimeError(HOSTILE), 1)])
def test_an_error_that_quotes_a_hostile_label_steers_no_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], error: Exception, code: int
) -> None:
    assert report(error, tmp_path) == code
    found = capsys.readouterr().err
    assert ESCAPED in found
    assert not set(found) & set("\x1b\x07\x9b\u202e\u2028\x85")


def test_json_for_a_program_is_one_line_of_the_same_value(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"label": HOSTILE})
    found = capsys.readouterr().out
    assert json.loads(found) == {"label": HOSTILE}
    assert len(found.splitlines()) == 1
