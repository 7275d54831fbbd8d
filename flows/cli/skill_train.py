"""`trunkline skill train`: rows in, a file for devices out, with bars instead of logs."""

from __future__ import annotations

from pathlib import Path

from pydantic import TypeAdapter
from rich.console import Console
from rich.table import Table

from flows.cli.console import bars, how_long
from flows.cli.own_servers import see_mlflow
from flows.cli.parse import find_champion
from flows.cli.printing import print_json, shown
from flows.cli.skills import write_skill
from flows.cli.start import log_of
from flows.cli.stop import stoppable
from flows.cli.validate import refusals_shown, spec_or_inferred, validate_at_desk
from tasks.logs import log_to
from tasks.progress import overheard_by
from tasks.records import SkillMade
from tasks.settings import Settings
from trunkline_edge.bundle.manifest import MINE


def run_train(
    path: Path,
    on: str,
    out: Path | None,
    layer: int,
    channel: str,
    overrides: list[str],
    *,
    precision: str | None,
    as_json: bool,
) -> None:
    """Train a skill, pack it, and tell how it went."""
    settings = Settings.from_environment()
    settings.apply()
    see_mlflow()
    console = Console(stderr=as_json)
    with refusals_shown(console, as_json=as_json), stoppable() as steps:
        spec = spec_or_inferred(path, [], overrides)
        product, _ = find_champion(settings.repository, on, channel)
        validate_at_desk(spec, None, console, steps)  # what is wrong with the rows is told before torch is loaded
        with console.status("loading"):
            from flows.skill import train_skill
        log_to(log_of(settings, "skill"))
        with bars(console, told=("validate",)), overheard_by(steps):
            done = train_skill(spec, product, channel, layer, precision)
    told = write_skill(done.bundle.bundle_id, out or Path(f"{done.name}.tls"))
    if as_json:
        print_json(TypeAdapter(SkillMade).dump_python(done, mode="json"))
    else:
        _show(console, done)
        print(told)


def _show(console: Console, done: SkillMade) -> None:
    table = Table(title=f"{done.scored.split} rows, {done.scored.rows:,}", title_justify="left")
    for column in ("head", "metric", "value"):
        table.add_column(column, justify="right" if column == "value" else "left")
    for head, metrics in done.scored.metrics.items():
        for metric, value in metrics.items() if head != MINE else ():
            table.add_row(head, metric, f"{value:.4f}")
    for metric, value in done.bundle.scores["fp32"][MINE].items():
        table.add_row(MINE, f"{metric}, valid rows", f"{value:.4f}")
    console.print(table)
    taught = f"heads trained in {how_long(done.seconds)} beside {done.others:,} rows of others"
    console.print(shown(f"{done.name} version {done.registered.version} on {done.base.product}: {taught}"))
