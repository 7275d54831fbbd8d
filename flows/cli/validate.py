"""`trunkline validate`: the rows of a spec, or of a bare file; needs no server."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from flows.cli.console import bars, show_refused, show_validated
from flows.cli.printing import print_json
from flows.cli.start import log_of
from flows.cli.stop import Steps, stoppable
from schemas.errors import UserError
from schemas.spec.load import load_spec
from schemas.spec.product import Spec
from tasks.logs import log_to
from tasks.progress import overheard_by
from tasks.records import Champion, Validated
from tasks.settings import Settings

if TYPE_CHECKING:
    from schemas.data.validate import Validation


def run_validate(spec: Path, data: list[Path], overrides: list[str], *, as_json: bool) -> None:
    """Validate the rows of a spec, or of a bare file, and show what became of them."""
    settings = Settings.from_environment()
    settings.apply()
    console = Console(stderr=as_json)
    with refusals_shown(console, as_json=as_json):
        what = spec_or_inferred(spec, data, overrides)
        log_to(log_of(settings, "validate"))
        with stoppable() as steps:
            validated = validate_at_desk(what, None, console, steps)
    if as_json:
        print_json({**asdict(validated), "refused": None})
    else:
        show_validated(console, validated, settings)


def validate_at_desk(spec: Spec, champion: Champion | None, console: Console, steps: Steps) -> Validated:
    """Judge the rows here, before any server is started; `steps` hears of it."""
    with console.status("loading"):
        from tasks.rows import quarantine_of, validate
    with bars(console), overheard_by(steps):
        validated = validate(spec, champion)
    if bad := quarantine_of(validated):
        os.utime(bad)  # also of rows that were judged before: `trunkline quarantine` shows the latest
    return validated


@contextmanager
def refusals_shown(console: Console, *, as_json: bool) -> Iterator[None]:
    """Show what lies behind a refusal in this block, as JSON or as a table; then it is raised on."""
    try:
        yield
    except UserError as error:
        outcome: Validation | None = getattr(error, "outcome", None)
        if as_json:
            print_json({"refused": str(error)} | (_as_json(outcome) if outcome else {}))
        elif outcome:
            show_refused(console, outcome)
        raise


def _as_json(outcome: Validation) -> dict[str, object]:
    return {
        "read": outcome.read,
        "quarantined": outcome.quarantined,
        "reasons": dict(outcome.reasons),
        "examples": dict(outcome.examples),
        "quarantine": outcome.quarantine.name if outcome.quarantine else None,
    }


def spec_or_inferred(path: Path, data: list[Path], overrides: list[str]) -> Spec:
    """Return the spec of a YAML file, or one for a file of rows, which only a spec that is written can change."""
    if path.suffix.lower() in (".yaml", ".yml"):
        return load_spec(path, data=data, overrides=overrides)
    if data or overrides:
        init = f"`trunkline init {shlex.quote(str(path))}`"
        raise UserError(f"{path}: --set and --data change a spec, and these are rows; {init} writes a spec for them")
    from schemas.data.infer_spec import infer_spec

    return infer_spec(path)
