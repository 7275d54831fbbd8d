"""Private keys, one file each, that only their owner can read.

    keys/<role>-<first 16 of the key id>.pem     PKCS 8, mode 600; those of a person may carry a passphrase

Which of them count is said by the repository's own metadata, never by what lies here. So a key can be taken away on a
stick and brought back for a ceremony.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

# cryptography makes and reads the key files, securesystemslib signs: what the TUF library itself relies on.
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from securesystemslib.signer import CryptoSigner, Key

from deploy.repository.roles import rule_of
from schemas.errors import UserError
from trunkline_edge.bundle.files import write_atomic

PASSPHRASE = "TRUNKLINE_KEY_PASSPHRASE"
"""Environment variable that commands take the passphrase from; named in errors."""


class KeyUnusable(UserError):
    """A key file is there but cannot be used as it is."""


@dataclass(frozen=True)
class KeyFolder:
    """A folder of private keys."""

    folder: Path
    passphrase: bytes | None = field(default=None, repr=False)
    """For the keys of a person; without it their new keys are not locked, and locked ones cannot be used."""

    def make(self, role: str) -> CryptoSigner:
        """Make and keep a new ed25519 key of a role."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        private = Ed25519PrivateKey.generate()
        signer = CryptoSigner(private)
        locking: KeySerializationEncryption = NoEncryption()
        if self.passphrase and rule_of(role).is_offline:
            locking = BestAvailableEncryption(self.passphrase)
        raw = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locking)
        write_atomic(self.path(role, signer.public_key.keyid), raw, mode=0o600)
        return signer

    def signer(self, role: str, key: Key) -> CryptoSigner | None:
        """Return what signs with a key, or None when its file is not here.

        Raises `KeyUnusable` when others can read the file, it is locked and no passphrase fits, or it is another key.
        """
        path = self.path(role, key.keyid)
        if not path.exists():
            return None
        if path.stat().st_mode & 0o077:
            raise KeyUnusable(f"{path} can be read by others; `chmod 600` it, or rotate the key if they may have")
        raw = path.read_bytes()
        is_locked = b"ENCRYPTED" in raw.partition(b"\n")[0]
        if is_locked and not self.passphrase:
            raise KeyUnusable(f"{path} is locked; give its passphrase in {PASSPHRASE}")
        try:
            private = load_pem_private_key(raw, self.passphrase if is_locked else None)
            signer = CryptoSigner(private)
        except (ValueError, TypeError) as error:
            raise KeyUnusable(f"{path} cannot be read: {error}; is the passphrase in {PASSPHRASE} right?") from None
        if signer.public_key.keyid != key.keyid:
            raise KeyUnusable(f"{path} holds key {signer.public_key.keyid[:16]}, not the one it is named after")
        return signer

    def path(self, role: str, keyid: str) -> Path:
        """Return where the key of a role lies, or would."""
        return self.folder / f"{role}-{keyid[:16]}.pem"
