"""Nothing in the working directory is imported, whatever it is called."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

HOSTILE = (
    "numpy",
    "prefect",
    "mlflow",
    "uvicorn",
    "sqlalchemy",
    "alembic",
    "multiprocessing",
    "pickle",
    "socket",
    "torch",
)
SPAWNS = """
import multiprocessing
from tasks.settings import Settings

if __name__ == "__main__":
    Settings.from_environment().apply()
    child = multiprocessing.get_context("spawn").Process(target=print, args=("spawned",))
    child.start()
    child.join()
"""


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A working directory whose modules leave a mark when they are imported."""
    folder = tmp_path / "here"
    folder.mkdir()
    for name in HOSTILE:
        mark = folder / f"{name} was imported"
        (folder / f"{name}.py").write_text(f"open({str(mark)!r}, 'w').close()\nraise SystemExit('imported {name}')\n")
    return folder


def script(folder: Path, code: str) -> list[str]:
    """Write what `pip` installs as `trunkline`: a script whose own folder is the first to be searched."""
    path = folder / "bin" / "trunkline"
    path.parent.mkdir()
    path.write_text(code)
    return [sys.executable, str(path)]


def imported(hostile: Path) -> list[str]:
    return sorted(path.name for path in hostile.iterdir() if path.suffix != ".py")


def test_a_hostile_module_would_be_imported_by_a_plain_module_call(hostile: Path) -> None:
    subprocess.run([sys.executable, "-m", "mlflow"], cwd=hostile, capture_output=True)
    assert imported(hostile) == ["mlflow was imported"]


def test_workers_import_nothing_from_the_working_directory(bare, hostile: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        script(tmp_path, SPAWNS), cwd=hostile, env=bare.environment, capture_output=True, text=True, timeout=60
    )
    assert (done.stdout, imported(hostile)) == ("spawned\n", []), done.stderr


@pytest.mark.slow
def test_servers_import_nothing_from_the_working_directory(bare, hostile: Path, tmp_path: Path) -> None:
    command = script(tmp_path, "from flows.cli.app import main; main()")
    pages = subprocess.Popen(
        [*command, "ui", "--mlflow-port", "0", "--prefect-port", "0"],
        cwd=hostile,
        env=bare.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert pages.stdout is not None
    said = [pages.stdout.readline() for _ in range(2)]
    os.kill(pages.pid, signal.SIGINT)
    rest, _ = pages.communicate(timeout=60)
    assert [line.split()[0] for line in said] == ["MLflow", "Prefect"], "".join(said) + rest
    assert imported(hostile) == []
    assert not list(bare.home.rglob("*server.json")), "a server is still written down"
