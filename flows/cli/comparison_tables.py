"""What a person sees of a comparison."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from deploy.evaluation.comparison import Comparison, HeadResult, VariantCost, VariantResult
from flows.cli.printing import shown
from schemas.spec.variants import GROUPED
from tasks.reports.comparison import Compared
from tasks.settings import Settings


def show_compared(console: Console, done: Compared, settings: Settings) -> None:
    """Print gains, costs, what the recommended groups came to, what to doubt, and where the page lies."""
    found = done.comparison
    seeds = ", ".join(map(str, found.seeds))
    title = (
        f"{found.product}, {found.utterances:,} {found.split} rows, seeds {seeds}; points above 0: better than alone"
    )
    console.print(_gains(found.results, title))
    console.print(_costs(found))
    console.print(shown(found.conclusion))
    for line in _grouping(found):
        console.print(shown(line))
    for warning in found.warnings:
        console.print(f"[yellow]note:[/yellow] {warning}", highlight=False)
    console.print(
        f"\n[dim]Findings are corrected for {found.intervals} intervals (Holm), the intervals are not. "
        f"{found.budget}[/dim]",
        highlight=False,
    )
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
            table.add_row(
                "" if number else variant.name,
                t.head,
                f"{100 * t.score.value:.1f}",
                f"{100 * t.baseline.value:.1f}",
                *(("", "", "alone here too") if head.is_alone else (*_points(head), _finding(head))),
                end_section=number == len(variant.heads) - 1,
            )
    return table


def _points(head: HeadResult) -> tuple[str, str]:
    d = head.transfer.difference
    return f"{100 * d.value:+.1f}", f"{100 * d.low:+.1f} … {100 * d.high:+.1f}"


def _finding(head: HeadResult) -> str:
    if head.transfer.is_negative:
        return f"[red]worse{f', {head.suspect.head} harms it' if head.suspect else ''}[/red]"
    return "better" if head.transfer.is_positive else ""


def _costs(found: Comparison) -> Table:
    table = _narrow("cost, in times of hard; a step and an answer timed turn by turn at the end")
    table.add_column("variant")
    for column in ("rate", "gain %", "parameters", "bundle MB", "step ms", "device ms"):
        table.add_column(column, justify="right", no_wrap=True)
    hard = found.results[0].cost
    rates = {tuned.net: f"{tuned.rate:g}" for tuned in found.tuned}
    for variant in found.results:
        gain = f"{variant.gain:+.1f}" if variant.gain is not None else "-"
        table.add_row(variant.name, rates.get(variant.name, ""), gain, *_cost(variant.cost, hard))
    table.add_row("each alone", "", "", *_cost(found.alone, hard))
    return table


def _cost(cost: VariantCost, hard: VariantCost) -> tuple[str, str, str, str]:
    return (
        f"{cost.parameters / 1e6:.2f} M ({cost.parameters / hard.parameters:.1f})",
        f"{cost.size_bytes / 1e6:.1f} {cost.precision} ({cost.size_bytes / hard.size_bytes:.1f})",
        f"{cost.step_ms:.0f} ({cost.step_ms / hard.step_ms:.1f})",
        f"{cost.device_ms:.2f} ({cost.device_ms / hard.device_ms:.1f})",
    )


def _grouping(found: Comparison) -> list[str]:
    """Say which heads to train together, what that was to bring, and what it brought."""
    if not found.grouping:
        return []
    groups = " | ".join(" + ".join((*group.main, *group.auxiliary)) for group in found.grouping.groups)
    lines = [f"For at most {found.trunks} trunks the affinities recommend: {groups}"]
    if len(found.grouping.groups) > 1:
        lists = ", ".join(f"[{', '.join((*group.main, *group.auxiliary))}]" for group in found.grouping.groups)
        lines.append(f"  (one product of them: sharing: {{kind: grouped, groups: [{lists}]}})")
    came = next((variant for variant in found.results if variant.name == GROUPED), None)
    measured = {head.transfer.head: head for head in came.heads} if came else {}
    for prediction in found.predictions:
        head = measured.get(prediction.head)
        if head and not head.is_alone:
            foretold = "nothing foretold" if prediction.points is None else f"foretold {prediction.points:+.1f} points"
            lines.append(f"  {prediction.head}: {foretold} against alone, measured {' ('.join(_points(head))})")
    if measured and all(prediction.points is None for prediction in found.predictions):
        lines.append("  (the affinities say the opposite of what hard did to the heads, so they foretell nothing)")
    return lines


def _narrow(title: str) -> Table:
    """Return a table that fits into a log of 80 columns; per cent and all digits are on the page."""
    return Table(
        title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False, show_edge=False, collapse_padding=True
    )
