"""The units of packaging/systemd: right in themselves, tight, and no tighter than the programs in them bear."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from deploy.edge.tests.tiny_bundle import Recipe

if TYPE_CHECKING:
    from deploy.edge.tests.conftest import Repository

SYSTEMD = Path(__file__).parents[1] / "packaging" / "systemd"
UNITS = sorted(SYSTEMD.glob("*.service"))
MAX_EXPOSURE = 1.5
"""systemd's own measure, from 0 to 10."""

needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")


def analyze(*arguments: str) -> str:
    done = subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


@needs_systemd
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_unit_is_right_and_tight(unit: Path, tmp_path: Path) -> None:
    # Whether the command is there is no matter of the unit.
    here = tmp_path / unit.name
    here.write_text(unit.read_text().replace("/opt/trunkline-edge/bin/trunkline-edge", sys.executable))
    assert analyze("verify", str(here)) == ""
    said = analyze("security", "--offline=true", str(here))
    exposure = re.search(r"exposure level for \S+ ([0-9.]+)", said)
    assert exposure is not None and float(exposure[1]) <= MAX_EXPOSURE, said


def allowed_calls() -> set[str]:
    """Return the system calls that both units let pass."""
    filters = {line for unit in UNITS for line in unit.read_text().splitlines() if line.startswith("SystemCallFilter=")}
    assert filters == {"SystemCallFilter=@system-service", "SystemCallFilter=~@privileged"}
    return calls_of("@system-service") - calls_of("@privileged")


def calls_of(name: str) -> set[str]:
    found: set[str] = set()
    for line in analyze("syscall-filter", name).splitlines()[1:]:
        word = line.strip()
        found |= calls_of(word) if word.startswith("@") else {word} - {""} if not word.startswith("#") else set()
    return found


@needs_systemd
@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_an_update_makes_no_call_that_its_unit_forbids(repository: Repository, tmp_path: Path) -> None:
    repository.release(Recipe())
    trace = tmp_path / "trace"
    command = [sys.executable, "-m", "trunkline_edge", "update", "--home", str(tmp_path / "home"), "--product", "tiny"]
    subprocess.run(
        ["strace", "-f", "-o", str(trace), *command, "--repository", str(repository.folder)],
        check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    lines = trace.read_text().splitlines()
    made = {found[1] for line in lines if (found := re.match(r"\d+ +(\w+)\(.*= (?:\d|0x|\?)", line))}
    assert {"openat", "fsync", "execve"} <= made
    assert made - allowed_calls() == set()
    # MemoryDenyWriteExecute
    executable = [line for line in lines if re.search(r"(mmap|mprotect)\(", line) and "PROT_EXEC" in line]
    assert executable and not [line for line in executable if "PROT_WRITE" in line]
