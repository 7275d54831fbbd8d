"""`trunkline retrain`, `compare` and `validate`: the steps at a desk, with bars instead of logs."""

from __future__ import annotations

import math
import time
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from flows.cli.console import bars, show_retrained, show_validated
from flows.cli.prefect_server import use_prefect_server
from flows.cli.printing import print_json
from flows.cli.stop import stoppable
from schemas.spec.product import Spec, load_spec
from schemas.spec.teachers import teachers_of
from schemas.spec.variants import plan_trials
from tasks.logs import log_to
from tasks.progress import overheard_by
from tasks.records import Retrained
from tasks.settings import Settings

if TYPE_CHECKING:
    from tasks.trial_records import Compared


def run_retrain(spec: Path, data: list[Path], overrides: list[str], *, as_json: bool) -> Retrained:
    """Run the whole chain and tell how it went."""
    # Read here too, so that a typing error is told at once and not after a server has started.
    teachers_of(load_spec(spec, data=data, overrides=overrides))
    with stoppable() as steps:
        console, settings = _start("retrain", as_json=as_json)
        from flows.cli.stale_runs import tagged_with_process
        from flows.retrain import retrain

        with bars(console), overheard_by(steps), tagged_with_process():
            done = retrain(spec, data, overrides)
    if as_json:
        print_json(asdict(done))
    else:
        show_retrained(console, done, settings)
    return done


def run_compare(
    spec: Path,
    data: list[Path],
    overrides: list[str],
    variants: list[str],
    seeds: list[int],
    *,
    jobs: int,
    as_json: bool,
) -> Compared:
    """Run a comparison and show what it found."""
    plan_trials(load_spec(spec, data=data, overrides=overrides), variants, seeds)  # a typing error is told at once
    with stoppable() as steps:
        console, settings = _start("compare", as_json=as_json)
        from flows.cli.comparison_tables import show_compared
        from flows.cli.stale_runs import tagged_with_process
        from flows.compare import compare

        with bars(console), overheard_by(steps), tagged_with_process():
            done = compare(spec, data, overrides, variants, seeds, jobs)
    if as_json:
        print_json(_without_nan(asdict(done)))
    else:
        show_compared(console, done, settings)
    return done


def _start(flow: str, *, as_json: bool) -> tuple[Console, Settings]:
    """Make ready to run the flow in the module `flows.<flow>`: its server, its libraries, its log."""
    settings = Settings.from_environment()
    settings.apply()
    console = Console(stderr=as_json)
    with console.status("starting Prefect"):
        use_prefect_server(settings)
        import_module(f"flows.{flow}")  # seconds, and its libraries' log handlers are what `log_to` takes away
        from flows.cli.stale_runs import close_stale_runs

        close_stale_runs()
    log_to(_log_of(settings, flow))
    return console, settings


def _without_nan(value: Any) -> Any:
    """Return plain values with null for what was never measured: JSON has no NaN."""
    if isinstance(value, dict):
        return {name: _without_nan(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(inner) for inner in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def run_validate(spec: Path, data: list[Path], overrides: list[str], *, as_json: bool) -> None:
    """Validate the rows of a spec, or of a bare file, and show what became of them; needs no server."""
    what = _spec_or_inferred(spec, data, overrides)
    settings = Settings.from_environment()
    settings.apply()
    console = Console(stderr=as_json)
    with stoppable() as steps:
        with console.status("loading"):
            from tasks.steps.validate import validate
        log_to(_log_of(settings, "validate"))
        with bars(console), overheard_by(steps):
            validated = validate.fn(what)
    if as_json:
        print_json(asdict(validated))
    else:
        show_validated(console, validated, settings)


def _spec_or_inferred(path: Path, data: list[Path], overrides: list[str]) -> Spec:
    if path.suffix.lower() in (".yaml", ".yml") or data or overrides:
        return load_spec(path, data=data, overrides=overrides)
    from schemas.data.infer_spec import infer_spec

    return infer_spec(path)


def _log_of(settings: Settings, command: str) -> Path:
    return settings.logs / f"{command}-{time.strftime('%Y%m%d-%H%M%S')}.log"
