"""`trunkline sweep`: values of a spec tried on valid rows, at a desk."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from flows.cli.console import bars
from flows.cli.printing import print_json, shown
from flows.cli.start import start
from flows.cli.stop import stoppable
from schemas.errors import UserError
from schemas.spec.load import load_spec
from schemas.spec.search import Search, plan_search
from tasks.progress import overheard_by
from tasks.records import Attempt, Swept
from tasks.settings import Settings

SHOWN = 10


def run_sweep(
    spec: Path,
    over: list[str],
    data: list[Path],
    overrides: list[str],
    *,
    trials: int,
    jobs: int,
    as_json: bool,
) -> Swept:
    """Run a sweep and show what came of it."""
    search = plan_search(load_spec(spec, data=data, overrides=overrides), over)  # a typing error is told at once
    with stoppable() as steps:
        console = start("sweep", as_json=as_json)
        from flows.cli.stale_runs import tagged_with_process
        from flows.sweep import sweep
        from tasks.runners import THREADS, task_runner
        from tasks.trials.processes import room_for

        at_once = room_for(jobs)
        runner: Any = task_runner(Settings.from_environment().runner or THREADS, at_once)
        here = sweep.with_options(task_runner=runner)  # Prefect's types do not take its own runners
        with bars(console), overheard_by(steps), tagged_with_process():
            done = here(spec, over, data, overrides, trials, at_once)
    if as_json:
        print_json(asdict(done))
    else:
        show_swept(console, search, done, Settings.from_environment())
    if done.best is None:
        raise UserError("no trial came to its end; search elsewhere, or put right what they say")
    return done


def show_swept(console: Console, search: Search, done: Swept, settings: Settings) -> None:
    """Print the best trials, what became of the others, and where to look next."""
    ends = {end: sum(each.end == end for each in done.attempts) for end in ("finished", "pruned", "failed")}
    counts = ", ".join(f"{count} {end}" for end, count in ends.items() if count)
    finished = [each for each in done.attempts if each.end == "finished"]
    console.print(
        _table(search, sorted(finished, key=_rank)[:SHOWN], f"{done.product}: {counts} of {len(done.attempts)} trials")
    )
    for each in done.attempts:
        if each.end == "failed":
            console.print(shown(f"trial {each.number} failed: {each.why}"), soft_wrap=True)
    if done.best is None or done.spec is None:
        return
    console.print(shown(_sentence(done.best, done.own)), soft_wrap=True)
    console.print(shown(f"\nUse it:      trunkline retrain {settings.home / done.spec}"), soft_wrap=True)
    console.print("More trials: the same command with a higher --trials goes on from these", highlight=False)
    console.print(f"Look inside: trunkline ui      (MLflow run {done.run_id[:8]} and its children)", highlight=False)


def _sentence(best: Attempt, own: Attempt | None) -> str:
    found = f"Trial {best.number} is best: {best.score:.4f} on valid rows"
    if own is None:
        return f"{found}. The spec's own values are not among those that were searched."
    if own.number == best.number:
        return f"{found}. These are the spec's own values: nothing better was found."
    return (
        f"{found}, {own.score:.4f} with the spec's own values. The best of many owes some of that to luck; "
        "retrain judges it on test rows."
    )


def _table(search: Search, best: list[Attempt], title: str) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column("trial", justify="right")
    table.add_column("score", justify="right")
    for field in search.over:
        table.add_column(field, overflow="fold")
    table.add_column("epochs", justify="right")
    for each in best:
        values = [_value(each.values[field]) for field in search.over]
        table.add_row(str(each.number), f"{each.score:.4f}", *map(shown, values), str(each.epochs))
    return table


def _value(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _rank(attempt: Attempt) -> tuple[float, int]:
    return -(attempt.score or 0.0), attempt.number
