"""The repository that devices update from, and the pointer of each channel in it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from trunkline_edge.bundle.files import read_verified
from trunkline_edge.bundle.manifest import Manifest
from trunkline_edge.bundle.store import add_bundle, load_manifest, located_in, read_pointer, write_pointer
from trunkline_edge.understanding.session import Runtime
from trunkline_edge.update.health import Limits, check_health

OTHERWISE = "otherwise"
"""Folder in that of a bundle: the same net in another precision, a bundle of its own."""
HERE = Limits(seconds=120, p95_ms=10_000, rss_mb=8_000)
"""Of a self-test on this machine: is the bundle right, not is it small and fast enough for a device."""


def publish(repository: Path, bundle: Path, version: int | None = None) -> Manifest:
    """Add a built bundle's files and manifest to the repository; devices do not see it until a pointer names it.

    version: of the registry; by default the one that the bundle says. Of a bundle that is there already, made again by
    another run, the provenance is replaced: the same files, known by who made them last.
    """
    manifest = manifest_in(bundle, version)
    add_bundle(repository, manifest, lambda entry: bundle / entry.name)
    return manifest


def manifest_in(bundle: Path, version: int | None) -> Manifest:
    """Return a built bundle's manifest with its number in the registry, which is none of the builder's business."""
    manifest = Manifest.from_bytes((bundle / "manifest.json").read_bytes())
    return manifest if version is None else replace(manifest, provenance=replace(manifest.provenance, version=version))


def try_on_device(bundle: Path) -> Manifest:
    """Install a built bundle on an empty device and test it there, in a process of its own; returns its manifest.

    So is its other precision, where it has one: some devices take that instead.

    Raises `BundleInvalid` when a file is not the one that the manifest names, `HealthFailed` or `RequirementUnmet` as
    on a device, for instance when a golden answer is another one.
    """
    with TemporaryDirectory() as device:
        forms = [form for form in (bundle, bundle / OTHERWISE) if form.is_dir()]
        manifests = [publish(Path(device), form) for form in forms]  # a device keeps its bundles as a repository does
        for manifest in manifests:
            self_test(Path(device), manifest.bundle_id)
    return manifests[0]


def self_test(folder: Path, bundle_id: str) -> None:
    """Test a bundle of a repository or a device as a device does before it switches; raises what the device would."""
    check_health(folder, bundle_id, HERE)


def point(repository: Path, product: str, channel: str, bundle_id: str) -> None:
    """Let a channel name a published bundle; doing it twice changes nothing."""
    manifest = load_manifest(repository, bundle_id)
    pointer = {"bundle_id": bundle_id, "version": manifest.provenance.version}
    if read_pointer(repository, product, channel) != pointer:
        write_pointer(repository, product, channel, pointer)


def champion_runtime(repository: Path, product: str, channel: str) -> Runtime | None:
    """Open the bundle that a channel names, or None where it names none."""
    pointer = read_pointer(repository, product, channel)
    if pointer is None:
        return None
    return Runtime(load_manifest(repository, pointer["bundle_id"]), located_in(repository))


def unpack(repository: Path, bundle_id: str, folder: Path) -> Path:
    """Write a bundle of the repository as it was built, files under their names; returns the folder."""
    manifest, locate = load_manifest(repository, bundle_id), located_in(repository)
    folder.mkdir(parents=True, exist_ok=True)
    for entry in manifest.files:
        (folder / entry.name).write_bytes(read_verified(entry, locate(entry)))
    (folder / "manifest.json").write_bytes(manifest.to_bytes())
    return folder
