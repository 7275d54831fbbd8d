"""`trunkline quarantine`: the bad rows of a set as they were found, each with what is wrong."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from flows.cli.printing import print_json, shown
from flows.cli.validate import spec_or_inferred
from schemas.errors import UserError
from tasks.settings import Settings

ROWS = 20
"""On the terminal; `--json` has all."""


def show_quarantine(what: Path | None, data: list[Path], reason: str, *, as_json: bool) -> None:
    """Print bad rows: of the spec, rows or quarantine named, else of the last set that had any.

    data: rows in place of the spec's.
    """
    folder = Settings.from_environment().quarantine
    if what is None:
        if data:
            raise UserError(f"--data {data[0]}: name the spec too, `trunkline quarantine SPEC --data {data[0]}`")
        path = _latest(folder)
    else:
        path = what if _is_in(what, folder) else _of(what, data, folder)
    rows = _read(path)
    if reason:
        _check(reason, rows)
        rows = [row for row in rows if reason in row["reasons"]]
    if as_json:
        print_json({"quarantine": str(path) if path else None, "rows": rows})
        return
    console = Console()
    if not rows:
        console.print("No bad rows.")
        return
    whose = "" if what else " of the last set that had any"
    table = Table(title=f"bad rows{whose}, {len(rows):,}", title_justify="left", show_lines=True)
    table.add_column("row", overflow="fold", ratio=2)
    table.add_column("wrong", overflow="fold", ratio=3)
    table.add_column("as it was found", overflow="fold", ratio=3)
    for row in rows[:ROWS]:
        table.add_row(
            shown(f"{row['file']} line {row['line']}"),
            shown("\n".join(f"{code}: {told}" for code, told in zip(row["reasons"], row["messages"], strict=False))),
            shown(row["raw"][:300]),
        )
    console.print(table)
    if len(rows) > ROWS:
        console.print(f"and {len(rows) - ROWS:,} more: --json prints all, --reason CODE those with one reason")
    console.print(shown(f"All as a Parquet file: {path}"), soft_wrap=True)


def _is_in(path: Path, folder: Path) -> bool:
    return path.exists() and path.resolve().parent == folder.resolve()


def _of(what: Path, data: list[Path], folder: Path) -> Path | None:
    from schemas.data.digest import source_digest

    path = folder / f"{source_digest(spec_or_inferred(what, data, []))[:16]}.parquet"
    return path if path.exists() else None


def _latest(folder: Path) -> Path | None:
    """Return the quarantine that was written last."""
    found = [path for path in folder.glob("*.parquet") if not path.name.startswith(".")]
    return max(found, key=lambda path: path.stat().st_mtime, default=None)


def _read(path: Path | None) -> list[dict[str, Any]]:
    if path is None:
        return []
    from schemas.data.quarantine import read_quarantine

    return read_quarantine(path)


def _check(reason: str, rows: list[dict[str, Any]]) -> None:
    """Refuse a reason that there is none of, but for one that no row here has."""
    from schemas.data.contract import REASONS

    if reason not in REASONS:
        near = difflib.get_close_matches(reason, REASONS, n=1)
        here = sorted({code for row in rows for code in row["reasons"]})
        hint = f"did you mean {near[0]}?" if near else f"here are {', '.join(here) or 'none'}"
        raise UserError(f"--reason {reason}: no such reason; {hint}")
