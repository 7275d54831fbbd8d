"""What a hostile server or a thief of keys can try; each ends in the right code, with the active bundle as it was."""

from __future__ import annotations

import gzip
import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import urllib3
from tuf.api.exceptions import SlowRetrievalError
from tuf.api.metadata import DelegatedRole, Metadata, MetaFile, Targets

from deploy.edge.tests.mirror import Mirror
from deploy.edge.tests.tiny_bundle import HEADS, INTENT, Recipe
from deploy.edge.tests.update.conftest import Fleet, replace, shifted
from deploy.repository import release
from deploy.repository.signed import SignedRepository
from trunkline_edge.errors import UpdateFailed
from trunkline_edge.update.agent import Agent
from trunkline_edge.update.download import BoundedFetcher
from trunkline_edge.update.progress import read_progress
from trunkline_edge.update.remote import RemoteSource

# Sockets of a client that hangs up on a hostile server, and of the server that is hung up on.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")

GOOD = Recipe()
NEXT = Recipe(heads=(replace(INTENT, bias=(0.3, 0.1, 0.0)), *HEADS[1:]))
TIMESTAMP = "metadata/timestamp.json"


# Tools of the attacker


def signed_by(fleet: Fleet, role: str, metadata: Metadata[Any]) -> bytes:
    """Sign anything with the keys of a role: the thief has them."""
    metadata.signatures.clear()
    for key in fleet.repository.role_keys(role)[0]:
        signer = fleet.repository.keys.signer(role, key)
        assert signer is not None
        metadata.sign(signer, append=True)
    return metadata.to_bytes()


def path_of(fleet: Fleet, role: str) -> str:
    """Return where the metadata of a role lies that the repository serves now."""
    return f"metadata/{fleet.repository.open(role).signed.version}.{role}.json"


def served(fleet: Fleet, path: str) -> bytes:
    return (fleet.repository.folder / path).read_bytes()


def new_file(fleet: Fleet) -> str:
    """Return the path of a file that the device still lacks: the new head."""
    manifest = json.loads((fleet.folder / f"built-{fleet.versions}" / "manifest.json").read_bytes())
    (sha,) = (entry["sha256"] for entry in manifest["files"] if entry["name"] == INTENT.file)
    return f"targets/m/{sha}.{sha}"


def old_timestamp(fleet: Fleet) -> None:
    old = served(fleet, TIMESTAMP)
    fleet.release(NEXT)
    fleet.agent().check()
    fleet.mirror.instead[TIMESTAMP] = old


def stolen_timestamp_key_and_an_older_snapshot(fleet: Fleet) -> None:
    fleet.release(NEXT)
    fleet.agent().check()
    timestamp = fleet.repository.open("timestamp")
    timestamp.signed.version += 1
    timestamp.signed.snapshot_meta = MetaFile(2)
    fleet.mirror.instead[TIMESTAMP] = signed_by(fleet, "timestamp", timestamp)


def forged_snapshot(fleet: Fleet, change: Callable[[dict[str, MetaFile]], None]) -> None:
    """Serve a snapshot and a timestamp that the thief of both keys has signed."""
    fleet.release(NEXT)
    fleet.agent().check()
    snapshot, timestamp = fleet.repository.open("snapshot"), fleet.repository.open("timestamp")
    snapshot.signed.version += 1
    change(snapshot.signed.meta)
    raw = signed_by(fleet, "snapshot", snapshot)
    timestamp.signed.version += 1
    timestamp.signed.snapshot_meta = MetaFile.from_data(snapshot.signed.version, raw, ["sha256"])
    fleet.mirror.instead[f"metadata/{snapshot.signed.version}.snapshot.json"] = raw
    fleet.mirror.instead[TIMESTAMP] = signed_by(fleet, "timestamp", timestamp)


def stolen_snapshot_key_lists_older(fleet: Fleet) -> None:
    forged_snapshot(fleet, lambda meta: meta.__setitem__("models.json", MetaFile(1)))


def stolen_snapshot_key_drops_a_role(fleet: Fleet) -> None:
    forged_snapshot(fleet, lambda meta: meta.__delitem__("models.json"))


def target_of_the_same_length(fleet: Fleet) -> None:
    fleet.release(NEXT)
    path = new_file(fleet)
    fleet.mirror.instead[path] = served(fleet, path)[:-1] + b"\0"


