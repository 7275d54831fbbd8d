"""`trunkline retrain`: the whole chain at a desk, with bars instead of logs."""

from __future__ import annotations

import time
from pathlib import Path

from pydantic import TypeAdapter
from rich.console import Console

from flows.cli.console import bars, show_retrained
from flows.cli.own_servers import see_mlflow
from flows.cli.printing import print_json
from flows.cli.start import start
from flows.cli.stop import Steps, stoppable
from flows.cli.validate import refusals_shown, validate_at_desk
from schemas.spec.load import load_spec
from schemas.spec.teachers import teachers_of
from tasks.cache.history import keep_around
from tasks.progress import overheard_by, tell
from tasks.records import Retrained
from tasks.settings import Settings
from tasks.settled import find_settled
from tasks.tracking.champion import champion_of


def run_retrain(spec: Path, data: list[Path], overrides: list[str], *, as_json: bool) -> Retrained:
    """Run the whole chain and tell how it went."""
    begun = time.monotonic()
    # Spec and rows are looked at here, so that what is wrong with them is told before a server has started.
    with stoppable() as steps:
        with refusals_shown(Console(stderr=as_json), as_json=as_json):
            done = _look(spec, data, overrides, Console(stderr=as_json), steps)
        if done is None:
            done = _run(spec, data, overrides, steps, as_json=as_json)
            keep_around(Settings.from_environment().home, time.monotonic() - begun - steps.seconds)
    if as_json:
        print_json(TypeAdapter(Retrained).dump_python(done, mode="json"))
    else:
        show_retrained(Console(), done, Settings.from_environment())
    return done


def _run(spec: Path, data: list[Path], overrides: list[str], steps: Steps, *, as_json: bool) -> Retrained:
    console = start("retrain", as_json=as_json)
    from flows.cli.stale_runs import tagged_with_process
    from flows.retrain import retrain

    with bars(console, told=("validate",)), overheard_by(steps), tagged_with_process():
        return retrain(spec, data, overrides)


def _look(path: Path, data: list[Path], overrides: list[str], console: Console, steps: Steps) -> Retrained | None:
    """Return how it ends where nothing is to be done; else judge the rows, so that the flow finds them judged."""
    spec = load_spec(path, data=data, overrides=overrides)
    teachers_of(spec)
    settings = Settings.from_environment()
    settings.apply()
    see_mlflow()
    with console.status("looking at what is done already"):
        settled = find_settled(spec, settings)
    if settled is None:
        validate_at_desk(spec, champion_of(settings.repository, spec.name, spec.release.channel), console, steps)
        return None
    with bars(console):
        for step in settled.skipped:
            tell(step)
    return settled.outcome
