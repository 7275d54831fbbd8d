from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from deploy.edge.tests.tiny_bundle import DOMAIN, INTENT, Recipe
from deploy.repository.channels import champion_runtime, point, publish
from trunkline_edge.bundle.store import read_pointer
from trunkline_edge.errors import BundleInvalid, DigestMismatch
from trunkline_edge.update.agent import Agent
from trunkline_edge.update.local import LocalSource

if TYPE_CHECKING:
    from tests.deploy.conftest import Bench


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return tmp_path / "repository"


def contents(folder: Path) -> dict[Path, tuple[bytes, int]]:
    return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.rglob("*") if path.is_file()}


def test_at_first_there_is_no_champion(repository: Path) -> None:
    assert champion_runtime(repository, "tiny", "local") is None


def test_a_published_bundle_is_no_champion_until_the_channel_points_at_it(bench: Bench, repository: Path) -> None:
    manifest = publish(repository, bench.bundle(Recipe()))
    assert champion_runtime(repository, "tiny", "local") is None
    point(repository, "tiny", "local", manifest.bundle_id)
    champion = champion_runtime(repository, "tiny", "local")
    assert champion is not None
    assert champion.bundle_id == manifest.bundle_id
    assert champion.parse("lamp on").intents[0].name == "turn_on"
    assert champion_runtime(repository, "tiny", "beta") is None
    assert read_pointer(repository, "tiny", "local") == {"bundle_id": manifest.bundle_id, "version": 1}


def test_publishing_twice_copies_no_file_again(bench: Bench, repository: Path) -> None:
    bundle = bench.bundle(Recipe())
    first = publish(repository, bundle)
    before = contents(repository)
    assert publish(repository, bundle) == first
    after = contents(repository)
    assert {path: raw for path, (raw, _) in after.items()} == {path: raw for path, (raw, _) in before.items()}
    assert all(after[path] == before[path] for path in before if path.parent.name == "store")


def test_pointing_twice_changes_nothing(bench: Bench, repository: Path) -> None:
    manifest = publish(repository, bench.bundle(Recipe()))
    point(repository, "tiny", "local", manifest.bundle_id)
    before = contents(repository)
    point(repository, "tiny", "local", manifest.bundle_id)
    assert contents(repository) == before


def test_a_channel_points_only_at_published_bundles(bench: Bench, repository: Path) -> None:
    manifest = publish(repository, bench.bundle(Recipe()))
    point(repository, "tiny", "local", manifest.bundle_id)
    other = Recipe(scale=1.1).write(bench.home / "unpublished")
    with pytest.raises(BundleInvalid, match=f"bundle {other.bundle_id[:12]}: no manifest"):
        point(repository, "tiny", "local", other.bundle_id)
    assert read_pointer(repository, "tiny", "local") == {"bundle_id": manifest.bundle_id, "version": 1}


def test_two_bundles_of_one_trunk_store_it_once(bench: Bench, repository: Path) -> None:
    first = publish(repository, bench.bundle(Recipe(heads=(INTENT,))))
    second = publish(repository, bench.bundle(Recipe(version=2, heads=(INTENT, DOMAIN))))
    assert first.file("trunk.onnx") == second.file("trunk.onnx")
    wanted = {entry.sha256 for entry in (*first.files, *second.files)}
    assert {path.name for path in (repository / "store").iterdir()} == wanted


def test_a_spoiled_bundle_is_not_published(bench: Bench, repository: Path) -> None:
    bundle = bench.bundle(Recipe())
    (bundle / "intent.onnx").write_bytes(b"spoiled")
    with pytest.raises(DigestMismatch, match=r"intent\.onnx"):
        publish(repository, bundle)
    assert not list(repository.glob("bundles/*"))


def test_a_spoiled_file_of_the_champion_is_not_served_and_publishing_again_mends_it(
    bench: Bench, repository: Path
) -> None:
    bundle = bench.bundle(Recipe())
    manifest = publish(repository, bundle)
    point(repository, "tiny", "local", manifest.bundle_id)
    (repository / "store" / manifest.file("trunk.onnx").sha256).write_bytes(b"")
    with pytest.raises(DigestMismatch, match=r"trunk\.onnx"):
        champion_runtime(repository, "tiny", "local")
    publish(repository, bundle)
    assert champion_runtime(repository, "tiny", "local") is not None


def test_a_device_installs_what_the_channel_points_at(bench: Bench, repository: Path, tmp_path: Path) -> None:
    manifest = publish(repository, bench.bundle(Recipe()))
    point(repository, "tiny", "local", manifest.bundle_id)
    done = Agent(tmp_path / "device", LocalSource(repository, "tiny", "local")).check()
    assert done.state.active == manifest.bundle_id
