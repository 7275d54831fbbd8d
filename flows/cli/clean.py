"""`trunkline clean`: remove what nothing needs any more."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from rich.console import Console
from rich.table import Table

from flows.cli.own_servers import see_mlflow
from flows.cli.printing import print_json, shown
from tasks.cache.garbage import cached_steps, unneeded_steps
from tasks.cache.in_use import alone_in_home
from tasks.settings import Settings
from trunkline_edge.bundle.garbage import remove, unneeded


@dataclass(frozen=True)
class Removed:
    """What goes of one kind."""

    what: str
    count: int
    bytes: int


def clean_home(keep: int, *, dry_run: bool, as_json: bool) -> None:
    """Remove it, or say what would go."""
    settings = Settings.from_environment()
    settings.apply()
    see_mlflow()
    with alone_in_home(settings):
        removed = _cleaned(settings, keep, dry_run=dry_run)
    if as_json:
        print_json({"dry_run": dry_run, "removed": [asdict(each) for each in removed]})
        return
    table = Table(title="would go" if dry_run else "removed", title_justify="left", box=None)
    for column in ("what", "how many", "MB"):
        table.add_column(column, justify="left" if column == "what" else "right")
    for each in removed:
        table.add_row(shown(each.what), f"{each.count:,}", f"{each.bytes / 1e6:,.1f}")
    Console().print(table)


def _cleaned(settings: Settings, keep: int, *, dry_run: bool) -> list[Removed]:
    from tasks.tracking.needed import dead_runs, needed_bundles, remove_run
    from tasks.tracking.runs import close_stale_runs

    close_stale_runs()
    bundles = needed_bundles(settings, keep)
    steps = list(cached_steps(settings.cache))
    old_steps = unneeded_steps(steps, bundles, keep)
    old_files = unneeded(settings.repository, bundles)
    old_runs = dead_runs({step.folder.name for step in steps if step not in old_steps})
    removed = [
        Removed("finished or begun steps", len(old_steps), sum(step.size for step in old_steps)),
        Removed("files of bundles", len(old_files), sum(path.lstat().st_size for path in old_files)),
        Removed("MLflow runs that failed", len(old_runs), 0),
    ]
    if not dry_run:
        for step in old_steps:
            step.remove()
        remove(old_files)
        for run_id in old_runs:
            remove_run(run_id)
    return removed
