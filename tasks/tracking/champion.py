"""The champion: the bundle behind a channel pointer. Light to import, for commands that only ask or answer."""

from __future__ import annotations

from pathlib import Path

from tasks.records import Champion
from trunkline_edge.bundle.manifest import Manifest
from trunkline_edge.bundle.store import channels_of, load_manifest, located_in, read_pointer
from trunkline_edge.understanding.session import Runtime


def champion_of(repository: Path, product: str, channel: str) -> Champion | None:
    """Return what devices on this channel run, or None before the first promotion."""
    pointer = read_pointer(repository, product, channel)
    if pointer is None:
        return None
    return champion_as(load_manifest(repository, pointer["bundle_id"]))


def champions_of(repository: Path, product: str) -> dict[str, str]:
    """Return channel -> bundle id of its champion."""
    pointed = {name: read_pointer(repository, product, name) for name in channels_of(repository, product)}
    return {name: each["bundle_id"] for name, each in pointed.items() if each}


def champion_as(manifest: Manifest) -> Champion:
    """Return the record of a published bundle that is champion."""
    origin = manifest.provenance
    return Champion(manifest.bundle_id, origin.version, origin.data_digest, dict(origin.numerics or {}))


def open_champion(repository: Path, champion: Champion) -> Runtime:
    """Open the champion for answers; every file is hashed on the way."""
    return Runtime(load_manifest(repository, champion.bundle_id), located_in(repository))


def channels_in(repository: Path) -> list[tuple[str, str]]:
    """Return every product with each of its channels."""
    return sorted((path.parent.name, path.stem) for path in (repository / "channels").glob("*/*.json"))
