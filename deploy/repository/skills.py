"""Skills in the signed repository: each a packed file below its author's folder, signed by the author's own role."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO

from deploy.repository.authors import require_author
from deploy.repository.release import add_targets, require
from deploy.repository.roles import checked_name
from deploy.repository.signed import SignedRepository
from trunkline_edge.bundle.files import Locate
from trunkline_edge.bundle.manifest import Manifest
from trunkline_edge.bundle.packed import write_packed
from trunkline_edge.update.followed import BUNDLE_ID, Followed


def publish_skill(
    repository: SignedRepository, author: str, skills: Sequence[Manifest], locate: Locate
) -> Mapping[str, int]:
    """Sign skills, one a name and trunk; returns path -> bytes of those that were not there or had another content.

    Devices that follow `AUTHOR/NAME` take what is new at their next check. Raises `ReleaseRefused` where there is no
    such author, `KeyMissing` without his key, `DigestMismatch` before anything is written.
    """
    require(repository)
    role = require_author(repository, author)
    contents, told = dict[str, bytes](), dict[str, dict[str, str]]()
    for manifest in skills:
        path = Followed(author, checked_name(manifest.product)).path(manifest.files_of("trunk")[0].sha256)
        packed = BytesIO()
        write_packed(manifest, locate, packed)
        contents[path], told[path] = packed.getvalue(), {BUNDLE_ID: manifest.bundle_id}
    with repository.change():
        added = add_targets(repository, role, contents, told)
    return {path: len(contents[path]) for path in added}
