"""What an author outside the team signs on a machine of his own, as one file that he hands over.

    {"author": "acme", "key": "<public, 64 hex digits>", "signed": {...}, "files": {"skills/acme/...": "<base64>"}}

`signed` is the metadata of his role in the repository and names all his skills; `files` are those of them that were
signed last. His private key never leaves his machine, where the same JSON without the files is kept for the next time.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from securesystemslib.signer import Key, SSlibKey
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, TargetFile, Targets

from deploy.repository.keys import KeyFolder
from deploy.repository.roles import author_role, checked_name, expiry
from schemas.errors import UserError
from trunkline_edge.bundle.files import write_atomic
from trunkline_edge.bundle.packed import PackedBundle
from trunkline_edge.errors import TrunklineEdgeError
from trunkline_edge.update.followed import BUNDLE_ID, Followed

MAX_BYTES = 64_000_000
"""Of a file that is read: some hundred skills of the largest size that a device takes."""


class HandOverRefused(UserError):
    """A file is no hand-over, or not one that this repository may take."""


@dataclass(frozen=True)
class HandOver:
    """All that the team gets of an author. Nothing in it is checked yet against what he may do."""

    author: str
    key: Key
    signed: Metadata[Targets]
    files: Mapping[str, bytes]
    """By path in the repository."""

    def to_bytes(self) -> bytes:
        """Return it as the file that is handed over."""
        value = {
            "author": self.author,
            "key": self.key.keyval["public"],
            "signed": json.loads(self.signed.to_bytes()),
            "files": {path: base64.b64encode(raw).decode() for path, raw in self.files.items()},
        }
        return json.dumps(value, indent=1).encode() + b"\n"

    @classmethod
    def read(cls, path: Path) -> HandOver:
        """Read a file of `to_bytes`; raises `HandOverRefused`."""
        try:
            with path.open("rb") as file:
                raw = file.read(MAX_BYTES + 1)
        except OSError as error:
            raise HandOverRefused(f"{path}: {error.strerror}; `trunkline skill sign` writes one") from None
        if len(raw) > MAX_BYTES:
            raise HandOverRefused(f"{path}: larger than {MAX_BYTES:,} bytes; sign fewer skills at once")
        try:
            value = json.loads(raw)
            signed = Metadata[Targets].from_dict(value["signed"])
            if signed.signed.type != Targets.type:
                raise ValueError(f"metadata of the type {signed.signed.type}")
            return cls(
                checked_name(value["author"]),
                _public(value["key"]),
                signed,
                {path: base64.b64decode(text, validate=True) for path, text in value["files"].items()},
            )
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, RepositoryError) as error:
            why = f"{type(error).__name__}: {error}"[:200]
            raise HandOverRefused(f"{path}: is no hand-over of `trunkline skill sign`, or is damaged: {why}") from None


def _public(hex_digits: str) -> Key:
    """Return a public key. Its id is computed here: one that was given could be that of somebody else's key."""
    return SSlibKey.from_crypto(Ed25519PublicKey.from_public_bytes(binascii.unhexlify(hex_digits)))


def sign(state: Path, keys: KeyFolder, author: str, skills: Sequence[Path], now: datetime) -> HandOver:
    """Add packed skills to what an author has signed, and sign all of it anew; the first time makes his key.

    state: file that remembers what was signed. Raises `HandOverRefused` where the key is not at hand or a file holds
    no skill.
    """
    role, added = author_role(author), dict(_signed_skill(author, path) for path in skills)
    if state.exists():
        before = HandOver.read(state)
        signer, targets = keys.signer(role, before.key), before.signed.signed
        if signer is None:
            raise HandOverRefused(
                f"the key of {author} is not at {keys.path(role, before.key.keyid)}; bring it back, or begin anew: "
                f"remove {state}, and have the team revoke {author} and add him with the next hand-over"
            )
    else:
        signer, targets = keys.make(role), Targets(version=1, expires=expiry(role, now))
    # Seconds, so that it grows without knowledge of what the repository has: also where `state` was lost.
    targets.version = max(targets.version + 1, int(now.timestamp()))
    targets.expires = expiry(role, now)
    targets.targets |= {path: target for path, (target, _) in added.items()}
    signed = Metadata(targets)
    signed.sign(signer)
    done = HandOver(author, signer.public_key, signed, {path: raw for path, (_, raw) in added.items()})
    write_atomic(state, HandOver(author, done.key, signed, MappingProxyType({})).to_bytes(), mode=0o600)
    return done


def _signed_skill(author: str, packed: Path) -> tuple[str, tuple[TargetFile, bytes]]:
    if not packed.is_file():
        raise HandOverRefused(f"{packed}: no such file; `trunkline skill pack` writes one")
    raw = packed.read_bytes()
    target = skill_target(author, packed, raw)
    return target.path, (target, raw)


def skill_target(author: str, packed: Path, raw: bytes) -> TargetFile:
    """Return how a packed skill is named and described when its author signs it; raises `HandOverRefused`."""
    try:
        manifest = PackedBundle(packed).manifest
    except TrunklineEdgeError as error:
        raise HandOverRefused(str(error)) from None
    if not manifest.is_skill:
        raise HandOverRefused(f"{packed}: holds the bundle {manifest.product}, not a skill")
    path = Followed(author, checked_name(manifest.product)).path(manifest.files_of("trunk")[0].sha256)
    target = TargetFile.from_data(path, raw, ["sha256"])
    target.unrecognized_fields["custom"] = {BUNDLE_ID: manifest.bundle_id}
    return target
