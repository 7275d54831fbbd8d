"""The application as a package: built into wheels, installed without the checkout, and used."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
TINY = ROOT / "tests" / "tasks"
PACKAGES = ("flows", "tasks", "schemas", "model", "deploy")


def call(*command: str | Path, cwd: Path, home: Path | None = None) -> str:
    """Run a command without this checkout on Python's path; returns what it printed."""
    ours = {"PYTHONPATH", "TRUNKLINE_HOME", "MLFLOW_TRACKING_URI", "PREFECT_HOME", "PREFECT_API_URL"}
    environment = {key: value for key, value in os.environ.items() if key not in ours}
    environment |= {"TRUNKLINE_HOME": str(home)} if home else {}
    done = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, cwd=cwd, env=environment, check=False
    )
    assert done.returncode == 0, f"{command}: {done.stdout[-1000:]}{done.stderr[-3000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Both wheels, built from a copy: building leaves folders beside the sources."""
    folder = tmp_path_factory.mktemp("wheels")
    copy = folder / "copy"
    copy.mkdir()
    for name in (*PACKAGES, "pyproject.toml", "README.md"):
        source = ROOT / name
        skipped = shutil.ignore_patterns("__pycache__", "*.egg-info", "build", "tests")
        shutil.copytree(source, copy / name, ignore=skipped) if source.is_dir() else shutil.copy(source, copy / name)
    build = (sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation")
    call(*build, "--wheel-dir", folder / "dist", copy, copy / "deploy" / "edge", cwd=folder)
    return sorted((folder / "dist").glob("*.whl"))


@pytest.fixture(scope="module")
def scripts(wheels: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` folder of an environment with the wheels, which borrows everybody else's packages from this one."""
    folder = tmp_path_factory.mktemp("clean") / "venv"
    venv.create(folder)
    python = folder / "bin" / "python"
    site = next((folder / "lib").glob("python*")) / "site-packages"
    # Only the folders: what a .pth file in them adds, such as this checkout, is not read.
    borrowed = [path for path in sys.path if path.endswith("site-packages")]
    (site / "borrowed.pth").write_text("\n".join(borrowed))
    install = (sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index")
    # Forced, as pip finds the editable installs of the borrowed folders.
    call(*install, "--ignore-installed", *wheels, cwd=folder)
    return folder / "bin"


def test_the_wheels_hold_every_module_and_nothing_else_of_the_checkout(wheels: list[Path]) -> None:
    packed = {name for wheel in wheels for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    edge = ROOT / "deploy" / "edge" / "src"
    sources = [path.relative_to(edge) for path in edge.rglob("*.*")]
    sources += [
        path.relative_to(ROOT)
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.*")
        if ROOT / "deploy" / "edge" not in path.parents
    ]
    wanted = {str(path) for path in sources if path.suffix in (".py", ".html", ".json", ".typed")}
    assert packed == wanted


def test_the_installed_application_trains_and_answers(scripts: Path, tmp_path: Path) -> None:
    code = "import model.priors as p, trunkline_edge as e; print(p.__file__, e.__file__)"
    where = call(scripts / "python", "-c", code, cwd=tmp_path)
    assert [Path(file).is_relative_to(scripts.parent) for file in where.split()] == [True, True]
    assert "retrain" in call(scripts / "trunkline", "--help", cwd=tmp_path)
    data = ("--data", TINY / "tiny.jsonl")
    told = call(scripts / "trunkline", "retrain", TINY / "tiny.yaml", *data, cwd=tmp_path, home=tmp_path / "home")
    assert "promoted: version 1 of tiny" in told
    answer = call(scripts / "trunkline", "parse", "turn on the light", cwd=tmp_path, home=tmp_path / "home")
    assert '"intents": [{"name": ' in answer
