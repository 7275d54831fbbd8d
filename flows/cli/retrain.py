"""`trunkline retrain`: the whole chain at a desk, with bars instead of logs."""

from __future__ import annotations

from pathlib import Path

from pydantic import TypeAdapter

from flows.cli.console import bars, show_retrained
from flows.cli.printing import print_json
from flows.cli.start import start
from flows.cli.stop import stoppable
from schemas.spec.load import load_spec
from schemas.spec.teachers import teachers_of
from tasks.progress import overheard_by
from tasks.records import Retrained


def run_retrain(spec: Path, data: list[Path], overrides: list[str], *, as_json: bool) -> Retrained:
    """Run the whole chain and tell how it went."""
    # Read here too, so that a typing error is told at once and not after a server has started.
    teachers_of(load_spec(spec, data=data, overrides=overrides))
    with stoppable() as steps:
        console, settings = start("retrain", as_json=as_json)
        from flows.cli.stale_runs import tagged_with_process
        from flows.retrain import retrain

        with bars(console), overheard_by(steps), tagged_with_process():
            done = retrain(spec, data, overrides)
    if as_json:
        print_json(TypeAdapter(Retrained).dump_python(done, mode="json"))
    else:
        show_retrained(console, done, settings)
    return done
