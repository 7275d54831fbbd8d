from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine is no fault of the code: tests that must be quick say so themselves.
settings.register_profile("trunkline", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)  # tests/conftest.py says why
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "trunkline"))

HERE = Path(__file__).parent
# For deploy.edge.tests.tiny_bundle: in an environment of a device, the checkout is not installed.
sys.path.append(str(HERE.parents[2]))

from deploy.edge.tests.tiny_bundle import Recipe  # noqa: E402
from trunkline_edge.bundle.manifest import Manifest  # noqa: E402
from trunkline_edge.bundle.store import add_bundle, write_pointer  # noqa: E402
from trunkline_edge.understanding.session import Runtime, open_folder  # noqa: E402


@pytest.fixture(autouse=True, scope="session")
def child_processes_find_the_package() -> None:
    """Let `python -m trunkline_edge` run in children, also from a checkout that is not installed."""
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(HERE.parent / "src"), os.environ.get("PYTHONPATH")]))


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A good bundle in a folder. Do not change it."""
    folder = tmp_path_factory.mktemp("bundle")
    Recipe().write(folder)
    return folder


@pytest.fixture(scope="session")
def runtime(bundle: Path) -> Runtime:
    return open_folder(bundle)


class Repository:
    """A local repository whose channel `local` of product `tiny` is released into."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._made = 0

    def release(self, recipe: Recipe) -> Manifest:
        """Build a bundle, publish it, and let the channel point at it."""
        self._made += 1
        built = self.folder.with_name(f"{self.folder.name}-built-{self._made}")
        manifest = recipe.write(built)
        add_bundle(self.folder, manifest, lambda each: built / each.name)
        write_pointer(
            self.folder, "tiny", "local", {"bundle_id": manifest.bundle_id, "version": manifest.provenance.version}
        )
        return manifest


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")
