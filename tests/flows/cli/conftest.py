from __future__ import annotations

from pathlib import Path

import pytest

from deploy.edge.tests.tiny_bundle import Recipe
from trunkline_edge.bundle.store import add_bundle, write_pointer

NAMES = b"""{"entity": [{"id": "vacuum.clipy", "names": ["Clipy"]}, {"id": "lamp.1", "names": ["Lamp"]},
                        {"id": "lamp.2", "names": ["Lamp"]}]}"""


@pytest.fixture(scope="session")
def tiny_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose champion is a bundle of linear heads that reads names. Do not change it."""
    home = tmp_path_factory.mktemp("home")
    manifest = Recipe(reads_names=True).write(home / "built")
    add_bundle(home / "repository", manifest, lambda entry: home / "built" / entry.name)
    write_pointer(
        home / "repository", "tiny", "local", {"bundle_id": manifest.bundle_id, "version": manifest.provenance.version}
    )
    return home
