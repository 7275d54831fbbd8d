"""What a person sees of a comparison."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from flows.terminal import SAYS, ago
from schemas.trials import BUDGET
from tasks.compare_records import Compared, RowResult
from tasks.progress import Advanced, Began, Event, Finished, Found, Of, listening
from tasks.settings import Settings

LAST = "score"
"""The step that ends a trial."""


@contextmanager
def trial_bars(console: Console) -> Iterator[None]:
    """Draw a bar for each trial that is under way in this block; without a terminal, a line for each that is done."""
    columns = (
        TextColumn("{task.description:<26}"),
        BarColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[what]}"),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress, listening(_Bars(progress)):
        yield


class _Bars:
    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.bars: dict[str, TaskID] = {}

    def __call__(self, event: Event) -> None:
        match event:
            case Of(who, inner):
                self._show(who, inner)
            case Began() | Advanced() | Finished() if event.step in ("validate", "measure"):
                self._show(SAYS[event.step], event)
            case _:  # the flow finds what the workers have done and told
                pass

    def _show(self, who: str, event: Event) -> None:
        if who not in self.bars:
            self.bars[who] = self.progress.add_task(who, total=None, what="")
        bar = self.bars[who]
        match event:
            case Began(step):
                self.progress.update(bar, what=SAYS[step])
            case Advanced("train" | "measure" | "validate", done, total, what):
                self.progress.update(bar, completed=done, total=total, what=what)
            case Finished(step):
                if step in (LAST, "validate", "measure"):
                    self._end(who, "")
            case Found("score", finished_at):
                self._end(who, f"[dim]skipped: same input and code, done {ago(finished_at)}[/dim]")

    def _end(self, who: str, what: str) -> None:
        bar = self.bars[who]
        seconds = self.progress.tasks[bar].elapsed or 0
        self.progress.update(bar, visible=False)
        self.progress.stop_task(bar)
        note = what or f"{seconds:.0f} s"
        self.progress.console.print(f"{who:<26} {note}", highlight=False)


def show_compared(console: Console, done: Compared, settings: Settings) -> None:
    """Print gains, costs, the recommended grouping, and where the page lies."""
    found = done.comparison
    seeds = ", ".join(map(str, found.seeds))
    title = f"{found.product}: {found.split} rows, {found.utterances:,}; seeds {seeds}; positive is better than alone"
    console.print(_gains(found.results, title))
    console.print(_costs(found.results))
    if found.grouping:
        groups = " ".join(f"({', '.join(group)})" for group in found.grouping.groups)
        console.print(f"For {found.grouping.trunks} trunks: {groups}, predicted gain {found.grouping.predicted:+.4f}",
                      highlight=False, markup=False)  # fmt: skip
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
