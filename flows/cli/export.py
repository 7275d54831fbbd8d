"""`trunkline export`: the champion, laid out for a program that is not ours."""

from __future__ import annotations

from pathlib import Path

from deploy.serving.folder import write_folder
from deploy.serving.triton import write_triton
from flows.cli.parse import find_champion
from schemas.errors import UserError
from tasks.settings import Settings
from trunkline_edge.bundle.files import Locate
from trunkline_edge.bundle.manifest import Manifest
from trunkline_edge.bundle.store import load_manifest, located_in

LAYOUTS = ("folder", "triton")


def export_champion(layout: str, folder: Path, *, product: str, channel: str) -> None:
    """Write the champion's files and say what was written."""
    if layout not in LAYOUTS:
        raise UserError(f"{layout}: no such layout; there are {', '.join(LAYOUTS)}")
    repository = Settings.from_environment().repository
    name, champion = find_champion(repository, product, channel)
    manifest, locate = load_manifest(repository, champion.bundle_id), located_in(repository)
    try:
        _write(layout, name, manifest, locate, folder)
    except OSError as error:
        raise UserError(f"{folder}: cannot be written: {error.strerror}") from None


def _write(layout: str, name: str, manifest: Manifest, locate: Locate, folder: Path) -> None:
    if layout == "folder":
        write_folder(manifest, locate, folder)
        print(f"{folder}: {name} version {manifest.provenance.version}, {len(manifest.files)} files and manifest.json")
        return
    *graphs, ensemble = write_triton(manifest, locate, folder)
    print(f"{folder}: ensemble {ensemble}, version {manifest.provenance.version}, of {', '.join(graphs)}")
    print(f"Serve it: tritonserver --model-repository={folder}")
