"""`trunkline doctor`: is this machine fit, and did anything stay behind?"""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.table import Table

from flows.cli.own_servers import ServerSilent, see_mlflow, see_prefect, without_password
from flows.cli.printing import print_json, shown
from flows.cli.remains import Remain, find_remains
from flows.cli.servers import is_free
from schemas.errors import UserError
from tasks.machine import gpu_names
from tasks.settings import MLFLOW_PORT, PREFECT_PORT, ROOT, Settings
from tasks.tracking.promotions import PromotionUnfinished, intended

PACKAGES = ("prefect", "mlflow", "fastapi", "polars", "pandera", "torch", "onnx", "numpy", "pydantic", "typer")
RUNTIMES = ("onnxruntime", "onnxruntime-gpu")
LOW_DISK_GB = 2.0


@dataclass(frozen=True)
class Check:
    """One thing looked at."""

    what: str
    state: Literal["ok", "note", "bad"]
    found: str
    """What was found and, unless all is well, what to do."""


def show_health(*, fix: bool, as_json: bool) -> int:
    """Print all checks, with what stayed behind put right where `fix` says so; returns 1 when one is bad."""
    checks = list(examine(Settings.from_environment(), fix=fix))
    is_fit = all(check.state != "bad" for check in checks)
    if as_json:
        print_json({"ok": is_fit, "checks": [asdict(check) for check in checks]})
        return int(not is_fit)
    Console().print(health_table(checks))
    return int(not is_fit)


def health_table(checks: list[Check]) -> Table:
    """Return a table of checks, a row each."""
    table = Table(show_header=False, box=None)
    colour = {"ok": "green", "note": "yellow", "bad": "red"}
    for check in checks:
        table.add_row(f"[{colour[check.state]}]{check.state}[/]", check.what, shown(check.found))
    return table


def examine(settings: Settings, *, fix: bool = False) -> Iterator[Check]:
    """Yield the checks in the order in which they matter."""
    good = sys.version_info[:2] >= (3, 11)
    yield Check("python", "ok" if good else "bad", platform.python_version() + ("" if good else "; 3.11 is needed"))
    yield from _packages(ROOT / "constraints.txt")
    yield _gpu()
    yield from _ports()
    yield from _own_servers()
    yield from _home(settings)
    yield from _left_behind(settings, fix=fix)


def _packages(constraints: Path) -> Iterator[Check]:
    pinned = {}
    if constraints.exists():
        lines = (line.split("#")[0].split(";")[0].strip() for line in constraints.read_text().splitlines())
        pinned = {name.lower(): release for name, _, release in (line.partition("==") for line in lines) if release}
    for name in PACKAGES:
        found = _version(name)
        wanted = pinned.get(name)
        if found is None:
            yield Check(name, "bad", "not installed; run `make setup`")
        elif wanted is not None and found.split("+")[0] != wanted.split("+")[0]:
            yield Check(name, "note", f"{found}; {wanted} was tested (constraints.txt)")
        else:
            yield Check(name, "ok", found)
    runtimes = [f"{name} {found}" for name in RUNTIMES if (found := _version(name))]
    advice = {0: "no onnxruntime; run `make setup`", 2: "; keep one of the two, they overwrite each other"}
    state: Literal["ok", "bad"] = "ok" if len(runtimes) == 1 else "bad"
    yield Check("onnxruntime", state, ", ".join(runtimes) + advice.get(len(runtimes), ""))


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _gpu() -> Check:
    try:
        names = gpu_names()
    except ImportError:
        return Check("gpu", "bad", "unknown, as torch is not installed")
    return Check("gpu", "ok", ", ".join(names) or "none; training runs on the CPU")


def _ports() -> Iterator[Check]:
    for port, server in ((MLFLOW_PORT, "MLflow"), (PREFECT_PORT, "Prefect")):
        free = is_free(port)
        note = "free" if free else f"taken; `trunkline ui` will serve {server} on another"
        yield Check(f"port {port}", "ok" if free else "note", note)


def _own_servers() -> Iterator[Check]:
    for server, ask in (("MLflow", see_mlflow), ("Prefect", see_prefect)):
        try:
            if url := ask():
                yield Check(server, "ok", f"answers at {without_password(url)}")
        except ServerSilent as error:
            yield Check(server, "bad", str(error))


def _home(settings: Settings) -> Iterator[Check]:
    there = settings.home if settings.home.exists() else settings.home.parent
    yield Check("home", "ok", f"{settings.home}" + ("" if settings.home.exists() else ", not made yet"))
    free = shutil.disk_usage(there).free / 1e9
    is_low = free < LOW_DISK_GB
    yield Check("disk", "bad" if is_low else "ok", f"{free:.1f} GB free" + ("; make room" if is_low else ""))


def _left_behind(settings: Settings, *, fix: bool) -> Iterator[Check]:
    """Look for what killed commands left; what only a person can mend is bad."""
    for intent in sorted((settings.home / "promotions").glob("*.json")):
        try:
            intended(settings.home, intent.stem)
        except PromotionUnfinished as error:
            yield Check("promotion", "bad", str(error))
    nothing = True
    for remain in find_remains(settings, ask_prefect=fix):
        nothing = False
        if fix:
            yield _mended(remain)
        else:
            yield Check(remain.what, "note", f"{remain.found}; `trunkline doctor --fix` puts it right")
    if nothing:
        yield Check("left behind", "ok", "nothing")


def _mended(remain: Remain) -> Check:
    try:
        remain.mend()
    except UserError as error:
        return Check(remain.what, "bad", f"{remain.found}: {error}")
    return Check(remain.what, "ok", f"{remain.found}: put right")
