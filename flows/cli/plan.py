"""`trunkline plan`: what a retrain would do and why, without doing it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import TypeVar

from rich.console import Console
from rich.table import Table

from flows.cli.console import ago, how_long
from flows.printing import print_json, shown
from schemas.spec.product import Spec, load_spec
from schemas.spec.teachers import teachers_of
from tasks.cache.keys import bundle_key, export_key, score_key, training_key, validation_key
from tasks.cache.store import FinishedStep, StepKey, lookup, seconds_of
from tasks.records import Bundled, Exported, Scored, Trained, Validated
from tasks.settings import Settings
from tasks.tracking.champion import champion_of

Record = TypeVar("Record")
STEPS = ("validate", "train", "export", "build", "score")
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
    if as_json:
        value = {
            "product": what.name,
            "source_digest": source,
            "data_digest": _data_digest(what, settings.cache),
            "champion": asdict(champion) if champion else None,
            "steps": [asdict(step) for step in steps],
            "expected_s": expected,
        }
        print_json(value)
        return
    console = Console()
    console.print(plan_table(what.name, steps))
    in_force = f"version {champion.version}, bundle {champion.bundle_id[:12]}" if champion else "none yet"
    console.print(f"source digest: {source[:16]}\nchampion:      {in_force}", highlight=False)
    console.print(f"expected time: {'unknown' if expected is None else how_long(expected)}", highlight=False)


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
    steps: list[PlannedStep] = []
    with suppress(_Runs):
        rows = _look(steps, cache, validation_key(spec), Validated)
        for name, teacher in teachers_of(spec).items():
            with suppress(_Runs):  # the net's key is known without its teachers
                _look(steps, cache, training_key(teacher, rows), Trained, f"train {name}")
        net = _look(steps, cache, training_key(spec, rows), Trained)
        graphs = _look(steps, cache, export_key(spec, rows, net), Exported)
        bundle = _look(steps, cache, bundle_key(spec, rows, net, graphs), Bundled)
        _look(steps, cache, score_key(bundle, rows), Scored)
    last = steps[-1].step
    later = STEPS[sum(step.step in STEPS for step in steps) :]
    return steps + [PlannedStep(step, True, f"follows from {last}", _expected(cache, step)) for step in later]


class _Runs(Exception):
    """A step has to run, so nothing is known of those behind it."""


def _look(steps: list[PlannedStep], cache: Path, key: StepKey, kind: type[Record], called: str = "") -> Record:
    found = lookup(cache / key.cache_path, kind)
    if not isinstance(found, FinishedStep):
        steps.append(PlannedStep(called or key.step, True, found, _expected(cache, key.step)))
        raise _Runs
    done = f"same input and code, done {ago(found.finished_at)}"
    steps.append(PlannedStep(called or key.step, False, done, None))
    return found.record  # type: ignore[no-any-return]


def _data_digest(spec: Spec, cache: Path) -> str | None:
    found = lookup(cache / validation_key(spec).cache_path, Validated)
    return found.record.digest if isinstance(found, FinishedStep) else None


def _expected(cache: Path, step: str) -> float | None:
    earlier = seconds_of(cache, step)[:RECENT]
    return median(earlier) if earlier else None
