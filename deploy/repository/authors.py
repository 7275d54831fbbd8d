"""Authors outside the team: who may sign below `skills/<author>/`, and what they hand over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from tuf.api.exceptions import UnsignedMetadataError
from tuf.api.metadata import TargetFile

from deploy.repository.handover import HandOver, HandOverRefused, skill_target
from deploy.repository.release import ReleaseRefused, require
from deploy.repository.roles import author_role, expiry, paths_of
from deploy.repository.signed import SignedRepository
from trunkline_edge.update.followed import MAX_PACKED_BYTES

MAX_AHEAD = timedelta(days=1)
"""By which the author's clock may be ahead of this one. A number without bounds could never be followed by another."""


@dataclass(frozen=True)
class Accepted:
    """What came of a hand-over."""

    added: tuple[str, ...]
    """Paths that are new, or have other content than before."""
    gone: tuple[str, ...]
    """Paths that devices find no more."""


def add_author(repository: SignedRepository, author: str, handed: HandOver | None = None) -> Path | None:
    """Let an author outside the team publish under `skills/<author>/` alone.

    handed: from his own machine. His key is taken from it and what he signed with it; without, a key is made here, to
    be handed over to him, and its file is returned.
    """
    require(repository)
    role = author_role(author)
    if role in repository.delegated():
        raise ReleaseRefused(f"author {author!r} is there already; revoke first, or `trunkline release rotate {role}`")
    with repository.change():
        repository.delegate(role, [handed.key] if handed else None)
        if handed is not None:
            _take(repository, author, handed)
    return None if handed else repository.keys.path(role, repository.role_keys(role)[0][0].keyid)


def take(repository: SignedRepository, author: str, handed: HandOver) -> Accepted:
    """Publish what an author has signed on his own machine; raises `HandOverRefused` before anything is written.

    Taken twice, it changes nothing.
    """
    require(repository)
    require_author(repository, author)
    with repository.change():
        return _take(repository, author, handed)


def revoke_author(repository: SignedRepository, author: str) -> None:
    """Let nothing that this author signed count any more."""
    require(repository)
    role = require_author(repository, author)
    with repository.change(), repository.edit_targets() as targets:
        assert targets.delegations is not None and targets.delegations.roles is not None  # the role is among them
        for keyid in list(targets.delegations.roles[role].keyids):
            targets.revoke_key(keyid, role)
        del targets.delegations.roles[role]


def require_author(repository: SignedRepository, author: str) -> str:
    """Return the role of an author; raises `ReleaseRefused` where the repository knows none of this name."""
    role = author_role(author)
    if role not in repository.delegated():
        there = ", ".join(name.removeprefix("author-") for name in repository.delegated() if name.startswith("author-"))
        raise ReleaseRefused(
            f"no author {author!r} in {repository.folder}; there are: {there or 'none'}; "
            f"`trunkline release author add {author}`"
        )
    return role


def _take(repository: SignedRepository, author: str, handed: HandOver) -> Accepted:
    role, targets = author_role(author), handed.signed.signed
    before = repository.targets(role)
    _check_signed(repository, author, handed)
    # Under another key than before, what was signed with that one counts for nothing.
    named = before.targets if repository.is_signed(role) else {}
    if named == targets.targets and before.version == targets.version:
        return Accepted((), ())
    if targets.version <= before.version:
        raise HandOverRefused(
            f"{author} has handed over number {targets.version}, here is {before.version} already: is it an old file?"
        )
    added = {path: target for path, target in targets.targets.items() if named.get(path) != target}
    for path, target in added.items():
        if not repository.delegated()[role].is_delegated_path(path):
            raise HandOverRefused(f"{author} has signed {path}, and may sign {paths_of(role)[0]} alone")
        if path not in handed.files:
            raise HandOverRefused(f"{path} was signed before and has not come here: let {author} sign it again")
        _check_skill(author, target, handed.files[path])
    for path, target in added.items():
        repository.add_file(target, handed.files[path])
    repository.put(role, handed.signed)
    return Accepted(tuple(added), tuple(path for path in named if path not in targets.targets))


def _check_signed(repository: SignedRepository, author: str, handed: HandOver) -> None:
    """Raise `HandOverRefused` unless the author's own key has signed it, alone and not long ago or ahead."""
    role, targets, now = author_role(author), handed.signed.signed, repository.now()
    if handed.author != author:
        raise HandOverRefused(f"this is a hand-over of {handed.author!r}, not of {author!r}")
    if targets.delegations is not None:
        raise HandOverRefused(f"{author} lets others sign for him, which devices do not follow")
    try:
        repository.targets().verify_delegate(role, handed.signed.signed_bytes, handed.signed.signatures)
    except UnsignedMetadataError:
        keys = ", ".join(key.keyid[:16] for key in repository.role_keys(role)[0])
        raise HandOverRefused(
            f"not signed with the key that this repository knows {author} by ({keys}); if he has a new one, "
            f"`trunkline release author revoke {author}` and add him again"
        ) from None
    if targets.expires <= now:
        raise HandOverRefused(f"expired on {targets.expires:%d %B %Y}: let {author} sign again")
    if targets.expires > expiry(role, now + MAX_AHEAD):
        raise HandOverRefused(f"signed until {targets.expires:%d %B %Y}, longer than `trunkline skill sign` does")
    if targets.version > (now + MAX_AHEAD).timestamp():
        raise HandOverRefused(f"number {targets.version} is ahead of this machine's clock: is his right, and yours?")


def _check_skill(author: str, target: TargetFile, raw: bytes) -> None:
    """Raise `HandOverRefused` unless a file is the skill that was signed under this path."""
    if len(raw) > MAX_PACKED_BYTES:
        raise HandOverRefused(f"{target.path}: {len(raw):,} bytes; a device takes at most {MAX_PACKED_BYTES:,}")
    with TemporaryDirectory() as folder:
        packed = Path(folder) / "skill.tls"
        packed.write_bytes(raw)
        found = skill_target(author, packed, raw)
    if found != target:
        raise HandOverRefused(f"{target.path}: holds another file than the one that was signed ({found.path})")
