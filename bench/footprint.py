"""What `trunkline-edge[cpu,update]` takes of a device; `python -m bench.footprint` installs it and prints the table.

Disk: every file that pip puts into an empty environment, ours included, and what of it must be there: the rest after
`deploy/edge/packaging/slim.py`. Python itself and bytecode, which the packaging never writes, do not count.

Memory: of `trunkline-edge update --daemon` after it has installed a bundle from a signed repository over HTTP, above a
Python that does nothing; its test of the bundle runs in a process of its own.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import time
import venv
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from deploy.edge.tests.update.fleet import GOOD, new_fleet
from deploy.edge.tests.update.web import web

EDGE = Path(__file__).parents[1] / "deploy" / "edge"
MAX_DISK_MB, MAX_ADDED_MB = 120, 40
_MB = 1e6
_WAIT_S = 120
_IDLE = "import time; print('up', flush=True); time.sleep(600)"


def main() -> int:
    """Install, measure, print; exits with 1 where a limit is passed."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        python = installed(folder)
        whole = sizes_mb(python)
        subprocess.run([python, EDGE / "packaging" / "slim.py", folder / "venv"], check=True, stdout=subprocess.DEVNULL)
        sizes = sizes_mb(python)
        idle, updater, tested = resident_mb(python, folder)
    title = f"trunkline-edge\\[cpu,update] on {platform.machine()}"
    table = Table(title=title, title_justify="left")
    table.add_column("")
    table.add_column("MB", justify="right")
    table.add_column("allowed", justify="right")
    disk, added = sum(sizes.values()), updater - idle
    table.add_row("  on disk as pip installs it", f"{sum(whole.values()):.1f}", "")
    for package, size in sizes.most_common(4):
        table.add_row(f"  needed of {package}", f"{size:.1f}", "")
    table.add_row("on disk, what must be there", f"{disk:.1f}", str(MAX_DISK_MB))
    table.add_row("  resident: a Python that sleeps", f"{idle:.1f}", "")
    table.add_row("  resident: the updater after an install", f"{updater:.1f}", "")
    table.add_row("resident, added by the updater", f"{added:.1f}", str(MAX_ADDED_MB))
    table.add_row("  while it lasts: the bundle's test, peak above its start", f"{tested:.1f}", "")
    Console().print(table)
    return int(disk > MAX_DISK_MB or added > MAX_ADDED_MB)


def installed(folder: Path) -> Path:
    """Install the package as a device does; returns the Python of its environment."""
    venv.create(folder / "venv", with_pip=False)
    python = folder / "venv" / "bin" / "python"
    # A copy, since building leaves folders beside the sources.
    source = shutil.copytree(EDGE, folder / "edge", ignore=shutil.ignore_patterns("tests", "*.egg-info", "build"))
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--quiet", "--no-compile", f"{source}[cpu,update]"], check=True)
    return python


def sizes_mb(python: Path) -> Counter[str]:
    """Return the size of each folder of the environment's packages."""
    (packages,) = python.parents[1].glob("lib/python3*/site-packages")
    sizes = Counter[str]()
    for path in packages.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            sizes[path.relative_to(packages).parts[0].removesuffix(".libs")] += path.stat().st_size
    return Counter({name: size / _MB for name, size in sizes.items()})


def resident_mb(python: Path, folder: Path) -> tuple[float, float, float]:
    """Return what an idle Python holds, what the updater holds after an install, and the peak of the bundle's test."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    idle = subprocess.Popen([python, "-c", _IDLE], stdout=subprocess.PIPE, env=environment)
    assert idle.stdout is not None and idle.stdout.readline()
    idle_mb = _resident_mb(idle.pid)
    idle.kill()
    idle.communicate()
    (folder / "fleet").mkdir()
    fleet = new_fleet(folder / "fleet")
    fleet.release(GOOD)
    (folder / "root.json").write_bytes(fleet.root)
    with web(fleet.repository.folder) as (url, _), (folder / "log").open("wb") as log:
        command = [
            *(str(python), "-m", "trunkline_edge", "update", "--daemon", "--home", str(fleet.home), "--url", url),
            *("--root", str(folder / "root.json"), "--product", "tiny", "--channel", "stable", "--probation", "0"),
        ]
        updater = subprocess.Popen(command, stderr=log, env=environment)
        try:
            _await_line(folder / "log", "installed:")
            updater_mb = _resident_mb(updater.pid)
        finally:
            updater.terminate()
            updater.wait(_WAIT_S)
    return idle_mb, updater_mb, _tested_mb(python, fleet.home, environment)


def _tested_mb(python: Path, home: Path, environment: Mapping[str, str]) -> float:
    code = "import sys; from pathlib import Path; from trunkline_edge.update.health import Limits, check_health\n"
    code += "from trunkline_edge.bundle.store import read_state; home = Path(sys.argv[1])\n"
    code += "print(check_health(home, read_state(home).active, Limits()).rss_mb)"
    done = subprocess.run([python, "-c", code, home], check=True, capture_output=True, text=True, env=dict(environment))
    return float(done.stdout)


def _await_line(log: Path, start: str) -> None:
    """Wait until a line of the log starts so."""
    end = time.monotonic() + _WAIT_S
    while time.monotonic() < end:
        if any(line.startswith(start) for line in log.read_text().splitlines()):
            return
        time.sleep(0.1)
    raise SystemExit(f"the updater did not install within {_WAIT_S} s:\n{log.read_text()}")


def _resident_mb(process: int) -> float:
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{process}/status").read_text().splitlines())
    return int(fields["VmRSS"].split()[0]) * 1024 / _MB


if __name__ == "__main__":
    raise SystemExit(main())
