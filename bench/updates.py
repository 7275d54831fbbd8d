"""What an update takes: bytes and seconds of a whole bundle, of one head, and of no change, over HTTP on loopback;
and what a million devices that follow a channel so would ask of a CDN and of the origin behind it.

    python -m bench.updates [BUNDLE]

BUNDLE is a folder with `manifest.json`; without it the champion of `home` in this home is measured. Each line is one
check of a device by the real agent: signed metadata, files, health test in a child process, switch. The lines on a
million devices are computed from these (`deploy/rollout/traffic.py`), with the assumptions that they name.
"""

from __future__ import annotations

import sys
import threading
from collections import Counter
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import ClassVar

from deploy.repository import release
from deploy.repository.channels import unpack
from deploy.repository.keys import KeyFolder
from deploy.repository.signed import SignedRepository
from deploy.rollout.devices import CHECK_HOURS
from deploy.rollout.rehearsal import retrained
from deploy.rollout.traffic import Exchange, at_origin, polling, rollout
from tasks.settings import Settings
from tasks.tracking.champion import champion_of
from trunkline_edge.bundle.manifest import Manifest
from trunkline_edge.update.agent import Agent
from trunkline_edge.update.remote import RemoteSource

REPEATS = 3
DEVICES, ROLLOUT_DAYS = 1_000_000, 5
SITES, KEPT_S = 200, 60
"""Of a CDN, and how long it may keep what is polled: as long as a release then takes longer to be seen."""


@dataclass(frozen=True)
class Taken:
    """One check of one device."""

    what: str
    bundles: int
    """Bytes of files and of what names them: pointer and manifest."""
    metadata: int
    requests: int
    seconds: float

    @property
    def exchange(self) -> Exchange:
        """What it asked of the server."""
        return Exchange(self.requests, self.bundles + self.metadata)


class _Counting(SimpleHTTPRequestHandler):
    sent: ClassVar[Counter[str]] = Counter()
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        """Answer, and count that it was asked."""
        self.asked.append(self.path)
        super().do_GET()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def send_header(self, keyword: str, value: str) -> None:
        if keyword.lower() == "content-length":
            self.sent[self.path.split("/")[1]] += int(value)
        super().send_header(keyword, value)


def measure(bundle: Path, folder: Path) -> list[Taken]:
    """Publish a bundle, one with another head, and one that is new altogether; update a fresh device through them."""
    manifest = Manifest.from_bytes((bundle / "manifest.json").read_bytes())
    graphs = [entry.name for entry in manifest.files if entry.role in ("trunk", "head")]
    head = next(entry.name for entry in manifest.files if entry.role == "head")
    repository = SignedRepository(folder / "published", KeyFolder(folder / "keys"))
    release.init(repository, ["stable"])
    folders = {"first install": bundle, "whole bundle": folder / "whole", "one head": folder / "head"}
    retrained(bundle, folders["whole bundle"], graphs, seed=1)
    retrained(folders["whole bundle"], folders["one head"], [head], seed=2)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Counting, directory=str(repository.folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url, root = f"http://127.0.0.1:{server.server_port}", (repository.folder / "metadata" / "1.root.json").read_bytes()
    agent = Agent(folder / "home", RemoteSource(url, root, folder / "home", manifest.product, "stable"))
    found = []
    for version, (what, at) in enumerate(folders.items(), start=1):
        published = release.publish(repository, at)
        release.promote(repository, "stable", manifest.product, published.bundle_id, version)
        found.append(_check(agent, what))
    found.append(_check(agent, "no change"))
    server.shutdown()
    return found


def _check(agent: Agent, what: str) -> Taken:
    _Counting.sent.clear()
    _Counting.asked.clear()
    seconds = agent.check().seconds
    return Taken(what, _Counting.sent["targets"], _Counting.sent["metadata"], len(_Counting.asked), seconds)


def _print_fleet(update: Taken, quiet: Taken) -> None:
    """Print the loads that follow for a large fleet."""
    loads = {
        f"CDN: {DEVICES:,} devices, a check in {CHECK_HOURS} h": polling(DEVICES, CHECK_HOURS, quiet.exchange),
        f"CDN: beside it {update.what}, in {ROLLOUT_DAYS} days": rollout(DEVICES, ROLLOUT_DAYS, update.exchange),
        f"origin: {SITES} sites that keep metadata {KEPT_S} s": at_origin(
            SITES, KEPT_S, quiet.exchange, update.exchange, ROLLOUT_DAYS
        ),
    }
    print(f"\n{'computed':<52}{'requests/s':>12}{'Mbit/s':>10}")
    for what, load in loads.items():
        print(f"{what:<52}{load.requests_per_s:>12,.1f}{8e-6 * load.bytes_per_s:>10,.2f}")


def main(bundle: Path | None = None) -> None:
    """Print the table."""
    with TemporaryDirectory() as made:
        at = bundle or champion_in(Path(made) / "champion")
        runs = [measure(at, Path(made) / f"run-{number}") for number in range(REPEATS)]
    print(f"{'update':<16}{'bundle bytes':>14}{'share':>8}{'metadata bytes':>16}{'requests':>10}{'seconds':>10}")
    whole = runs[0][1].bundles
    for lines in zip(*runs, strict=True):
        seconds = median(line.seconds for line in lines)
        first = lines[0]
        print(
            f"{first.what:<16}{first.bundles:>14,}{first.bundles / whole:>8.1%}{first.metadata:>16,}"
            f"{first.requests:>10}{seconds:>10.2f}"
        )
    print(f"median of {REPEATS}; the health test in a child process is in the seconds")
    _print_fleet(update=runs[0][1], quiet=runs[0][-1])


def champion_in(folder: Path) -> Path:
    """Unpack the champion of `home`; ends the program where there is none."""
    settings = Settings.from_environment()
    champion = champion_of(settings.repository, "home", "local")
    if champion is None:
        sys.exit("no champion of `home` here: run `make demo` first, or name a bundle's folder")
    return unpack(settings.repository, champion.bundle_id, folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
