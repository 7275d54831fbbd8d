"""`trunkline retrain` and `trunkline validate`: the steps at a desk, with bars instead of logs."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from flows.quiet import log_to
from flows.server import use_prefect_server
from flows.terminal import bars, show_retrained, show_validated
from schemas.spec import Spec, load_spec
from tasks.records import Retrained
from tasks.settings import Settings


def run_retrain(spec: Path, data: list[Path], overrides: list[str], *, as_json: bool) -> Retrained:
    """Run the whole chain and tell how it went."""
    # Read here too, so that a typing error is told at once and not after a server has started.
    load_spec(spec, data=data, overrides=overrides)
    settings = Settings.from_environment()
    settings.apply()
    console = Console(stderr=as_json)
    with console.status("starting Prefect"):
        use_prefect_server(settings)
        from flows.retrain import retrain
    log_to(_log_of(settings, "retrain"))
    with bars(console):
        done = retrain(spec, data, overrides)
    if as_json:
        print(json.dumps(asdict(done), ensure_ascii=False))
    else:
        show_retrained(console, done, settings)
    return done


def run_validate(spec: Path, data: list[Path], overrides: list[str], *, as_json: bool) -> None:
    """Validate the rows of a spec, or of a bare file, and show what became of them; needs no server."""
    what = _spec_or_guess(spec, data, overrides)
    settings = Settings.from_environment()
    settings.apply()
    console = Console(stderr=as_json)
    with console.status("loading"):
        from tasks.data import validate
    log_to(_log_of(settings, "validate"))
    with bars(console):
        validated = validate.fn(what)
    if as_json:
        print(json.dumps(asdict(validated), ensure_ascii=False))
    else:
        show_validated(console, validated, settings)


def _spec_or_guess(path: Path, data: list[Path], overrides: list[str]) -> Spec:
    if path.suffix.lower() in (".yaml", ".yml") or data or overrides:
        return load_spec(path, data=data, overrides=overrides)
    from schemas.guess import guess_spec

    return guess_spec(path)


def _log_of(settings: Settings, command: str) -> Path:
    return settings.logs / f"{command}-{time.strftime('%Y%m%d-%H%M%S')}.log"
