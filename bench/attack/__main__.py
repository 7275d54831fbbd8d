"""Run all attacks and print one table; exits with 1 if any ended in a traceback or passed in silence."""

from __future__ import annotations

import argparse
import importlib
import pkgutil

from rich.console import Console
from rich.table import Table

import bench.attack
from bench.attack import COUNTED, Attack

WIDTH = 130
"""Of the table, also where no terminal tells another: long names of attacks stay on one line."""


def main() -> int:
    """Attack every area in turn."""
    parser = argparse.ArgumentParser(prog="python -m bench.attack", description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=30.0, help="for each area; `disks` and `machines` take more")
    parser.add_argument("--inputs", type=int, default=0, metavar="N", help=f"of each kind, in {', '.join(COUNTED)}")
    areas = [found.name for found in pkgutil.iter_modules(bench.attack.__path__) if found.name != "__main__"]
    parser.add_argument("areas", nargs="*", choices=[*areas, "all"], default="all")
    options = parser.parse_args()
    rows: list[Attack] = []
    for area in areas if "all" in options.areas else options.areas:
        counted = (options.inputs,) if area in COUNTED else ()
        rows += importlib.import_module(f"bench.attack.{area}").attack(options.seed, options.seconds, *counted)
    console = Console(width=max(WIDTH, Console().width))
    console.print(_table(rows, f"seed {options.seed}, {options.seconds:g} s an area"))
    return int(any(row.tracebacks or row.silent for row in rows))


def _table(rows: list[Attack], title: str) -> Table:
    table = Table(title=title, title_justify="left")
    for column in ("area", "attack"):
        table.add_column(column)
    for column in ("tried", "refused", "accepted", "tracebacks", "silent", "slowest ms"):
        table.add_column(column, justify="right")
    for row in rows:
        counts = (row.tried, row.refused, row.accepted, row.tracebacks, row.silent)
        table.add_row(row.area, row.kind, *(f"{count:,}" for count in counts), f"{row.slowest_ms:,.0f}")
    return table


if __name__ == "__main__":
    raise SystemExit(main())
