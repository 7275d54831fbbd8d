"""`trunkline validate`: the rows of a spec, or of a bare file; needs no server."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from flows.cli.console import bars, show_validated
from flows.cli.printing import print_json
from flows.cli.start import log_of
from flows.cli.stop import stoppable
from schemas.spec.load import load_spec
from schemas.spec.product import Spec
from tasks.logs import log_to
from tasks.progress import overheard_by
from tasks.settings import Settings


def run_validate(spec: Path, data: list[Path], overrides: list[str], *, as_json: bool) -> None:
    """Validate the rows of a spec, or of a bare file, and show what became of them; needs no server."""
    what = _spec_or_inferred(spec, data, overrides)
    settings = Settings.from_environment()
    settings.apply()
    console = Console(stderr=as_json)
    with stoppable() as steps:
        with console.status("loading"):
            from tasks.steps.validate import validate
        log_to(log_of(settings, "validate"))
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