def target_cut_short(fleet: Fleet) -> None:
    fleet.release(NEXT)
    path = new_file(fleet)
    fleet.mirror.instead[path] = served(fleet, path)[:-1]


def target_too_long(fleet: Fleet) -> None:
    fleet.release(NEXT)
    path = new_file(fleet)
    fleet.mirror.instead[path] = served(fleet, path) + b"x"


def target_gone(fleet: Fleet) -> None:
    fleet.release(NEXT)
    (fleet.repository.folder / new_file(fleet)).unlink()


def edited_metadata(fleet: Fleet) -> None:
    fleet.release(NEXT)
    fleet.mirror.instead[TIMESTAMP] = served(fleet, TIMESTAMP).replace(b'"version":', b'"version": 1')


def signed_with_another_key(fleet: Fleet) -> None:
    fleet.release(NEXT)
    other = SignedRepository(fleet.folder / "other", replace(fleet.repository.keys, folder=fleet.folder / "keys-other"))
    release.init(other, ["stable"])
    fleet.mirror.instead[TIMESTAMP] = (fleet.folder / "other" / TIMESTAMP).read_bytes()


def one_signature_of_two(fleet: Fleet) -> None:
    fleet.release(NEXT)
    release.add_author(fleet.repository, "eve")
    path = path_of(fleet, "targets")
    targets = Metadata[Targets].from_bytes(served(fleet, path))
    targets.signatures.popitem()
    raw = targets.to_bytes()
    fleet.mirror.instead[path] = raw
    # The snapshot vouches for the whole file, so its keys must be stolen too for this to come to the signatures.
    version = targets.signed.version
    described = MetaFile.from_data(version, raw, ["sha256"])
    snapshot, timestamp = fleet.repository.open("snapshot"), fleet.repository.open("timestamp")
    snapshot.signed.meta["targets.json"] = described
    signed = signed_by(fleet, "snapshot", snapshot)
    fleet.mirror.instead[f"metadata/{snapshot.signed.version}.snapshot.json"] = signed
    timestamp.signed.snapshot_meta = MetaFile.from_data(snapshot.signed.version, signed, ["sha256"])
    timestamp.signed.version += 1
    fleet.mirror.instead[TIMESTAMP] = signed_by(fleet, "timestamp", timestamp)


def root_of_one_thief(fleet: Fleet) -> None:
    root = fleet.repository.open("root")
    root.signed.version += 1
    root.signed.roles["root"].threshold = 1
    root.signatures.clear()
    key = fleet.repository.role_keys("root")[0][0]
    signer = fleet.repository.keys.signer("root", key)
    assert signer is not None
    root.sign(signer)
    fleet.mirror.instead[f"metadata/{root.signed.version}.root.json"] = root.to_bytes()


def expired(fleet: Fleet) -> None:
    release.refresh(shifted(fleet, -30), everything=True)


def pointer_of_a_role_that_may_not(fleet: Fleet) -> None:
    fleet.repository.folder.mkdir(exist_ok=True)
    release.init(fleet.repository, ["beta"])
    raw = json.dumps({"product": "other", "bundle_id": "0" * 64, "version": 9, "sequence": 9}).encode()
    with fleet.repository.change():
        release.add_targets(fleet.repository, "channel-beta", {"channels/stable/other.json": raw})


def pointer_back_in_time(fleet: Fleet) -> None:
    """The channel's own key, stolen, signs a pointer with a lower sequence."""
    fleet.release(NEXT)
    fleet.agent().check()
    old = json.dumps({"product": "tiny", "bundle_id": "0" * 64, "version": 1, "sequence": 1}).encode()
    with fleet.repository.change():
        release.add_targets(fleet.repository, "channel-stable", {"channels/stable/tiny.json": old})


def pointer_out_of_its_folder(fleet: Fleet) -> None:
    raw = json.dumps({"product": "tiny", "bundle_id": "../../../etc/passwd", "version": 9, "sequence": 9}).encode()
    with fleet.repository.change():
        release.add_targets(fleet.repository, "channel-stable", {"channels/stable/tiny.json": raw})


