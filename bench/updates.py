"""What an update takes: bytes and seconds of a whole bundle, of one head, and of no change, over HTTP on loopback;
and what a million devices that follow a channel so would ask of a CDN and of the origin behind it.

    python -m bench.updates [BUNDLE ...]

BUNDLE is a folder with `manifest.json`, its other precision in `otherwise`; without it the champion of `home` in this
home is measured. After one bundle come two rehearsed ones: all new, and one head. Of several each follows the one
before, such as a retrain with `train.freeze: trunk` its champion. Each line is one check of a device by the real agent:
signed metadata, files, health test in a child process, switch. The lines on a million devices are
computed from these (`deploy/rollout/traffic.py`), with the assumptions that they name.
"""

from __future__ import annotations

import sys
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import ClassVar

from deploy.repository import release
from deploy.repository.channels import HERE, OTHERWISE, publish, unpack
from deploy.repository.keys import KeyFolder
from deploy.repository.signed import SignedRepository
from deploy.rollout.devices import CHECK_HOURS
from deploy.rollout.rehearsal import retrained
from deploy.rollout.traffic import Exchange, at_origin, polling, rollout
from tasks.cache.store import entries_of
from tasks.settings import Settings
from tasks.tracking.champion import champion_of
from trunkline_edge.bundle.manifest import Manifest
from trunkline_edge.bundle.store import load_manifest
from trunkline_edge.update.agent import Agent
from trunkline_edge.update.health import Health, check_health
from trunkline_edge.update.remote import RemoteSource

REPEATS = 3
DEVICES, ROLLOUT_DAYS = 1_000_000, 5
SITES, KEPT_S = 200, 60
"""Of a CDN, and how long it may keep what is polled: as long as a release then takes longer to be seen."""


@dataclass(frozen=True)
class Check:
    """One check of one device."""

    what: str
    bundles: int
    """Bytes of files and of what names them: pointer and manifest."""
    metadata: int
    requests: int
    seconds: float
    runs: str
    """Precision that the device has kept."""

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


def measure(bundles: list[Path], folder: Path) -> list[Check]:
    """Publish bundles in turn, and update a fresh device through them."""
    product = _manifest(bundles[0]).product
    repository = SignedRepository(folder / "published", KeyFolder(folder / "keys"))
    release.init(repository, ["stable"])
    folders = {
        "first install": bundles[0],
        **{f"then {each.parent.name}/{each.name}"[-30:]: each for each in bundles[1:]},
    }
    if len(bundles) == 1:
        folders |= {"whole bundle": folder / "whole", "one head": folder / "head"}
        _retrained(bundles[0], folders["whole bundle"], ("trunk", "head"), seed=1)
        _retrained(folders["whole bundle"], folders["one head"], ("head",), most=1, seed=2)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Counting, directory=str(repository.folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url, root = f"http://127.0.0.1:{server.server_port}", (repository.folder / "metadata" / "1.root.json").read_bytes()
    agent = Agent(folder / "home", RemoteSource(url, root, folder / "home", product, "stable"))
    found = []
    for version, (what, at) in enumerate(folders.items(), start=1):
        published = release.publish(repository, at)
        release.promote(repository, "stable", product, published.bundle_id, version)
        found.append(_check(agent, what))
    found.append(_check(agent, "no change"))
    server.shutdown()
    return found


def _retrained(bundle: Path, folder: Path, roles: tuple[str, ...], *, most: int | None = None, seed: int) -> None:
    """Rehearse a retrain of files of these roles, in each precision that the bundle has."""
    for source, target in ((bundle, folder), (bundle / OTHERWISE, folder / OTHERWISE)):
        if source.is_dir():
            files = [entry.name for entry in _manifest(source).files if entry.role in roles]
            retrained(source, target, files[:most], seed=seed)


def _check(agent: Agent, what: str) -> Check:
    _Counting.sent.clear()
    _Counting.asked.clear()
    outcome = agent.check()
    assert outcome.state.active is not None  # it has installed something
    precisions = {graph.precision for graph in load_manifest(agent.home, outcome.state.active).graphs}
    runs = "+".join(sorted(precisions - {"fp32"})) or "fp32"
    sent = _Counting.sent
    return Check(what, sent["targets"], sent["metadata"], len(_Counting.asked), outcome.seconds, runs)


def _print_fleet(update: Check, quiet: Check) -> None:
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


def precisions(bundle: Path, folder: Path) -> Iterator[tuple[str, int, Health]]:
    """Test a bundle in each of its precisions as a device does; yields each with its bytes."""
    for source in (bundle, bundle / OTHERWISE):
        if source.is_dir():
            manifest = publish(folder, source)
            trunk = manifest.graphs[0]
            yield trunk.precision, manifest.size_bytes, check_health(folder, manifest.bundle_id, HERE)


def _manifest(folder: Path) -> Manifest:
    return Manifest.from_bytes((folder / "manifest.json").read_bytes())


def main(bundles: list[Path]) -> None:
    """Print the tables."""
    with TemporaryDirectory() as made:
        at = bundles or [champion_in(Path(made) / "champion")]
        runs = [measure(at, Path(made) / f"run-{number}") for number in range(REPEATS)]
        tested = list(precisions(at[0], Path(made) / "tested"))
    columns = f"{'metadata bytes':>16}{'requests':>10}{'seconds':>10}{'runs':>8}"
    print(f"{'update':<32}{'bundle bytes':>14}{'share':>8}{columns}")
    whole = runs[0][0 if bundles[1:] else 1].bundles
    for lines in zip(*runs, strict=True):
        seconds = median(line.seconds for line in lines)
        runs_in = "/".join(dict.fromkeys(line.runs for line in lines))
        first = lines[0]
        figures = f"{first.bundles:>14,}{first.bundles / whole:>8.1%}{first.metadata:>16,}"
        figures += f"{first.requests:>10}{seconds:>10.2f}"
        print(f"{first.what:<32}{figures}{runs_in:>8}")
    print(f"median of {REPEATS}; the health test in a child process is in the seconds\n")
    print(f"{'first bundle in':<16}{'bytes':>12}{'p50 ms':>8}{'p95 ms':>8}{'MB above an idle process':>26}")
    for precision, size, health in tested:
        print(f"{precision:<16}{size:>12,}{health.p50_ms:>8.2f}{health.p95_ms:>8.2f}{health.rss_mb:>26.1f}")
    _print_fleet(update=runs[0][0 if bundles[1:] else 1], quiet=runs[0][-1])


def champion_in(folder: Path) -> Path:
    """Return the champion of `home`, as it was built or else unpacked; ends the program where there is none."""
    settings = Settings.from_environment()
    champion = champion_of(settings.repository, "home", "local")
    if champion is None:
        sys.exit("no champion of `home` here: run `make demo` first, or name a bundle's folder")
    built = (
        each.folder for each in entries_of(settings.cache, "build") if each.record["bundle_id"] == champion.bundle_id
    )
    return next(built, None) or unpack(settings.repository, champion.bundle_id, folder)


if __name__ == "__main__":
    main([Path(each) for each in sys.argv[1:]])
