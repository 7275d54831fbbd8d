"""What a person sees of a comparison."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from schemas.trials import BUDGET
from tasks.compare_records import Compared, RowResult
from tasks.settings import Settings


def show_compared(console: Console, done: Compared, settings: Settings) -> None:
    """Print gains, costs, the recommended grouping, and where the page lies."""
    found = done.comparison
    seeds = ", ".join(map(str, found.seeds))
    title = f"{found.product}: {found.split} rows, {found.utterances:,}; seeds {seeds}; positive is better than alone"
    console.print(_gains(found.results, title))
    console.print(_costs(found.results))
    if found.grouping:
        groups = ", ".join(" + ".join((*group.main, *group.auxiliary)) for group in found.grouping.groups)
        console.print(f"For at most {found.trunks} trunks: {groups}; predicted gain {found.grouping.gain:+.2g}",
                      highlight=False, markup=False)  # fmt: skip
        for reason in found.grouping.reasons:
            console.print(f"  {reason}", highlight=False, markup=False)
    console.print(f"\n[dim]{BUDGET}[/dim]", highlight=False)
    console.print(f"Page:        {settings.home / done.page}", soft_wrap=True, markup=False, highlight=False)
    console.print(f"Look inside: trunkline ui      (MLflow run {done.run_id[:8]} and its children)", highlight=False)


def _gains(results: tuple[RowResult, ...], title: str) -> Table:
    table = Table(title=title, title_justify="left")
    for column in ("row", "head", "metric"):
        table.add_column(column)
    for column in ("score", "alone", "points", "interval", "gain %"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("finding")
    for row in results:
        for number, head in enumerate(row.heads):
            t = head.transfer
            finding = "better" if t.difference.low > 0 else ""
            if t.is_negative:
                source = f", suspect: {head.suspect.head}" if head.suspect else ""
                finding = f"[red]negative transfer{source}[/red]"
            table.add_row(
                "" if number else row.name,
                t.head,
                t.metric,
                f"{100 * t.score.value:.2f}",
                f"{100 * t.twin.value:.2f}",
                f"{100 * t.difference.value:+.2f}",
                f"{100 * t.difference.low:+.2f} to {100 * t.difference.high:+.2f}",
                f"{t.gain.value:+.2f}" if t.gain else "-",
                finding,
                end_section=number == len(row.heads) - 1,
            )
    return table


def _costs(results: tuple[RowResult, ...]) -> Table:
    table = Table(title="cost, and times hard; times taken turn by turn at the end", title_justify="left")
    table.add_column("row")
    for column in ("mean gain %", "parameters", "bundle", "step", "device"):
        table.add_column(column, justify="right", no_wrap=True)
    hard = results[0].cost
    for row in results:
        cost = row.cost
        table.add_row(
            row.name,
            f"{row.gain:+.2f}" if row.gain is not None else "-",
            f"{cost.parameters:,} ({cost.parameters / hard.parameters:.2f}x)",
            f"{cost.size_bytes / 1e6:.2f} MB {cost.precision} ({cost.size_bytes / hard.size_bytes:.2f}x)",
            f"{cost.step_ms:.1f} ms ({cost.step_ms / hard.step_ms:.2f}x)",
            f"{cost.device_ms:.2f} ms ({cost.device_ms / hard.device_ms:.2f}x)",
        )
    return table
