"""What a person does with the signed repository: publish a bundle, point a channel at it, keep it fresh, change keys.

Each verb is one change of the repository: it is there for devices entirely or not at all.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

from tuf.api.metadata import Root, TargetFile, Targets

from deploy.repository.bins import files_of, hand_over, name_files
from deploy.repository.channels import OTHERWISE, manifest_in
from deploy.repository.roles import (
    MODELS,
    TOP_ROLES,
    channel_role,
    checked_name,
    is_due,
    key_role,
)
from deploy.repository.signed import SignedRepository, make
from schemas.errors import UserError
from trunkline_edge.bundle.files import read_verified
from trunkline_edge.update.decisions import Pointer, pointer_from


class ReleaseRefused(UserError):
    """The repository does not allow this step, or not yet."""


@dataclass(frozen=True)
class Published:
    """A bundle in the repository."""

    bundle_id: str
    files: tuple[str, ...]
    """Those that were not there yet."""
    bytes: int
    """Of these files: what a device on the bundle before has to fetch at most."""


@dataclass(frozen=True)
class RoleState:
    """How one role stands."""

    role: str
    version: int
    expires: datetime
    days_left: float
    keys: int
    threshold: int
    keys_here: int
    """Of its keys, those whose files are in the key folder."""
    keyids: Mapping[str, bool]
    """Id of each key -> is its file there?"""
    targets: int | None
    """How many files it names; None for roles that name none."""
    bins: int = 0
    """Hash bins that they are spread over."""


@dataclass(frozen=True)
class Refreshed:
    """What was signed again, and what could not be."""

    signed: tuple[str, ...]
    unsigned: dict[str, str]
    """Role -> why not. Its metadata stays as it is until its day of expiry."""


def init(repository: SignedRepository, channels: Sequence[str]) -> list[str]:
    """Make the repository, or add channels to it; returns the roles that are new."""
    wanted = [channel_role(channel) for channel in channels]
    before = repository.roles() if repository.exists else []
    if not before:
        make(repository)
    missing = [role for role in wanted if role not in repository.delegated()]
    if missing:
        with repository.change():
            for role in missing:
                repository.delegate(role)
    return [role for role in repository.roles() if role not in before]


def publish(repository: SignedRepository, bundle: Path, version: int | None = None) -> Published:
    """Add a bundle (a folder with `manifest.json` and files), each file under its own hash; none is there twice.

    Its other precision, where it has one, comes with it.

    version: of the registry; by default the one that the bundle says. Of a bundle that is there already, made again by
    another run, the manifest is replaced: its id is the same, its provenance that of the later.

    Raises `DigestMismatch` or `BundleInvalid` before anything is written. No device sees it until a channel does.
    """
    require(repository)
    forms = [(folder, manifest_in(folder, version)) for folder in (bundle, bundle / OTHERWISE) if folder.is_dir()]
    contents, names = dict[str, bytes](), dict[str, str]()
    for folder, manifest in forms:
        contents |= {f"m/{entry.sha256}": read_verified(entry, folder / entry.name) for entry in manifest.files}
        contents[_manifest_path(manifest.bundle_id)] = manifest.to_bytes()
        names |= {f"m/{entry.sha256}": entry.name for entry in manifest.files}
    (_, first), *others = forms
    told = {_manifest_path(first.bundle_id): {OTHERWISE: other.bundle_id} for _, other in others}  # signed with it
    with repository.change():
        added = add_targets(repository, MODELS, contents, told)
    return Published(
        first.bundle_id,
        tuple(names.get(path, "manifest.json") for path in added),
        sum(len(contents[path]) for path in added),
    )


def add_targets(
    repository: SignedRepository,
    role: str,
    contents: Mapping[str, bytes],
    told: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
) -> list[str]:
    """Name files in a role, within a change; returns the paths that are new or have other content.

    told: what is signed beside the hash of a path.
    """
    named = files_of(repository, role)
    found = {path: TargetFile.from_data(path, raw, ["sha256"]) for path, raw in contents.items()}
    for path, custom in told.items():
        found[path].unrecognized_fields["custom"] = dict(custom)
    added = [path for path, target in found.items() if named.get(path) != target]
    for path in added:
        repository.add_file(found[path], contents[path])
    if added:
        name_files(repository, role, {path: found[path] for path in added})
    return added


def promote(repository: SignedRepository, channel: str, product: str, bundle_id: str, version: int) -> Pointer:
    """Point a channel at a published bundle, also at an older one; returns the pointer.

    Raises `ReleaseRefused` where channel or bundle are not in the repository, or a rollout is under way.
    """
    before = pointer_of(repository, channel, product)
    if before is not None and before.rollout is not None:
        raise ReleaseRefused(
            f"rollout {before.rollout.id} of version {before.rollout.version} is under way on {channel}; "
            "`trunkline rollout stop` or `trunkline rollout widen` it first"
        )
    if before is not None and (before.bundle_id, before.version) == (bundle_id, version):
        return before
    sequence = before.sequence + 1 if before else 1
    return move(repository, channel, Pointer(product, bundle_id, version, sequence))


def move(
    repository: SignedRepository, channel: str, pointer: Pointer, first: Callable[[], None] | None = None
) -> Pointer:
    """Give a channel its next pointer; returns it.

    first: what must be on disk before; called under the lock when nothing speaks against the move any more.

    Raises `ReleaseRefused` where channel or bundles are not in the repository, or its sequence is not the next one:
    then somebody else has moved the channel since.
    """
    named = files_of(repository, MODELS)
    pointer = replace(pointer, otherwise=_otherwise(named, pointer.bundle_id))
    if (rollout := pointer.rollout) is not None:
        pointer = replace(pointer, rollout=replace(rollout, otherwise=_otherwise(named, rollout.bundle_id)))
    with repository.change():
        before = pointer_of(repository, channel, pointer.product)
        if pointer.sequence != (before.sequence if before else 0) + 1:
            raise ReleaseRefused(
                f"{channel} has been moved to {before.sequence if before else 0} meanwhile; look again with "
                "`trunkline release status`"
            )
        if first is not None:
            first()
        value = asdict(pointer, dict_factory=lambda items: {name: item for name, item in items if item is not None})
        path = f"channels/{channel}/{checked_name(pointer.product)}.json"
        add_targets(repository, channel_role(channel), {path: json.dumps(value, sort_keys=True).encode()})
    return pointer


def _otherwise(named: Mapping[str, TargetFile], bundle_id: str) -> str | None:
    """Return the same net in another precision, if it was published in two; raises `ReleaseRefused` if in none."""
    if (target := named.get(_manifest_path(bundle_id))) is None:
        raise ReleaseRefused(f"bundle {bundle_id[:12]} is not published; run `trunkline release publish` first")
    other: str | None = (target.custom or {}).get(OTHERWISE)
    return other


def others_of(repository: SignedRepository) -> dict[str, str]:
    """Return the other precision of each bundle that was published in two, by id."""
    told = {path: (target.custom or {}).get(OTHERWISE) for path, target in files_of(repository, MODELS).items()}
    return {Path(path).stem: other for path, other in told.items() if other is not None}


def pointer_of(repository: SignedRepository, channel: str, product: str) -> Pointer | None:
    """Return what a channel says of a product, or None; raises `ReleaseRefused` where there is no such channel."""
    require(repository)
    if channel_role(channel) not in repository.delegated():
        there = ", ".join(name for name in channels_of(repository)) or "none"
        raise ReleaseRefused(
            f"no channel {channel!r}; there are: {there}; `trunkline release init --channel {channel}`"
        )
    return pointers(repository, channel).get(product)


def pointers(repository: SignedRepository, channel: str) -> dict[str, Pointer]:
    """Return what a channel points at, by product."""
    named = repository.targets(channel_role(channel)).targets.values()
    found = {target.path.rpartition("/")[2].removesuffix(".json"): repository.read_file(target) for target in named}
    return {product: pointer_from(raw, product) for product, raw in found.items()}


def channels_of(repository: SignedRepository) -> list[str]:
    """Return the channels that there are."""
    return [role.removeprefix("channel-") for role in repository.delegated() if role.startswith("channel-")]


def refresh(repository: SignedRepository, *, everything: bool = False) -> Refreshed:
    """Sign again what is in the second half of its life, or all that the keys at hand can sign."""
    require(repository)
    signed, unsigned = [], {}
    with repository.change():
        for role in (*repository.bin_names(), *repository.roles()):
            if not (everything or is_due(role, repository.open(role).signed.expires, repository.now())):
                continue
            try:
                with repository.edit(role):
                    pass
                signed.append(key_role(role))
            except UserError as error:
                if role in ("snapshot", "timestamp"):
                    raise  # without these nothing can be published at all
                unsigned[key_role(role)] = str(error)
    return Refreshed(tuple(dict.fromkeys(signed)), unsigned)


def rotate(repository: SignedRepository, role: str, keyid: str | None = None) -> list[str]:
    """Replace all keys of a role, or the one whose id begins so; returns the ids of the new ones.

    What the old keys have signed since, on whatever mirror, counts for nothing once a device has seen the change.
    """
    require(repository)
    if role not in repository.roles():
        raise ReleaseRefused(f"no role {role!r}; there are: {', '.join(repository.roles())}")
    there = [key.keyid for key in repository.role_keys(role)[0]]
    old = there if keyid is None else [each for each in there if keyid and each.startswith(keyid)]
    if not old:
        ids = ", ".join(each[:16] for each in there)
        raise ReleaseRefused(f"{role} has no key {keyid!r}; it has {ids}; without --key all are replaced")
    with repository.change():
        made = [repository.make_key(role) for _ in old]
        with repository.edit("root" if role in TOP_ROLES else "targets") as delegator:
            assert isinstance(delegator, Root | Targets)
            for key in old:
                delegator.revoke_key(key, role)
            for public in made:
                delegator.add_key(public, role)
        if role not in ("root", "snapshot", "timestamp"):  # these three are signed anew with every change of a root
            with repository.edit_targets(role):
                pass
        if role == MODELS:
            hand_over(repository)
    return [key.keyid for key in made]


def status(repository: SignedRepository) -> list[RoleState]:
    """Return how every role stands, those at the top first."""
    require(repository)
    return [_state(repository, role) for role in repository.roles()]


def _state(repository: SignedRepository, role: str) -> RoleState:
    signed = repository.open(role).signed
    keys, threshold = repository.role_keys(role)
    keyids = {key.keyid: repository.keys.path(role, key.keyid).exists() for key in keys}
    bins = repository.bin_names() if role == MODELS else []
    expires = min(repository.open(each).signed.expires for each in (role, *bins))
    left = expires - repository.now()
    return RoleState(
        role=role,
        version=signed.version,
        expires=expires,
        days_left=round(left.total_seconds() / 86_400, 1),
        keys=len(keys),
        threshold=threshold,
        keys_here=sum(keyids.values()),
        keyids=keyids,
        targets=len(files_of(repository, role)) if role not in TOP_ROLES else None,
        bins=len(bins),
    )


def _manifest_path(bundle_id: str) -> str:
    return f"m/{bundle_id}.json"


def require(repository: SignedRepository) -> None:
    """Raise `ReleaseRefused` unless the repository has been made."""
    if not repository.exists:
        raise ReleaseRefused(f"no signed repository in {repository.folder}; run `trunkline release init`")
