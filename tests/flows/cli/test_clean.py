"""`trunkline clean` as it is called; which steps and bundles are needed is tested where it is decided."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

HOLD = (
    "from tasks.settings import Settings\nfrom tasks.cache.in_use import use_home\n"
    "use_home(Settings.from_environment()); print('here', flush=True); input()"
)


def files(home: Path) -> set[str]:
    places = ("cache", "repository/store", "repository/bundles")
    return {str(path.relative_to(home)) for place in places for path in (home / place).rglob("*") if path.is_file()}


def test_clean_removes_what_nobody_needs_when_nobody_else_works_here(retrained, tmp_path: Path) -> None:
    desk = retrained.moved_to(tmp_path / "home")
    needed = files(desk.home)
    old_step = desk.home / "cache" / "train" / "0123456789abcdef"
    old_step.mkdir()
    (old_step / "net").write_bytes(b"x" * 2_000)
    (desk.home / "repository" / "store" / ("0" * 64)).write_bytes(b"of no bundle")

    other = subprocess.Popen(
        [sys.executable, "-c", HOLD], env=desk.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout is not None and other.stdout.readline() == "here\n"
    refused = desk.run("clean")
    assert refused.returncode == 2
    assert refused.stderr == f"trunkline: a command works in {desk.home}; try again when it has ended\n"
    other.kill()  # a killed command keeps nobody out
    other.communicate()

    told = json.loads(desk.run("clean", "--keep", "0", "--dry-run", "--json").stdout)
    assert told["removed"] == [
        {"what": "finished or begun steps", "count": 1, "bytes": 2_000},
        {"what": "files of bundles", "count": 1, "bytes": 12},
        {"what": "MLflow runs that failed", "count": 0, "bytes": 0},
    ]
    assert old_step.exists(), "--dry-run only says"
    done = json.loads(desk.run("clean", "--keep", "0", "--json").stdout)
    assert done == told | {"dry_run": False}
    assert files(desk.home) == needed
