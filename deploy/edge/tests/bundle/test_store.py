from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from deploy.edge.tests.tiny_bundle import HEADS, INTENT, Recipe
from trunkline_edge.bundle.store import State, load_manifest, read_pointer, read_state, write_pointer
from trunkline_edge.errors import BundleInvalid, NothingInstalled
from trunkline_edge.understanding.session import open_active

if TYPE_CHECKING:
    from deploy.edge.tests.conftest import Repository


def test_a_pointer_to_an_unpublished_bundle_is_not_written(repository: Repository) -> None:
    repository.release(Recipe())
    before = read_pointer(repository.folder, "tiny", "local")
    with pytest.raises(BundleInvalid, match="no manifest"):
        write_pointer(repository.folder, "tiny", "local", {"bundle_id": "a" * 64, "version": 9})
    assert read_pointer(repository.folder, "tiny", "local") == before
    with pytest.raises(BundleInvalid, match="bundle aaaaaaaaaaaa: no manifest"):
        load_manifest(repository.folder, "a" * 64)


def test_a_manifest_under_another_id_is_refused(repository: Repository) -> None:
    first, second = repository.release(Recipe()), repository.release(Recipe(heads=(INTENT, *HEADS[2:])))
    path = repository.folder / "bundles" / f"{second.bundle_id}.json"
    path.write_bytes(first.to_bytes())
    with pytest.raises(BundleInvalid, match=f"holds bundle {first.bundle_id[:12]}, not {second.bundle_id[:12]}"):
        load_manifest(repository.folder, second.bundle_id)


def test_a_home_without_state_has_nothing_installed(tmp_path: Path) -> None:
    assert read_state(tmp_path) == State()
    with pytest.raises(NothingInstalled, match="run `trunkline-edge install FILE` or `update` first"):
        open_active(tmp_path)


@pytest.mark.parametrize("state", [b"", b"{", b"[]", b"7", b'{"active": 7}', b'{"active": "../x"}', b"\xff\xfe"])
def test_a_spoiled_state_is_refused_with_the_cure(tmp_path: Path, state: bytes) -> None:
    (tmp_path / "state.json").write_bytes(state)
    with pytest.raises(BundleInvalid, match=r"state\.json.*install again"):
        open_active(tmp_path)
