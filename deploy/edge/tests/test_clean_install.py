"""The device package as a device gets it: installed alone, with its own extra, from the package index."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import venv
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from deploy.edge.tests.tiny_bundle import Recipe

if TYPE_CHECKING:
    from deploy.edge.tests.conftest import Repository

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).parents[1]
FOREIGN = ("torch", "prefect", "mlflow", "pandera", "polars")


def call(*command: str | Path) -> str:
    """Run a command as in a fresh shell, without this checkout on Python's path; returns what it printed."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` folder of an environment with trunkline-edge[cpu], a factory bundle, and nothing else of us."""
    folder = tmp_path_factory.mktemp("clean")
    venv.create(folder / "venv", with_pip=True)
    scripts = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
    python = scripts / "python"
    reach = [str(python), "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), "iniconfig"]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    if subprocess.run(reach, capture_output=True, env=environment, check=False).returncode != 0:
        pytest.skip("pip reaches no package index")
    # A copy, since building leaves folders beside the sources.
    source = shutil.copytree(PROJECT, folder / "edge", ignore=shutil.ignore_patterns("tests", "*.egg-info", "build"))
    Recipe(golden_texts=("rain",)).write(source / "src" / "trunkline_edge" / "factory")
    call(python, "-m", "pip", "install", "--quiet", f"{source}[cpu]")
    return scripts


def test_the_command_runs(installed: Path) -> None:
    assert call(installed / "trunkline-edge", "--version").startswith("trunkline-edge 0.")


def test_nothing_of_the_training_side_comes_along(installed: Path) -> None:
    code = "import importlib.util as u, json, trunkline_edge.bundle.store as s; print(s.__file__); print(json.dumps("
    code += f"[name for name in {FOREIGN!r} if u.find_spec(name)]))"
    where, found = call(installed / "python", "-c", code).splitlines()
    assert Path(where).is_relative_to(installed.parent)
    assert json.loads(found) == []


def test_it_installs_a_bundle_and_parses(installed: Path, repository: Repository, tmp_path: Path) -> None:
    manifest = repository.release(Recipe())
    tool, home = installed / "trunkline-edge", tmp_path / "home"
    call(tool, "update", "--home", home, "--repository", repository.folder, "--product", "tiny")
    answer = json.loads(call(tool, "parse", "--home", home, "turn on the lamp"))
    assert answer["bundle_id"] == manifest.bundle_id
    assert answer["intents"][0]["name"] == "turn_on"
    assert answer["intents"][0]["slots"][0]["raw"] == "lamp"
    verified = call(installed / "python", "-m", "trunkline_edge", "verify", "--home", home)
    assert json.loads(verified)["ok"] is True


def test_a_device_begins_with_its_factory_bundle_and_falls_back_on_it(
    installed: Path, repository: Repository, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    code = "import sys; from pathlib import Path; from trunkline_edge.update.recovery import boot, packaged_factory\n"
    code += "done = boot(Path(sys.argv[1]), packaged_factory()); print(done.did, done.code, done.state.active)"
    did, _, factory = call(installed / "python", "-c", code, home).split()
    assert did == "installed"
    manifest = repository.release(Recipe())
    call(installed / "trunkline-edge", "update", "--home", home, "--repository", repository.folder, "--product", "tiny")
    for bundle_id in (manifest.bundle_id, factory):
        (home / "bundles" / f"{bundle_id}.json").write_bytes(b"worn out")
    assert call(installed / "python", "-c", code, home).split() == ["returned", "boot.corrupt", factory]
    answer = json.loads(call(installed / "trunkline-edge", "parse", "--home", home, "turn on the lamp"))
    assert answer["bundle_id"] == factory


def test_the_package_carries_its_types(installed: Path) -> None:
    code = "import pathlib, trunkline_edge as t; print(pathlib.Path(t.__file__).with_name('py.typed').exists())"
    assert call(installed / "python", "-c", code).strip() == "True"
