"""The signed repository on disk, as static files that any web server can hand out.

    metadata/<n>.root.json, <n>.snapshot.json, <n>.<role>.json, timestamp.json
    targets/<folder>/<sha256>.<name>

What the signatures mean is The Update Framework's; python-tuf signs and checks. Ours is the order of writing: targets,
roles, snapshot, and last the timestamp, by rename. Until the timestamp is replaced nobody sees what lies behind it, so
a change is there entirely or not at all, wherever its process is killed; and what a killed one left is overwritten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock
from securesystemslib.signer import Key
from tuf.api.exceptions import UnsignedMetadataError

# python-tuf is the reference implementation of the update framework: no rule of it is written here again.
from tuf.api.metadata import (
    DelegatedRole,
    Delegations,
    Metadata,
    MetaFile,
    Root,
    Signed,
    Snapshot,
    SuccinctRoles,
    TargetFile,
    Targets,
    Timestamp,
)
from tuf.repository import Repository

from deploy.repository.keys import KeyFolder
from deploy.repository.roles import MODELS, TOP_ROLES, expiry, key_role, paths_of, rule_of
from schemas.errors import UserError
from trunkline_edge.bundle.files import write_atomic

ISSUED = "issued"
"""Field of the timestamp: when it was signed, UTC. By it a device knows that its clock is late."""
_NEW: dict[str, Callable[..., Signed]] = {"root": Root, "snapshot": Snapshot, "timestamp": Timestamp}


class KeyMissing(UserError):
    """Too few keys of a role are at hand to sign it."""


def utc_now() -> datetime:
    """Return the time to the second, with its zone."""
    return datetime.now(UTC).replace(microsecond=0)


class SignedRepository(Repository):
    """One repository. Edits are collected by `change` and written at its end."""

    def __init__(self, folder: Path, keys: KeyFolder, *, now: Callable[[], datetime] = utc_now) -> None:
        self.folder, self.keys, self.now = folder, keys, now
        self._changed: dict[str, bytes] = {}
        self._made: list[Path] = []

    @property
    def exists(self) -> bool:
        """Has it been made, and all of it?"""
        return (self._metadata / "timestamp.json").exists()

    @property
    def _metadata(self) -> Path:
        return self.folder / "metadata"

    @contextmanager
    def change(self) -> Iterator[None]:
        """Collect edits; at the end of the block sign snapshot and timestamp over them and write all.

        A change that is refused leaves no key that it made: nobody could tell it from one that counts.
        """
        self.keys.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with FileLock(self.keys.folder / ".lock"):
            self._changed, self._made = {}, []
            try:
                yield
                if self._changed:
                    self.do_snapshot()
                    self.do_timestamp(force=True)
                    self._verify()
                    self._made = []  # from here on devices may be told of them
                    self._write()
            except (Exception, KeyboardInterrupt):
                for path in self._made:
                    path.unlink(missing_ok=True)
                raise
            finally:
                self._changed, self._made = {}, []

    def make_key(self, role: str) -> Key:
        """Make a key of a role, within a change; returns what is public of it."""
        key = self.keys.make(role).public_key
        self._made.append(self.keys.path(role, key.keyid))
        return key

    def _verify(self) -> None:
        """Raise `UnsignedMetadataError` where a device would refuse a role of this change: one goes to them all."""
        for role, raw in self._changed.items():
            signed = Metadata[Any].from_bytes(raw)
            self._delegator(role).verify_delegate(role, signed.signed_bytes, signed.signatures)
            if role == Root.type and (before := self._published(role)) is not None:
                old = Metadata[Root].from_bytes(before).signed
                old.verify_delegate(role, signed.signed_bytes, signed.signatures)

    def _write(self) -> None:
        """Write what was collected.

        A new root goes after the timestamp: what it takes a new key for is signed by the old one too, and so is good
        under either root. At the very beginning it goes first, as there is nothing without it.
        """
        last = [Snapshot.type, Timestamp.type, Root.type] if self.exists else [Root.type, Snapshot.type, Timestamp.type]
        for role in [name for name in self._changed if name not in last] + [
            name for name in last if name in self._changed
        ]:
            raw = self._changed[role]
            version = Metadata.from_bytes(raw).signed.version
            name = "timestamp.json" if role == Timestamp.type else f"{version}.{role}.json"
            write_atomic(self._metadata / name, raw)

    def add_file(self, target: TargetFile, raw: bytes) -> None:
        """Write a target's content; nobody sees it until a role names it."""
        folder, _, name = target.path.rpartition("/")
        path = self.folder / "targets" / folder / f"{target.hashes['sha256']}.{name}"
        if not path.exists() or path.read_bytes() != raw:
            write_atomic(path, raw)

    def read_file(self, target: TargetFile) -> bytes:
        """Return a target's content."""
        folder, _, name = target.path.rpartition("/")
        return (self.folder / "targets" / folder / f"{target.hashes['sha256']}.{name}").read_bytes()

    def delegate(self, role: str, theirs: Sequence[Key] | None = None) -> None:
        """Let a new role sign its paths, with new keys; it names nothing yet.

        theirs: public keys of somebody who signs on a machine of his own; what he has signed is then `put` here.
        """
        rule = rule_of(role)
        made = theirs or [self.make_key(role) for _ in range(rule.keys)]
        with self.edit_targets() as targets:
            if targets.delegations is None:
                targets.delegations = Delegations({}, {})
            roles = targets.delegations.roles
            assert roles is not None  # hash bins are below `models` alone
            roles[role] = DelegatedRole(role, [], rule.threshold, terminating=True, paths=paths_of(role))
            for key in made:
                targets.add_key(key, role)
        if theirs is None:
            with self.edit_targets(role) as named:
                named.targets.clear()  # what a role of this name signed before it was revoked

    def put(self, role: str, signed: Metadata[Targets]) -> None:
        """Publish a delegated role as its owner has signed it, within a change; raises `UnsignedMetadataError`."""
        self.targets().verify_delegate(role, signed.signed_bytes, signed.signatures)
        self._changed[role] = signed.to_bytes()

    def is_signed(self, role: str) -> bool:
        """Is what stands here of a delegated role signed by the keys that it has now?"""
        there = self.open(role)
        try:
            self.targets().verify_delegate(role, there.signed_bytes, there.signatures)
        except UnsignedMetadataError:
            return False
        return True

    def delegated(self) -> Mapping[str, DelegatedRole]:
        """Return the delegated roles, in order of delegation."""
        delegations = self.targets().delegations
        return (delegations.roles or {}) if delegations else {}

    def roles(self) -> list[str]:
        """Return all roles, those at the top first."""
        return [*TOP_ROLES, *self.delegated()]

    def bins(self) -> SuccinctRoles | None:
        """Return the hash bins below `models`; None while it names its files itself."""
        delegations = self.targets(MODELS).delegations
        return delegations.succinct_roles if delegations else None

    def bin_names(self) -> list[str]:
        """Return the role of each hash bin."""
        return list(bins.get_roles()) if (bins := self.bins()) else []

    def role_keys(self, role: str) -> tuple[list[Key], int]:
        """Return the keys of a role and how many of them must sign."""
        return _keys_of(self._delegator(role), role)

    def _delegator(self, role: str) -> Root | Targets:
        is_bin = key_role(role) != role
        return self.root() if role in TOP_ROLES else self.targets(MODELS) if is_bin else self.targets()

    # What the library's own `edit_*`, `do_snapshot` and `do_timestamp` stand on.

    def open(self, role: str) -> Metadata[Any]:
        """Return a role as it will be after this change, a new one where there is none."""
        raw = self._changed.get(role) or self._published(role)
        if raw is not None:
            return Metadata.from_bytes(raw)
        signed = _NEW.get(role, Targets)(version=1, expires=expiry(role, self.now()))
        if isinstance(signed, Root):
            signed.roles["targets"].threshold = rule_of("targets").threshold
            signed.roles["root"].threshold = rule_of("root").threshold
        return Metadata(signed)

    def close(self, role: str, md: Metadata[Any]) -> None:
        """Give an edited role its version and expiry, and sign it with the keys that are at hand."""
        md.signed.version = self._published_version(role) + 1
        md.signed.expires = expiry(role, self.now())
        if role == Timestamp.type:
            md.signed.unrecognized_fields[ISSUED] = self.now().isoformat()
        md.signatures.clear()
        demands = self._demands(role, md.signed)
        for key in {key.keyid: key for keys, _ in demands for key in keys}.values():
            if (signer := self.keys.signer(key_role(role), key)) is not None:
                md.sign(signer, append=True)
        before = demands[1:] if role == Root.type else []  # devices follow a new root only where the old one signed it
        for keys, threshold in [demands[0], *before]:
            missing = [str(self.keys.path(key_role(role), key.keyid)) for key in keys if key.keyid not in md.signatures]
            if len(keys) - len(missing) < threshold:
                raise KeyMissing(
                    f"{role} takes {threshold} of {len(keys)} keys, {len(keys) - len(missing)} are at hand; missing: "
                    f"{', '.join(missing)}; {_way_out(role)}"
                )
        self._changed[role] = md.to_bytes()

    def _demands(self, role: str, signed: Signed) -> list[tuple[list[Key], int]]:
        """Return the keys and the threshold that a signature must meet: those to come, then those of the root in force.

        While the root changes, a role at its top is signed for both, so that it is good whichever a device has.
        """
        # A root's own keys are among those that sign it.
        demands = [_keys_of(signed, role) if isinstance(signed, Root) else self.role_keys(role)]
        before = self._published(Root.type)
        if role in TOP_ROLES and (role == Root.type or Root.type in self._changed) and before is not None:
            demands.append(_keys_of(Metadata[Root].from_bytes(before).signed, role))
        return demands

    @property
    def targets_infos(self) -> dict[str, MetaFile]:
        """What the snapshot says of each role that names targets."""
        return {
            f"{role}.json": _described(raw)
            for role in (Targets.type, *self.delegated(), *self.bin_names())
            if (raw := self._changed.get(role) or self._published(role)) is not None
        }

    @property
    def snapshot_info(self) -> MetaFile:
        """What the timestamp says of the snapshot."""
        raw = self._changed.get(Snapshot.type) or self._published(Snapshot.type)
        assert raw is not None  # a snapshot is signed before any timestamp
        return _described(raw)

    def _published(self, role: str) -> bytes | None:
        """Return what devices see of a role: what the timestamp leads to, and the newest root."""
        version = self._published_version(role)
        if version == 0:
            return None
        name = "timestamp.json" if role == Timestamp.type else f"{version}.{role}.json"
        return (self._metadata / name).read_bytes()

    def _published_version(self, role: str) -> int:
        if role == Root.type:
            found = (path.name.partition(".")[0] for path in self._metadata.glob("*.root.json"))
            return max((int(number) for number in found if number.isdigit()), default=0)
        if not self.exists:
            return 0
        timestamp = Metadata[Timestamp].from_file(str(self._metadata / "timestamp.json")).signed
        if role == Timestamp.type:
            return timestamp.version
        if role == Snapshot.type:
            return timestamp.snapshot_meta.version
        path = self._metadata / f"{timestamp.snapshot_meta.version}.snapshot.json"
        meta = Metadata[Snapshot].from_file(str(path)).signed.meta.get(f"{role}.json")
        return meta.version if meta else 0


