"""`trunkline pack`: the champion as one file, to carry to a device that no server reaches."""

from __future__ import annotations

from pathlib import Path

from flows.cli.out_file import opened_whole
from flows.cli.parse import find_champion
from tasks.settings import Settings
from trunkline_edge.bundle.packed import write_packed
from trunkline_edge.bundle.store import load_manifest, located_in
from trunkline_edge.printable import printable


def pack_champion(product: str, out: Path, channel: str) -> None:
    """Write the champion's bundle to `out`, and say what to do with it on the device."""
    repository = Settings.from_environment().repository
    name, champion = find_champion(repository, product, channel)
    manifest = load_manifest(repository, champion.bundle_id)
    with opened_whole(out) as file:
        write_packed(manifest, located_in(repository), file.buffer)
    told = f"{name} version {champion.version}, {out.stat().st_size / 1e6:.1f} MB: {out}"
    print(printable(f"{told}\nOn the device: trunkline-edge install {out.name}"))
