"""`trunkline plan`: what a retrain would do and why, without doing it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from flows.cli.console import ago, how_long
from flows.cli.printing import print_json, shown
from schemas.data.digest import source_digest
from schemas.spec.load import load_spec
from schemas.spec.product import Spec
from schemas.spec.teachers import teachers_of
from tasks.cache.history import around_s, expected_s, net_of, work_of
from tasks.cache.keys import start_of, validation_key
from tasks.cache.origin import origin_of
from tasks.cache.store import Changed, FinishedStep, changed_parts, is_digest, lookup
from tasks.chain import CHAIN, Looked, look_up
from tasks.machine import differing, numerics
from tasks.records import Origin, Validated
from tasks.settings import Settings
from tasks.tracking.champion import champion_of

KEY_DIGITS = 12
"""Of a key in the table; the step's folder has 16, and the JSON all."""
TOLD = 3
"""Changes that the table tells of a step."""
LONG = 30
"""Characters of a value in the table."""


@dataclass(frozen=True)
class PlannedStep:
    """One step of the chain, as it would go now."""

    step: str
    runs: bool
    why: str
    expected_s: float | None
    """Seconds; None when no earlier run of this net on this machine tells."""
    key: str | None = None
    """sha256; None behind a step that runs, as its output is part of it."""
    changed: tuple[Changed, ...] = ()
    """What sets the key apart from the likest one that is finished."""


def show_plan(spec: Path, data: list[Path], overrides: list[str], *, as_json: bool) -> None:
    """Print the steps, the champion, and the time it would take."""
    what = load_spec(spec, data=data, overrides=overrides)
    settings = Settings.from_environment()
    source = source_digest(what)
    champion = champion_of(settings.repository, what.name, what.release.channel)
    origin = origin_of(what, champion, settings.cache)
    validated = _validated(what, settings.cache)
    steps = plan_steps(what, settings.cache, origin)
    waiting = [step.expected_s for step in steps if step.runs]
    if waiting:
        waiting.append(around_s(settings.home))
    known = [seconds for seconds in waiting if seconds is not None]
    expected = sum(known) if len(known) == len(waiting) else None
    others = differing(numerics(), champion.numerics) if champion else {}
    if as_json:
        value = {
            "product": what.name,
            "source_digest": source,
            "data_digest": validated.digest if validated else None,
            "champion": asdict(champion) if champion else None,
            "starts_from": start_of(what, validated, origin) if validated else None,
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
    if what.train.start_from:
        console.print(f"starts from:   {_start(what, validated, origin)}", highlight=False, soft_wrap=True)
    console.print(f"expected time: {_expectation(expected)}", highlight=False, soft_wrap=True)


def _start(spec: Spec, data: Validated | None, origin: Origin | None) -> str:
    if origin is None:
        return "nothing, as there is no champion yet"
    start = start_of(spec, data, origin) if data else origin.weights
    if start is None:
        return "nothing: the champion has learned from these rows already"
    if start != origin.weights:
        return f"weights {start[:12]}, as the champion did: it has learned from these rows already"
    what = "epochs of the heads, on its own trunk" if spec.train.freeze else "epochs"
    told = f"the champion's weights {start[:12]}, for {spec.train.more_epochs} {what}"
    return told if data else f"{told}, unless it has learned from these rows already: they are not validated yet"


def _expectation(seconds: float | None) -> str:
    if seconds is None:
        return "not known: this net has not been trained to the end on this machine and in this home yet"
    if not seconds:
        return "a few seconds to start, and nothing to do"
    return f"{how_long(seconds)} or less, from start to end, as the last runs took for each row and epoch"


def plan_table(product: str, steps: list[PlannedStep]) -> Table:
    """Return a table of the steps, a row each."""
    table = Table(title=f"retrain {product}", title_justify="left")
    for column in ("step", "key", "would", "why", "expected"):
        table.add_column(column)
    for step in steps:
        seconds = "" if not step.runs else "unknown" if step.expected_s is None else how_long(step.expected_s)
        key = step.key[:KEY_DIGITS] if step.key else "open"
        table.add_row(step.step, key, "run" if step.runs else "be skipped", shown(step.why), seconds)
    return table


def plan_steps(spec: Spec, cache: Path, origin: Origin | None = None) -> list[PlannedStep]:
    """Return the steps in order. A key needs the outputs of the steps before, so behind one that runs all is open."""
    found = list(look_up({"spec": spec, "origin": origin}, cache))
    read = next((each.found for each in found if each.step == "validate"), None)
    data = read.record if isinstance(read, FinishedStep) else None
    teachers = teachers_of(spec)
    goes_on = start_of(spec, data, origin) if data else origin

    def expected(step: str) -> float | None:
        link, _, teacher = step.partition(" ")
        of = teachers[teacher] if teacher else spec.going_on() if goes_on else spec
        return expected_s(cache, link, net_of(of), work_of(link, {"spec": of, "data": data}))

    names = [link.step for link in CHAIN if link.key is not None]
    last = found[-1].step.partition(" ")[0]
    later = names[names.index(last) + 1 :]
    return [
        *(_planned(each, cache, expected(each.step)) for each in found),
        *(PlannedStep(step, True, f"as {last} runs before it", expected(step)) for step in later),
    ]


def _planned(looked: Looked, cache: Path, expected: float | None) -> PlannedStep:
    step, found, key = looked.step, looked.found, looked.key
    if isinstance(found, FinishedStep):
        return PlannedStep(step, False, f"same input and code, done {ago(found.finished_at)}", None, key.digest)
    changed = changed_parts(cache, key)
    why = "; ".join([found.why, *_told(changed)]) if found.is_begun or not changed else "; ".join(_told(changed))
    return PlannedStep(step, True, why, expected, key.digest, changed)


def _told(changed: tuple[Changed, ...]) -> list[str]:
    """Say what changed, from what to what; the first few of much."""
    said = [f"{each.part} {_short(each.before)} -> {_short(each.now)}" for each in changed[:TOLD]]
    return said + ([f"and {len(changed) - TOLD} more"] if len(changed) > TOLD else [])


def _short(value: str | None) -> str:
    if value is None:
        return "(nothing)"
    return value[:8] if is_digest(value) else value if len(value) <= LONG else f"{value[: LONG - 3]}..."


def _validated(spec: Spec, cache: Path) -> Validated | None:
    found = lookup(cache / validation_key(spec).cache_path, Validated)
    return found.record if isinstance(found, FinishedStep) else None
