"""What a failure of the TUF client means for this device: one of our errors, each with its code."""

from __future__ import annotations

# The Update Framework's client: signatures, versions, expiry and delegations are checked there and nowhere else.
from tuf.api.exceptions import (
    BadVersionNumberError,
    DownloadError,
    DownloadHTTPError,
    DownloadLengthMismatchError,
    ExpiredMetadataError,
    RepositoryError,
    UnsignedMetadataError,
)
from tuf.api.metadata import TargetFile
from urllib3.exceptions import HTTPError

from trunkline_edge.bundle.manifest import FileEntry
from trunkline_edge.errors import (
    ContentRefused,
    Expired,
    NotPublished,
    RolledBack,
    SignatureRefused,
    Unreachable,
    UpdateFailed,
)
from trunkline_edge.update.home import no_room

CLIENT_ERRORS = (RepositoryError, DownloadError, HTTPError, OSError)
"""All that the client is known to raise, also past its own promises."""
_MEANINGS: tuple[tuple[type[Exception], type[UpdateFailed]], ...] = (
    (ExpiredMetadataError, Expired),
    (BadVersionNumberError, RolledBack),
    (UnsignedMetadataError, SignatureRefused),
    (DownloadLengthMismatchError, ContentRefused),
    (RepositoryError, ContentRefused),  # wrong length or hash, unreadable, or a role dropped
    (DownloadError, Unreachable),
    (HTTPError, Unreachable),  # a connection cut inside a file
)


def failure_of(error: Exception, what: str) -> UpdateFailed | None:
    """Return our error for one of `CLIENT_ERRORS` met while getting `what`; None for a fault of this machine's disk."""
    message = f"{what}: {str(error) or type(error).__name__}"  # some have no words of their own
    if isinstance(error, DownloadHTTPError) and error.status_code in (403, 404, 410):
        return NotPublished(message)
    for kind, meaning in _MEANINGS:
        if isinstance(error, kind):
            return meaning(message)
    return no_room(what, error)


def check_named(entry: FileEntry, target: TargetFile) -> None:
    """Raise `ContentRefused` unless the signed target is the file that the manifest names."""
    if (target.length, target.hashes.get("sha256")) != (entry.length, entry.sha256):
        raise ContentRefused(
            f"{entry.name}: signed with {target.length} bytes and sha256 {str(target.hashes.get('sha256'))[:12]}, "
            f"named in the manifest with {entry.length} bytes and {entry.sha256[:12]}"
        )
