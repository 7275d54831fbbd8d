from __future__ import annotations

from io import StringIO

from rich.console import Console

from flows.cli.console import bars
from tasks.progress import Noticed, tell


def test_a_notice_is_printed_as_it_is() -> None:
    console = Console(file=StringIO(), width=200)
    with bars(console):
        tell(Noticed("the alias [champion] was moved"))
    assert console.file.getvalue() == "the alias [champion] was moved\n"  # type: ignore[attr-defined]
