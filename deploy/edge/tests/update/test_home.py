"""What an updater may remove from a home: what is its own, and nobody's any more."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from trunkline_edge.update.home import remove_parts

SHA256 = "0" * 64


def dead() -> int:
    """Return the id of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        return process.pid


def left_of(home: Path, *names: str) -> set[str]:
    """Write these files and remove what was on its way; returns those that stay."""
    for name in names:
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_bytes(b"half")
    remove_parts(home)
    return {name for name in names if (home / name).exists()}


def test_what_processes_that_died_had_on_its_way_goes(tmp_path: Path) -> None:
    gone = dead()
    places = (f".names.json.{gone}", f".device.{gone}", f"reports/.00017.json.{gone}", f"bundles/.{SHA256}.json.{gone}")
    store = (f"store/.{SHA256}.{gone}", f"store/{SHA256}", f"store/{SHA256}.tls", f".state.json.{os.getpid()}")
    assert left_of(tmp_path, *(f"{name}.part" for name in (*places, *store))) == set()


def test_what_another_process_is_about_to_name_stays(tmp_path: Path) -> None:
    names = {f"{name}.{os.getppid()}.part" for name in (".names.json", "reports/.00017.json")}
    assert left_of(tmp_path, *names) == names


def test_downloads_of_somebody_else_stay_wherever_they_lie(tmp_path: Path) -> None:
    theirs = {"film.part", "Downloads/film.part", "store/film.mkv.part", f".film.mkv.{dead()}.part"}
    assert left_of(tmp_path, *theirs) == theirs
