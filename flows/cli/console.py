"""What a person sees while steps work and when they are done."""

from __future__ import annotations

import shlex
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from flows.cli.printing import shown
from flows.cli.trial_bars import TrialBars
from tasks.chain import SAYS
from tasks.progress import Advanced, Event, Finished, Noticed, Skipped, SourcedEvent, Started, listening
from tasks.records import Retrained, Validated
from tasks.reports.verdict import headline, rejection_lines
from tasks.settings import Settings

if TYPE_CHECKING:
    from schemas.data.validate import Validation


@contextmanager
def bars(console: Console, told: Collection[str] = ()) -> Iterator[None]:
    """Draw a bar for each step that tells of itself in this block, and a line for each that is skipped.

    Of the steps in `told` a person knows already that they are done.
    """
    columns = (
        TextColumn("{task.description:<20}"),
        BarColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[what]}"),
    )
    # Without a terminal nobody watches bars grow: there is a line for each step instead.
    with (
        Progress(*columns, console=console, disable=not console.is_terminal) as progress,
        listening(_Bars(progress, told)),
    ):
        yield


class _Bars:
    def __init__(self, progress: Progress, told: Collection[str]) -> None:
        self.progress = progress
        self.bars: dict[str, TaskID] = {}
        self.skipped = set(told)
        self.trials = TrialBars(progress)

    def __call__(self, event: Event) -> None:
        if isinstance(event, SourcedEvent):
            self.trials(event)
            return
        if isinstance(event, Noticed):
            self.progress.console.print(shown(event.message), soft_wrap=True)
            return
        name = SAYS[event.step]
        match event:
            case Skipped() if event.step not in self.skipped:
                self.skipped.add(event.step)
                age = ago(event.finished_at)
                self.progress.console.print(f"{name:<20} [dim]skipped: same input and code, done {age}[/dim]")
            case Started():
                self.bars[event.step] = self.progress.add_task(name, total=None, what=f"[dim]{event.why}[/dim]")
            case Advanced():
                self.progress.update(self.bars[event.step], completed=event.done, total=event.total, what=event.what)
            case Finished():
                bar = self.bars[event.step]
                what = str(self.progress.tasks[bar].fields["what"])
                kept = "" if what.startswith("[dim]") else what  # the reason it ran is of no interest any more
                self.progress.update(bar, total=100, completed=100, what=kept)
                self.progress.stop_task(bar)
                if self.progress.disable:
                    self.progress.console.print(f"{name:<20} done in {how_long(event.seconds)}", highlight=False)


def ago(moment: float) -> str:
    """Return how long ago a moment was, in whole units."""
    seconds = max(0, int(time.time() - moment))
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= size:
            return f"{seconds // size} {unit}{'s' if seconds >= 2 * size else ''} ago"
    return "just now"


def how_long(seconds: float) -> str:
    """Return a duration as a person says it."""
    return f"{seconds:.0f} s" if seconds < 120 else str(timedelta(seconds=round(seconds)))


def show_validated(console: Console, data: Validated, settings: Settings) -> None:
    """Print what became of the rows."""
    table = Table(title="rows", title_justify="left", show_header=False, box=None)
    table.add_row("read", f"{data.read:,}")
    for split, rows in data.counts.items():
        table.add_row(f"  {split}", f"{rows:,}")
    table.add_row("quarantined", f"{data.quarantined:,}")
    table.add_row("digest", data.digest[:16])
    console.print(table)
    if data.reasons:
        console.print(reason_table(data.reasons, data.examples))
    for issue in data.data_issues:
        _say(console, f"{issue.code}: {issue.message}")
    if data.quarantine:
        _say_where(console, settings.quarantine / data.quarantine)


def show_refused(console: Console, outcome: Validation) -> None:
    """Print why the rows are no data set, all but the sentence that says so: that is the error's."""
    if outcome.reasons:
        console.print(f"read {outcome.read:,} rows, bad {outcome.quarantined:,}", highlight=False)
        console.print(reason_table(outcome.reasons, outcome.examples))
    if outcome.quarantine:
        _say_where(console, outcome.quarantine)


def _say_where(console: Console, quarantine: Path) -> None:
    _say(console, f"All bad rows as they were found: trunkline quarantine {shlex.quote(str(quarantine))}")


def reason_table(reasons: Mapping[str, int], examples: Mapping[str, str]) -> Table:
    """Return a table of why rows are bad, the most frequent reason first."""
    from schemas.data.contract import REASONS  # loads polars, which not every command needs

    table = Table(title="bad rows", title_justify="left")
    table.add_column("rows", justify="right")
    table.add_column("rule", ratio=2)
    table.add_column("first example", ratio=3, overflow="fold")
    for code, rows in reasons.items():
        found = examples[code].replace(f"{REASONS[code]}; ", "")  # the rule stands beside it
        table.add_row(f"{rows:,}", REASONS[code], shown(found))
    return table


def show_retrained(console: Console, done: Retrained, settings: Settings) -> None:
    """Print scores, verdict, and where to look next."""
    console.print(score_table(done.scored.metrics, f"{done.scored.split} rows, {done.scored.rows:,}"))
    figures = in_short(done.scored.sentence_accuracy, done.scored.action_accuracy, done.scored.latency_ms)
    console.print(f"{figures}, bundle {done.bundle.size_bytes / 1e6:.1f} MB")
    for line in rejection_lines(done.bundle.rejection):
        _say(console, line)
    champion = done.in_force.version if done.in_force else None
    version = done.registered.version
    stays = f"; version {champion} stays champion" if champion not in (None, version) else ""
    console.print(f"[bold]{headline(done.judged)}[/bold]: version {version} of {done.product}{stays}")
    for reason in done.judged.reasons:
        _say(console, f"  {reason}")
    if done.data.quarantine:
        _say_where(console, settings.quarantine / done.data.quarantine)
    _say(console, "")
    if champion is not None:
        _say(console, f'Ask it:      trunkline parse --product {done.product} "your sentence"')
        _say(console, f"To a device: trunkline pack {done.product} {done.product}.tlb")
    if champion != version:
        _say(console, f'Ask the new: trunkline parse --product {done.product} --version {version} "your sentence"')
        _say(console, f"Use the new: trunkline promote {version} --product {done.product} --reason TEXT")
    _say(console, f"Look inside: trunkline ui      (MLflow run {done.run_id[:8]}, Prefect flow runs)")
    _say(console, "History:     trunkline history")


def _say(console: Console, text: str) -> None:
    """Print text as it is: paths unbroken, brackets in labels no markup, and nothing that steers the terminal."""
    console.print(shown(text), soft_wrap=True)


def score_table(metrics: dict[str, dict[str, float]], title: str) -> Table:
    """Return a table of heads and their metrics."""
    table = Table(title=title, title_justify="left")
    table.add_column("head")
    table.add_column("metric")
    table.add_column("value", justify="right")
    for head, values in metrics.items():
        for number, (metric, value) in enumerate(values.items()):
            table.add_row("" if number else head, metric, f"{value:.4f}")
        if not values:
            table.add_row(head, "no labelled rows", "")
    return table


def in_short(sentences: float | None, actions: float | None, latency_ms: Mapping[str, float]) -> str:
    """Return how many sentences and actions are right, where rows tell of these, and what an answer takes."""
    shares = {"sentence accuracy": sentences, "right actions": actions}
    told = [f"{name} {share:.4f}" for name, share in shares.items() if share is not None]
    return ", ".join([*told, *(f"{name} {value:.2f} ms" for name, value in latency_ms.items())])
