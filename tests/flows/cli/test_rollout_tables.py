from __future__ import annotations

from io import StringIO

from rich.console import Console

from flows.cli.rollout_tables import device_table
from tests.deploy.rollout.conftest import report
from trunkline_edge.update.decisions import Pointer

FIRST, OTHER, STRANGE = (digit * 64 for digit in "abc")


def test_both_precisions_of_a_bundle_are_of_its_version() -> None:
    console = Console(file=StringIO(), width=100, record=True)
    reports = [report(number, active=active) for number, active in enumerate((FIRST, OTHER, OTHER, STRANGE))]
    console.print(device_table(reports, Pointer("tiny", FIRST, 7, 2), None, {FIRST: OTHER}))
    shown = console.export_text()
    assert [f"version 7, {each[:12]}" in shown for each in (FIRST, OTHER, STRANGE)] == [True, True, False]
