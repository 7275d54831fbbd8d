"""What killed commands left in a home, and how each is put right; `trunkline doctor` lists it, `--fix` mends it."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from flows.cli.own_servers import ServerSilent, see_mlflow, see_prefect
from flows.cli.pages import mlflow_note
from flows.cli.prefect_server import prefect_note, use_prefect_server
from flows.cli.servers import is_left_behind, leave, noted
from flows.cli.up import worker_note
from tasks.cache.scratch import is_abandoned
from tasks.logs import log_to
from tasks.processes import is_alive_here
from tasks.settings import Settings
from tasks.tracking.promotions import PromotionUnfinished, intended


@dataclass(frozen=True)
class Remain:
    """One thing that stayed behind."""

    what: str
    found: str
    mend: Callable[[], object]


def find_remains(settings: Settings, *, ask_prefect: bool) -> Iterator[Remain]:
    """Yield what stayed behind, what others depend on first.

    ask_prefect: also where no Prefect server runs; one is started to ask for its runs, which takes seconds.
    """
    if not settings.home.exists():
        return
    settings.apply()
    servers = list(_servers(settings))  # before Prefect's is asked, and so has a user again
    has_prefect = _reach_prefect(
        settings, start=ask_prefect
    )  # before Prefect is imported, as it reads its address then
    yield from _promotions(settings)
    yield from _mlflow_runs(settings)
    yield from _prefect_runs() if has_prefect else ()
    yield from servers
    yield from _files(settings.home)


def _promotions(settings: Settings) -> Iterator[Remain]:
    for intent in sorted((settings.home / "promotions").glob("*.json")):
        try:
            promotion = intended(settings.home, intent.stem)
        except PromotionUnfinished:
            continue  # only a person can say; `doctor` tells of it
        if promotion is not None:
            found = f"{promotion.product}: version {promotion.version} is half promoted"
            yield Remain("promotion", found, partial(_finish, settings, promotion.product, promotion.channel))


def _finish(settings: Settings, product: str, channel: str) -> None:
    see_mlflow()
    from tasks.tracking.succession import Channel, finish_begun

    finish_begun(Channel(product, channel, settings))


def _mlflow_runs(settings: Settings) -> Iterator[Remain]:
    if settings.mlflow_database is None or not settings.mlflow_database.exists():
        return
    from tasks.tracking.runs import close_stale_runs, stale_runs  # loads MLflow, which takes seconds

    log_to(settings.logs / "doctor.log")
    if stale := stale_runs():
        ids = ", ".join(run_id[:8] for run_id in stale)
        yield Remain("MLflow runs", f"{ids}: open although their processes have died", close_stale_runs)


def _reach_prefect(settings: Settings, *, start: bool) -> bool:
    """Set the address of a Prefect server in the environment, if there is one to be asked."""
    try:
        if see_prefect():
            return True
    except ServerSilent:  # `doctor` tells of it
        return False
    server = noted(prefect_note(settings))
    if start and (settings.prefect_home / "prefect.db").exists():
        use_prefect_server(settings)
    elif server is not None and is_alive_here(server.process):
        os.environ["PREFECT_API_URL"] = server.url  # asked as it is
    else:
        return False
    return True


def _prefect_runs() -> Iterator[Remain]:
    from flows.cli.stale_runs import close_stale_runs, stale_runs

    flow_runs, task_runs = stale_runs()
    if flow_runs or task_runs:
        found = f"{len(flow_runs)} of flows and {len(task_runs)} of tasks are open although their processes have died"
        yield Remain("Prefect runs", found, close_stale_runs)


def _servers(settings: Settings) -> Iterator[Remain]:
    notes = (
        ("worker", worker_note(settings)),
        ("Prefect", prefect_note(settings)),
        ("MLflow", mlflow_note(settings)),
    )
    for name, note in notes:
        server = noted(note)
        if server is not None and is_left_behind(server):
            yield Remain("server", f"{name} at {server.url} runs for nobody", partial(leave, note))


def _files(home: Path) -> Iterator[Remain]:
    """Yield what is half written, and folders to work in, of processes that have died."""
    for folder in (home, *(home / name for name in ("cache", "promotions", "quarantine", "repository"))):
        for path in folder.glob("*") if folder == home else folder.rglob("*"):
            if is_abandoned(path):
                yield Remain("scratch folder", str(path), partial(shutil.rmtree, path, ignore_errors=True))
            elif _is_half_written(path):
                yield Remain("half a file", str(path), partial(path.unlink, missing_ok=True))


def _is_half_written(path: Path) -> bool:
    """Was the file on its way to its name when its process died? `write_atomic` puts the process's id in the name."""
    found = re.fullmatch(r"\..+\.(\d+)(\.part)?", path.name)
    if found is None or not path.is_file():
        return False
    try:
        os.kill(int(found[1]), 0)
    except ProcessLookupError:
        return True
    except (PermissionError, OverflowError):
        return False
    return False
