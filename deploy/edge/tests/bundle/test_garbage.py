"""What a folder of bundles may lose, on real bundles."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from deploy.edge.tests.tiny_bundle import HEADS, INTENT, Recipe
from trunkline_edge.bundle.garbage import remove, unneeded
from trunkline_edge.bundle.manifest import Manifest
from trunkline_edge.bundle.store import add_bundle, load_manifest
from trunkline_edge.errors import BundleInvalid


@pytest.fixture
def stored(tmp_path: Path) -> tuple[Path, list[Manifest]]:
    """A home with three bundles that share files."""
    home, manifests = tmp_path / "home", []
    other_intent = replace(INTENT, bias=(0.3, 0.1, 0.0))
    for number, recipe in enumerate((Recipe(), Recipe(heads=(other_intent, *HEADS[1:])), Recipe(scale=2.0))):
        folder = tmp_path / f"built-{number}"
        manifests.append(recipe.write(folder))
        add_bundle(home, manifests[-1], lambda entry, folder=folder: folder / entry.name)
    return home, manifests


def test_what_no_kept_bundle_names_goes_and_shared_files_stay(stored: tuple[Path, list[Manifest]]) -> None:
    home, (first, second, third) = stored
    (home / "store" / f"{'0' * 64}.part").write_bytes(b"half")
    gone = unneeded(home, {second.bundle_id})
    remove(gone)
    assert {path.name for path in (home / "bundles").iterdir()} == {f"{second.bundle_id}.json"}
    assert {path.name for path in (home / "store").iterdir()} == {entry.sha256 for entry in second.files}
    assert {path.stem for path in gone if path.suffix == ".json"} == {first.bundle_id, third.bundle_id}
    assert unneeded(home, {second.bundle_id}) == []


def test_a_kept_bundle_that_cannot_be_read_keeps_everything(stored: tuple[Path, list[Manifest]]) -> None:
    home, (first, *_) = stored
    (home / "bundles" / f"{first.bundle_id}.json").write_bytes(b"{}")
    with pytest.raises(BundleInvalid):
        unneeded(home, {first.bundle_id})


def test_a_kept_bundle_that_is_not_here_is_no_fault(stored: tuple[Path, list[Manifest]]) -> None:
    home, (first, *_) = stored
    unneeded(home, {first.bundle_id, "f" * 64})
    assert load_manifest(home, first.bundle_id).bundle_id == first.bundle_id