def make(repository: SignedRepository) -> None:
    """Make keys and an empty repository. After a kill in the middle it can be called again."""
    with repository.change():
        with repository.edit_root() as root:
            root.consistent_snapshot = True
            for role in TOP_ROLES:
                for keyid in list(root.roles[role].keyids):  # of a first try that was killed
                    root.revoke_key(keyid, role)
                for _ in range(rule_of(role).keys):
                    root.add_key(repository.make_key(role), role)
        with repository.edit_targets():
            pass
        repository.delegate(MODELS)


def _keys_of(delegator: Root | Targets, role: str) -> tuple[list[Key], int]:
    rule = delegator.get_delegated_role(role)
    return [delegator.get_key(keyid) for keyid in rule.keyids], rule.threshold


def _way_out(role: str) -> str:
    if (author := role.removeprefix("author-")) != role:
        return f"{author} signs on his own machine: `trunkline skill sign ... --author {author}`"
    if role == Root.type:
        return (
            "bring them back: without them no key can be replaced. If they are lost for good, put this repository and "
            "its keys aside, make a new one with `trunkline release init`, and give each device its 1.root.json"
        )
    return f"bring them back, or `trunkline release rotate {role}` if they are lost"


def _described(raw: bytes) -> MetaFile:
    return MetaFile.from_data(Metadata.from_bytes(raw).signed.version, raw, ["sha256"])
