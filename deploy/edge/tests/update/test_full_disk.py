"""A disk without room, a real one: `python -m bench.attack disks` fills it at every place where a command writes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.edge.tests.update.fleet import GOOD, Fleet
from deploy.edge.tests.update.web import web


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Path]:
    """A file system of one page, which is taken."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4096", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("this user may not mount file systems")
    (place / "taken").write_bytes(b"x" * 4096)
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_an_updater_whose_disk_is_full_says_so_goes_on_and_installs_once_there_is_room(
    fleet: Fleet, full: Path
) -> None:
    manifest = fleet.release(GOOD)
    (fleet.folder / "root.json").write_bytes(fleet.root)
    with web(fleet.repository.folder) as (url, _):
        follow = ("--url", url, "--root", str(fleet.folder / "root.json"), "--product", "tiny", "--channel", "stable")
        command = [sys.executable, "-P", "-m", "trunkline_edge", "update", "--home", str(full / "home"), *follow]
        command += ["--daemon", "--interval", "1", "--probation", "0", "--report-url", f"{url}/reports"]
        updater = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert updater.stderr is not None
        for what in ("failed:", "report:"):
            assert "No space left on device" in next(line for line in updater.stderr if line.startswith(what))
        subprocess.run(["mount", "-o", "remount,size=100m", str(full)], check=True)
        assert any(line.startswith("installed:") for line in updater.stderr), manifest.bundle_id
        updater.terminate()
        updater.stderr.close()
        assert updater.wait(timeout=60) == 0
