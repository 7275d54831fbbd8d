"""The same rows, spec, code and machine give the same bundle, wherever and whenever the work is done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deploy.bundle.build import build_bundle
from deploy.bundle.built import Built
from deploy.repository import release
from deploy.repository.channels import publish
from deploy.repository.keys import KeyFolder
from deploy.repository.signed import SignedRepository
from model.export.graphs import export_graphs
from tests.model.conftest import Workshop
from trunkline_edge.bundle.manifest import Manifest
from trunkline_edge.bundle.store import load_manifest

FIRST_DAY = datetime(2026, 11, 5, 12, tzinfo=UTC)


def work(home: Path, clock: Callable[[], datetime], run_id: str) -> Built:
    """Do everything from rows to bundle in a home of its own."""
    home.mkdir()
    workshop = Workshop(home)
    spec = workshop.spec(("intent", "slots"), epochs=1)
    dataset = workshop.dataset(spec)
    graphs = export_graphs(workshop.train(spec, dataset), dataset, spec, workshop.folder())
    return build_bundle(
        graphs, dataset, spec, run_id=run_id, created=clock().isoformat(), out=workshop.folder(), git_commit=run_id
    )


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> tuple[Built, Built]:
    folder = tmp_path_factory.mktemp("work")
    return (
        work(folder / "one", lambda: FIRST_DAY, "r1"),
        work(folder / "a home of another name", lambda: FIRST_DAY + timedelta(days=1), "r2"),
    )


def manifest_of(built: Built) -> Manifest:
    return Manifest.from_bytes((built.folder / "manifest.json").read_bytes())


def test_equal_work_in_two_homes_on_two_days_is_one_bundle(twice: tuple[Built, Built]) -> None:
    one, other = twice
    assert one.bundle_id == other.bundle_id
    for entry in manifest_of(one).files:
        assert (one.folder / entry.name).read_bytes() == (other.folder / entry.name).read_bytes(), entry.name
    days = [manifest_of(built).provenance.created for built in twice]
    assert days == ["2026-11-05T12:00:00+00:00", "2026-11-06T12:00:00+00:00"]
    assert [manifest_of(built).provenance.run_id for built in twice] == ["r1", "r2"]


def test_a_repository_keeps_the_provenance_of_who_made_the_bundle_last(
    twice: tuple[Built, Built], tmp_path: Path
) -> None:
    local, signed = tmp_path / "local", SignedRepository(tmp_path / "signed", KeyFolder(tmp_path / "keys"))
    release.init(signed, ["stable"])
    for version, built in enumerate(twice, start=1):
        publish(local, built.folder, version)
        published = release.publish(signed, built.folder, version)
        # All of it first; then nothing but the manifests, of the bundle and of its other precision.
        assert (version == 1) == (set(published.files) > {"manifest.json"})
    bundle_id = twice[0].bundle_id
    assert load_manifest(local, bundle_id).provenance.run_id == "r2"
    target = signed.targets("models").targets[f"m/{bundle_id}.json"]
    kept = Manifest.from_bytes(signed.read_file(target))
    assert (kept.bundle_id, kept.provenance.run_id, kept.provenance.version) == (bundle_id, "r2", 2)
