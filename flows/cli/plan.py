"""`trunkline plan`: what a retrain would do and why, without doing it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from flows.cli.console import ago, how_long
from flows.cli.printing import print_json, shown
from schemas.spec.load import load_spec
from schemas.spec.product import Spec
from tasks.cache.keys import validation_key
from tasks.cache.store import FinishedStep, Unfinished, lookup, seconds_of
from tasks.chain import CHAIN, look_up
from tasks.machine import differing, numerics
from tasks.records import Validated
from tasks.settings import Settings
from tasks.tracking.champion import champion_of

RECENT = 5
"""Earlier runs that the expected time is the median of."""


@dataclass(frozen=True)
class PlannedStep:
    """One step of the chain, as it would go now."""

    step: str
    runs: bool
    why: str
    expected_s: float | None
    """Seconds; None when no earlier run tells."""


def show_plan(spec: Path, data: list[Path], overrides: list[str], *, as_json: bool) -> None:
    """Print the steps, the champion, and the time it would take."""
    what = load_spec(spec, data=data, overrides=overrides)
    settings = Settings.from_environment()
    source = validation_key(what).parts["data"]
    steps = plan_steps(what, settings.cache)
    champion = champion_of(settings.repository, what.name, what.release.channel)
    waiting = [step.expected_s for step in steps if step.runs]
    known = [seconds for seconds in waiting if seconds is not None]
    expected = sum(known) if len(known) == len(waiting) else None
    others = differing(numerics(), champion.numerics) if champion else {}
    if as_json:
        value = {
            "product": what.name,
            "source_digest": source,
            "data_digest": _data_digest(what, settings.cache),
            "champion": asdict(champion) if champion else None,
            "steps": [asdict(step) for step in steps],
            "expected_s": expected,
            "numerics": {name: {"here": here, "champion": there} for name, (here, there) in others.items()},
        }
        print_json(value)
        return
    console = Console()
    console.print(plan_table(what.name, steps))
    in_force = f"version {champion.version}, bundle {champion.bundle_id[:12]}" if champion else "none yet"
    for name, (here, there) in others.items():
        told = f"{name} {here}; the champion was trained with {there}: the same work gives other weights"
        console.print(f"numerics:      {shown(told)}", highlight=False, soft_wrap=True)
    console.print(f"source digest: {source[:16]}\nchampion:      {in_force}", highlight=False)
    console.print(f"expected time: {_expectation(expected)}", highlight=False)


def _expectation(seconds: float | None) -> str:
    if seconds is None:
        return "not known, as a step has not run in this home yet"
    if not seconds:
        return "a few seconds to start, and nothing to do"
    return f"{how_long(seconds)} as the last runs here took, whatever their rows and epochs; and some seconds to start"


def plan_table(product: str, steps: list[PlannedStep]) -> Table:
    """Return a table of the steps, a row each."""
    table = Table(title=f"retrain {product}", title_justify="left")
    for column in ("step", "would", "why", "expected"):
        table.add_column(column)
    for step in steps:
        seconds = "" if not step.runs else "unknown" if step.expected_s is None else how_long(step.expected_s)
        table.add_row(step.step, "run" if step.runs else "be skipped", shown(step.why), seconds)
    return table


def plan_steps(spec: Spec, cache: Path) -> list[PlannedStep]:
    """Return the steps in order. A key needs the outputs of the steps before, so behind one that runs all is open."""
    steps = [_planned(step, found, cache) for step, found in look_up({"spec": spec}, cache)]
    names = [link.step for link in CHAIN if link.key is not None]
    last = steps[-1]
    later = names[names.index(last.step) + 1 :]
    return steps + [PlannedStep(step, True, f"as {last.step} runs before it", _expected(cache, step)) for step in later]


def _planned(step: str, found: FinishedStep | Unfinished, cache: Path) -> PlannedStep:
    if isinstance(found, Unfinished):
        return PlannedStep(step, True, found.why, _expected(cache, step.partition(" ")[0]))
    return PlannedStep(step, False, f"same input and code, done {ago(found.finished_at)}", None)


def _data_digest(spec: Spec, cache: Path) -> str | None:
    found = lookup(cache / validation_key(spec).cache_path, Validated)
    return found.record.digest if isinstance(found, FinishedStep) else None


def _expected(cache: Path, step: str) -> float | None:
    earlier = seconds_of(cache, step)[:RECENT]
    return median(earlier) if earlier else None