def manifest_with_a_path_in_a_name(fleet: Fleet) -> None:
    """The pipeline's key, stolen, signs a manifest that names files outside the store."""
    manifest = json.loads((fleet.folder / "built-1" / "manifest.json").read_bytes())
    manifest["files"][0]["name"] = "../../trunk.onnx"
    raw = json.dumps(manifest, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    bundle_id = hashlib.sha256(raw).hexdigest()
    with fleet.repository.change():
        release.add_targets(fleet.repository, "models", {f"m/{bundle_id}.json": raw})
    release.promote(fleet.repository, "stable", "tiny", bundle_id, 9)


def bundle_of_another_product(fleet: Fleet) -> None:
    other = fleet.publish(Recipe(manifest={"product": "other"}))
    release.promote(fleet.repository, "stable", "tiny", other.bundle_id, 9)


def endless(_: Fleet | None = None) -> Iterator[bytes]:
    while True:
        yield b"x" * 100_000


def endless_timestamp(fleet: Fleet) -> None:
    fleet.mirror.instead[TIMESTAMP] = endless


def endless_root(fleet: Fleet) -> None:
    fleet.mirror.instead["metadata/3.root.json"] = endless
    fleet.mirror.instead["metadata/2.root.json"] = endless


def endless_target(fleet: Fleet) -> None:
    fleet.release(NEXT)
    fleet.mirror.instead[new_file(fleet)] = endless


def nested(fleet: Fleet) -> None:
    fleet.mirror.instead[TIMESTAMP] = b'{"signed":' + b"[" * 8_000 + b"]" * 8_000


def nonsense(fleet: Fleet) -> None:
    fleet.mirror.instead[TIMESTAMP] = bytes(range(256))


def ten_thousand_delegations(fleet: Fleet) -> None:
    """Whoever holds the targets' keys delegates until reading it would never end."""
    with fleet.repository.change(), fleet.repository.edit_targets() as targets:
        assert isinstance(targets, Targets) and targets.delegations is not None
        roles = targets.delegations.roles
        assert roles is not None
        keyid = next(iter(targets.delegations.keys))
        first = {f"author-{n}": DelegatedRole(f"author-{n}", [keyid], 1, False, ["*/*/*"]) for n in range(10_000)}
        targets.delegations.roles = first | dict(roles)


def refusing(error: Exception) -> Callable[[], Iterable[bytes]]:
    def chunks() -> Iterator[bytes]:
        raise error
        yield b""

    return chunks


def server_down(fleet: Fleet) -> None:
    fleet.mirror.instead[TIMESTAMP] = refusing(SlowRetrievalError())


def cut_inside_a_file(fleet: Fleet) -> None:
    fleet.release(NEXT)
    fleet.mirror.instead[new_file(fleet)] = refusing(urllib3.exceptions.ProtocolError("connection broken"))


def pointer_removed(fleet: Fleet) -> None:
    with fleet.repository.change(), fleet.repository.edit_targets("channel-stable") as targets:
        targets.targets.clear()


@dataclass(frozen=True)
class Attack:
    do: Callable[[Fleet], None]
    code: str


ATTACKS = [
    Attack(old_timestamp, "update.rollback"),
    Attack(stolen_timestamp_key_and_an_older_snapshot, "update.rollback"),
    Attack(stolen_snapshot_key_lists_older, "update.rollback"),
    Attack(stolen_snapshot_key_drops_a_role, "update.content"),
    Attack(pointer_back_in_time, "update.rollback"),
    Attack(target_of_the_same_length, "update.content"),
    Attack(target_cut_short, "update.content"),
    Attack(target_too_long, "update.content"),
    Attack(target_gone, "update.missing"),
    Attack(edited_metadata, "update.signature"),
    Attack(signed_with_another_key, "update.signature"),
    Attack(one_signature_of_two, "update.signature"),
    Attack(root_of_one_thief, "update.signature"),
    Attack(expired, "update.expired"),
    Attack(pointer_removed, "update.missing"),
    Attack(pointer_out_of_its_folder, "update.content"),
    Attack(manifest_with_a_path_in_a_name, "update.content"),
    Attack(bundle_of_another_product, "update.content"),
    Attack(endless_timestamp, "update.content"),
    Attack(endless_root, "update.content"),
    Attack(endless_target, "update.content"),
    Attack(nested, "update.content"),
    Attack(nonsense, "update.content"),
    Attack(ten_thousand_delegations, "update.content"),
    Attack(server_down, "update.unreachable"),
    Attack(cut_inside_a_file, "update.unreachable"),
]


def named(attack: Attack) -> str:
    return attack.do.__name__


@pytest.mark.parametrize("attack", ATTACKS, ids=named)
def test_the_attack_has_its_code_and_changes_nothing(attack: Attack, fleet: Fleet) -> None:
    fleet.release(GOOD)
    fleet.agent().check()
    attack.do(fleet)
    assert_refused(fleet, fleet.agent(), attack.code)


def assert_refused(fleet: Fleet, agent: Agent, code: str) -> None:
    before, files = fleet.active(), stored(fleet)
    with pytest.raises(UpdateFailed) as raised:
        agent.check()
    assert (raised.value.code, read_progress(fleet.home).code) == (code, code)
    assert str(raised.value).strip(": ")
    assert fleet.active() == before is not None
    assert [name for name in stored(fleet) - files if name.endswith(".part")] == []


def stored(fleet: Fleet) -> set[str]:
    return {path.name for path in fleet.home.rglob("*") if path.is_file()}


def test_a_pointer_that_a_neighbouring_channel_signs_is_not_found(fleet: Fleet) -> None:
    pointer_of_a_role_that_may_not(fleet)
    source = RemoteSource("http://mirror", fleet.root, fleet.home, "other", "stable", fetcher=fleet.mirror)
    with pytest.raises(UpdateFailed) as raised:
        Agent(fleet.home, source).check()
    assert raised.value.code == "update.missing"


def test_after_an_attack_has_ended_the_device_goes_on(fleet: Fleet) -> None:
    fleet.release(GOOD)
    fleet.agent().check()
    for attack in (endless_timestamp, nested, target_too_long, cut_inside_a_file, server_down):
        attack(fleet)
        with pytest.raises(UpdateFailed):
            fleet.agent().check()
        fleet.mirror.instead.clear()
    assert fleet.agent().check().did == "installed"
    assert read_progress(fleet.home).code is None


def test_a_fast_forward_of_the_thief_is_undone_by_new_keys(fleet: Fleet) -> None:
    fleet.release(GOOD)
    fleet.agent().check()
    timestamp = fleet.repository.open("timestamp")
    timestamp.signed.version = 10**6
    fleet.mirror.instead[TIMESTAMP] = signed_by(fleet, "timestamp", timestamp)
    fleet.agent().check()
    fleet.mirror.instead.clear()
    with pytest.raises(UpdateFailed):
        fleet.agent().check()
    release.rotate(fleet.repository, "timestamp")
    fleet.release(NEXT)
    assert fleet.agent().check().did == "installed"


def test_a_device_that_slept_for_a_year_finds_its_way_through_new_roots(fleet: Fleet) -> None:
    fleet.release(GOOD)
    fleet.agent().check()
    for role in ("root", "timestamp", "targets", "root", "channel-stable", "models"):
        release.rotate(fleet.repository, role)
    manifest = fleet.release(NEXT)
    fleet.agent().check()
    assert fleet.active() == manifest.bundle_id


# Over real HTTP


class Handler(SimpleHTTPRequestHandler):
    """Serves the repository's folder, and what a test puts in its place."""

    instead: dict[str, Callable[[BaseHTTPRequestHandler], None]]

    def do_GET(self) -> None:
        other = self.instead.get(self.path.removeprefix("/"))
        if other is None:
            super().do_GET()
        else:
            other(self)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(fleet: Fleet) -> Iterator[tuple[str, dict[str, Callable[[BaseHTTPRequestHandler], None]]]]:
    instead: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {}
    handler = type("Own", (Handler,), {"instead": instead})
    web = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(fleet.repository.folder)))
    web.daemon_threads = True
    threading.Thread(target=web.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{web.server_address[1]}", instead
    web.shutdown()
    web.server_close()


def over_http(fleet: Fleet, url: str, timeout_s: float = 5) -> Agent:
    source = RemoteSource(url, fleet.root, fleet.home, "tiny", "stable", fetcher=BoundedFetcher(timeout_s))
    return Agent(fleet.home, source)


@pytest.mark.slow
@pytest.mark.parametrize("attack", ATTACKS, ids=named)
def test_over_http_the_attack_has_the_same_code(attack: Attack, fleet: Fleet, server: tuple[str, Any]) -> None:
    url, instead = server
    fleet.release(GOOD)
    over_http(fleet, url).check()
    attack.do(fleet)
    for path, what in fleet.mirror.instead.items():
        instead[path] = partial(hand_out, what=what)
    assert_refused(fleet, over_http(fleet, url), attack.code)


def hand_out(request: BaseHTTPRequestHandler, what: bytes | Callable[[], Iterable[bytes]]) -> None:
    """Serve bytes, or what an iterator yields; where it raises, hang up."""
    request.send_response(200)
    if isinstance(what, bytes):
        request.send_header("Content-Length", str(len(what)))
        request.end_headers()
        request.wfile.write(what)
        return
    request.send_header("Content-Length", str(10**9))
    request.end_headers()
    try:
        for chunk in what():
            request.wfile.write(chunk)
    except (OSError, SlowRetrievalError, urllib3.exceptions.HTTPError):
        request.close_connection = True


def drip(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.send_header("Content-Length", "10000")
    request.end_headers()
    try:
        for _ in range(10_000):
            request.wfile.write(b"{")
            time.sleep(0.05)
    except OSError:
        pass


def silent(_: BaseHTTPRequestHandler) -> None:
    time.sleep(3)


def sends_elsewhere(request: BaseHTTPRequestHandler) -> None:
    request.send_response(302)
    request.send_header("Location", "http://169.254.169.254/latest/meta-data")
    request.send_header("Content-Length", "0")
    request.end_headers()


def promises(length: int, raw: bytes, **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    def serve(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.send_header("Content-Length", str(length))
        request.end_headers()
        request.wfile.write(raw)
        request.close_connection = True

    return serve


def fails(request: BaseHTTPRequestHandler) -> None:
    request.send_error(503)


BOMB = gzip.compress(b"{" * 10_000_000)
WEB = {
    "a server that drips": (drip, "update.unreachable"),
    "a server that says nothing": (silent, "update.unreachable"),
    "another host": (sends_elsewhere, "update.unreachable"),
    "less than promised": (promises(5_000, b"{}"), "update.unreachable"),
    "more than promised": (promises(2, b"{}" * 100), "update.content"),
    "a packed bomb": (promises(len(BOMB), BOMB, Content_Encoding="gzip"), "update.content"),
    "an error of its own": (fails, "update.unreachable"),
}


@pytest.mark.parametrize("what", WEB)
def test_a_server_at_fault_is_named_in_time(what: str, fleet: Fleet, server: tuple[str, Any]) -> None:
    url, instead = server
    fleet.release(GOOD)
    over_http(fleet, url).check()
    instead[TIMESTAMP], code = WEB[what]
    begun = time.monotonic()
    assert_refused(fleet, over_http(fleet, url, timeout_s=1), code)
    assert time.monotonic() - begun < 30


def test_a_server_that_is_down_is_unreachable(fleet: Fleet) -> None:
    fleet.release(GOOD)
    fleet.agent().check()
    assert_refused(fleet, over_http(fleet, "http://127.0.0.1:9"), "update.unreachable")


def test_another_mirror_of_the_same_repository_cannot_go_back_in_time(fleet: Fleet) -> None:
    fleet.release(GOOD)
    fleet.agent().check()
    old = served(fleet, TIMESTAMP)
    fleet.release(NEXT)
    fleet.agent().check()
    behind = Mirror(fleet.repository.folder)
    behind.instead[TIMESTAMP] = old
    source = RemoteSource("http://mirror", fleet.root, fleet.home, "tiny", "stable", fetcher=behind)
    assert_refused(fleet, Agent(fleet.home, source), "update.rollback")


def test_no_link_is_followed_out_of_the_metadata_folder(fleet: Fleet) -> None:
    victim = fleet.folder / "victim"
    victim.write_bytes(b"mine")
    fleet.release(GOOD)
    fleet.agent().check()
    (folder,) = (fleet.home / "tuf").iterdir()
    for name in ("pointer", "manifest", "timestamp.json"):
        (folder / name).unlink()
        Path(folder / name).symlink_to(victim)
    fleet.release(NEXT)
    fleet.agent().check()
    assert victim.read_bytes() == b"mine"
