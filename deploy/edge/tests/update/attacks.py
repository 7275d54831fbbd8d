"""What a hostile server or a thief of keys can try. Each attack is done to a fleet whose device has a bundle."""

from __future__ import annotations

import gzip
import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import urllib3
from tuf.api.exceptions import SlowRetrievalError
from tuf.api.metadata import DelegatedRole, Metadata, MetaFile, Targets

from deploy.edge.tests.tiny_bundle import INTENT, Recipe
from deploy.edge.tests.update.fleet import NEXT, Fleet, shifted
from deploy.repository import authors, release
from deploy.repository.signed import SignedRepository
from trunkline_edge.errors import UpdateFailed
from trunkline_edge.update.agent import Agent
from trunkline_edge.update.progress import read_progress

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
    authors.add_author(fleet.repository, "eve")
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


def pointer_of_a_neighbouring_channel(fleet: Fleet) -> None:
    """A role signs a path outside its own; its pointer is the only one."""
    pointer_removed(fleet)
    release.init(fleet.repository, ["beta"])
    raw = json.dumps({"product": "tiny", "bundle_id": "0" * 64, "version": 9, "sequence": 9}).encode()
    with fleet.repository.change():
        release.add_targets(fleet.repository, "channel-beta", {"channels/stable/tiny.json": raw})


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


def pointer_with_deep_nesting(fleet: Fleet) -> None:
    with fleet.repository.change():
        raw = b"[" * 7_000 + b"]" * 7_000
        release.add_targets(fleet.repository, "channel-stable", {"channels/stable/tiny.json": raw})


def pointer_without_end(fleet: Fleet) -> None:
    with fleet.repository.change():
        release.add_targets(fleet.repository, "channel-stable", {"channels/stable/tiny.json": b" " * 100_000})


def released_raw(fleet: Fleet, raw: bytes) -> None:
    """The pipeline's key, stolen, signs anything as a manifest, and the channel's points at it."""
    bundle_id = hashlib.sha256(raw).hexdigest()
    with fleet.repository.change():
        release.add_targets(fleet.repository, "models", {f"m/{bundle_id}.json": raw})
    release.promote(fleet.repository, "stable", "tiny", bundle_id, 9)


def manifest_with_a_path_in_a_name(fleet: Fleet) -> None:
    manifest = json.loads((fleet.folder / "built-1" / "manifest.json").read_bytes())
    manifest["files"][0]["name"] = "../../trunk.onnx"
    released_raw(fleet, json.dumps(manifest, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode())


def manifest_with_labels_that_steer_a_terminal(fleet: Fleet) -> None:
    manifest = json.loads((fleet.folder / "built-1" / "manifest.json").read_bytes())
    manifest["heads"][0]["labels"][0] = "\x1b]0;owned\x07"
    released_raw(fleet, json.dumps(manifest, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode())


def manifest_with_deep_nesting(fleet: Fleet) -> None:
    released_raw(fleet, b'{"schema":1,"files":' + b"[" * 400_000 + b"]" * 400_000 + b"}")


def manifest_of_a_file_that_was_signed_as_another(fleet: Fleet) -> None:
    """The manifest names more bytes than were signed under that hash."""
    manifest = fleet.publish(NEXT)
    longer = tuple(
        replace(entry, length=entry.length + 1) if entry.name == INTENT.file else entry for entry in manifest.files
    )
    forged = replace(manifest, files=longer)
    with fleet.repository.change():
        release.add_targets(fleet.repository, "models", {f"m/{forged.bundle_id}.json": forged.to_bytes()})
    release.promote(fleet.repository, "stable", "tiny", forged.bundle_id, 9)


def bundle_of_another_product(fleet: Fleet) -> None:
    other = fleet.publish(Recipe(manifest={"product": "other"}))
    release.promote(fleet.repository, "stable", "tiny", other.bundle_id, 9)


def endless() -> Iterator[bytes]:
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


def role_whose_name_is_a_path(fleet: Fleet) -> None:
    """Whoever holds the targets' keys delegates to a role whose metadata would be written out of its folder."""
    with fleet.repository.change(), fleet.repository.edit_targets() as targets:
        assert isinstance(targets, Targets) and targets.delegations is not None
        roles = targets.delegations.roles
        assert roles is not None
        keyid, name = next(iter(targets.delegations.keys)), "../../../state"
        targets.delegations.roles = {name: DelegatedRole(name, [keyid], 1, True, ["*/*/*"])} | dict(roles)


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
    """What somebody does to a fleet, and the code that its device must answer with."""

    do: Callable[[Fleet], None]
    code: str

    @property
    def name(self) -> str:
        return self.do.__name__.replace("_", " ")


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
    Attack(pointer_of_a_neighbouring_channel, "update.missing"),
    Attack(pointer_with_deep_nesting, "update.content"),
    Attack(pointer_without_end, "update.content"),
    Attack(manifest_with_a_path_in_a_name, "update.content"),
    Attack(manifest_with_labels_that_steer_a_terminal, "update.content"),
    Attack(manifest_with_deep_nesting, "update.content"),
    Attack(manifest_of_a_file_that_was_signed_as_another, "update.content"),
    Attack(role_whose_name_is_a_path, "update.content"),
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


# What only a server of its own can do


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
Serve = Callable[[BaseHTTPRequestHandler], None]
WEB: dict[str, tuple[Serve, str]] = {
    "a server that drips": (drip, "update.unreachable"),
    "a server that says nothing": (silent, "update.unreachable"),
    "another host": (sends_elsewhere, "update.unreachable"),
    "less than promised": (promises(5_000, b"{}"), "update.unreachable"),
    "more than promised": (promises(2, b"{}" * 100), "update.content"),
    "a packed bomb": (promises(len(BOMB), BOMB, Content_Encoding="gzip"), "update.content"),
    "an error of its own": (fails, "update.unreachable"),
}


# What must come of it


def refused(fleet: Fleet, agent: Agent, code: str) -> str | None:
    """Let a device check once; returns what was wrong with its answer, or None."""
    before, files = fleet.active(), _stored(fleet.home)
    outside = _stored(fleet.folder) - files
    try:
        did = agent.check().did
    except UpdateFailed as error:
        if (error.code, read_progress(fleet.home).code) != (code, code):
            return f"{error.code}, remembered as {read_progress(fleet.home).code}: {error}"
        if not str(error).strip(": "):
            return "refused without a word"
    else:
        return f"accepted: {did}"
    if before is None or fleet.active() != before:
        return f"{fleet.active()} is active, it was {before}"
    if left := [path for path in _stored(fleet.home) - files if path.suffix == ".part"]:
        return f"left behind: {left}"
    if written := _stored(fleet.folder) - _stored(fleet.home) - outside:
        return f"written outside: {written}"
    return None


def _stored(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}
