"""`trunkline compare`: sharing systems side by side, at a desk."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.cli.console import bars
from flows.cli.printing import print_json
from flows.cli.start import start
from flows.cli.stop import stoppable
from schemas.spec.load import load_spec
from schemas.spec.variants import plan_trials
from tasks.progress import overheard_by
from tasks.settings import Settings

if TYPE_CHECKING:
    from tasks.reports.comparison import Compared


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
        console = start("compare", as_json=as_json)
        from flows.cli.comparison_tables import show_compared
        from flows.cli.stale_runs import tagged_with_process
        from flows.compare import compare

        with bars(console), overheard_by(steps), tagged_with_process():
            done = compare(spec, data, overrides, variants, seeds, jobs)
    if as_json:
        print_json(_without_nan(asdict(done)))
    else:
        show_compared(console, done, Settings.from_environment())
    return done


def _without_nan(value: Any) -> Any:
    """Return plain values with null for what was never measured: JSON has no NaN."""
    if isinstance(value, dict):
        return {name: _without_nan(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(inner) for inner in value]
    return None if isinstance(value, float) and math.isnan(value) else value
