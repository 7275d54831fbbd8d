"""What a person sees of a comparison."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from deploy.evaluation.comparison import VariantResult
from flows.cli.printing import shown
from schemas.spec.variants import BUDGET
from tasks.reports.comparison import Compared
from tasks.settings import Settings


def show_compared(console: Console, done: Compared, settings: Settings) -> None:
    """Print gains, costs, the recommended grouping, and where the page lies."""
    found = done.comparison
    seeds = ", ".join(map(str, found.seeds))
    title = (
        f"{found.product}, {found.utterances:,} {found.split} rows, seeds {seeds}; points above 0: better than alone"
    )
    console.print(_gains(found.results, title))
    console.print(_costs(found.results))
    if found.grouping:
        groups = ", ".join(" + ".join((*group.main, *group.auxiliary)) for group in found.grouping.groups)
        console.print(f"For at most {found.trunks} trunks: {groups}; predicted gain {found.grouping.gain:+.2g}",
                      highlight=False, markup=False)  # fmt: skip
        for reason in found.grouping.reasons:
            console.print(shown(f"  {reason}"))
    console.print(f"\n[dim]{BUDGET}[/dim]", highlight=False)
    console.print(shown(f"Page:        {settings.home / done.page}"), soft_wrap=True)
    console.print(f"Look inside: trunkline ui      (MLflow run {done.run_id[:8]} and its children)", highlight=False)


def _gains(results: tuple[VariantResult, ...], title: str) -> Table:
    table = _narrow(title)
    for column in ("variant", "head"):
        table.add_column(column)
    for column in ("score", "alone", "points"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("interval", no_wrap=True)
    table.add_column("finding")
    for variant in results:
        for number, head in enumerate(variant.heads):
            t = head.transfer
            finding = "better" if t.difference.low > 0 else ""
            if t.is_negative:
                suspect = f", by {head.suspect.head}?" if head.suspect else ""
                finding = f"[red]worse{suspect}[/red]"
            table.add_row(
                "" if number else variant.name,
                t.head,
                f"{100 * t.score.value:.1f}",
                f"{100 * t.baseline.value:.1f}",
                f"{100 * t.difference.value:+.1f}",
                f"{100 * t.difference.low:+.1f} … {100 * t.difference.high:+.1f}",
                finding,
                end_section=number == len(variant.heads) - 1,
            )
    return table


def _costs(results: tuple[VariantResult, ...]) -> Table:
    title = "cost, in times of hard; a step and an answer timed turn by turn at the end"
    table = _narrow(title)
    table.add_column("variant")
    for column in ("gain %", "parameters", "bundle MB", "step ms", "device ms"):
        table.add_column(column, justify="right", no_wrap=True)
    hard = results[0].cost
    for variant in results:
        cost = variant.cost
        table.add_row(
            variant.name,
            f"{variant.gain:+.1f}" if variant.gain is not None else "-",
            f"{cost.parameters / 1e6:.2f} M ({cost.parameters / hard.parameters:.1f})",
            f"{cost.size_bytes / 1e6:.1f} {cost.precision} ({cost.size_bytes / hard.size_bytes:.1f})",
            f"{cost.step_ms:.0f} ({cost.step_ms / hard.step_ms:.1f})",
            f"{cost.device_ms:.2f} ({cost.device_ms / hard.device_ms:.1f})",
        )
    return table


def _narrow(title: str) -> Table:
    """Return a table that fits into a log of 80 columns; per cent and all digits are on the page."""
    return Table(
        title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False, show_edge=False, collapse_padding=True
    )
