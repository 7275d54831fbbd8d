"""Skills that a device takes from a signed repository, each from the author whom it was told to take it from.

    skills/AUTHOR/NAME.TRUNK.tls     signed by the role of AUTHOR, who may sign below `skills/AUTHOR/` and nowhere else

TRUNK is how the sha256 of a trunk's graph begins. A skill stands on one trunk, so there is a file for each that devices
run: for both precisions of a bundle, and for the next bundle as soon as its author has trained the skill anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, Protocol

from trunkline_edge.bundle.manifest import MAX_MANIFEST_BYTES, MAX_SKILL_BYTES, Manifest
from trunkline_edge.bundle.packed import PackedBundle
from trunkline_edge.bundle.skills import SKILLS_FILE, precision_of_trunk, read_skills
from trunkline_edge.errors import (
    BundleInvalid,
    BundleTooNew,
    ContentRefused,
    HealthFailed,
    InputRefused,
    NotPublished,
    RequirementUnmet,
    TrunklineEdgeError,
)
from trunkline_edge.update.decisions import checked_name
from trunkline_edge.update.health import Limits
from trunkline_edge.update.home import is_whole, locked, no_room
from trunkline_edge.update.progress import read_progress, write_progress
from trunkline_edge.update.skills import active_manifest, install_skill

TRUNK_DIGITS = 16
"""Of a trunk's sha256 in a path. The skill itself is bound by all 64."""
MAX_PACKED_BYTES = MAX_SKILL_BYTES + 2 * MAX_MANIFEST_BYTES
"""Of one file, with its manifest and the zip's directory."""
BUNDLE_ID = "bundle_id"
"""Signed with a file: which skill it holds, so that one that is there already is not fetched."""


@dataclass(frozen=True, slots=True)
class Followed:
    """A skill, and whose."""

    author: str
    name: str

    def path(self, trunk: str) -> str:
        """Return the target that holds it for a trunk, whose graph has this sha256."""
        return f"skills/{self.author}/{self.name}.{trunk[:TRUNK_DIGITS]}.tls"


@dataclass(frozen=True, slots=True)
class Offered:
    """A skill as its author has signed it."""

    path: str
    sha256: str
    length: int
    bundle_id: str


class SkillSource(Protocol):
    """Where skills come from, as of the last look at its channel. Both methods may raise `UpdateFailed`."""

    def skill(self, path: str) -> Offered:
        """Return what the role that may sign this path has signed."""
        ...

    def fetch_skill(self, offered: Offered, part: Path) -> None:
        """Write it to `part`; what has another length or hash raises, never returns."""
        ...


@dataclass(frozen=True, slots=True)
class Took:
    """What came of one followed skill."""

    skill: str
    did: Literal["kept", "installed", "repaired", "failed"]
    reason: str
    code: str | None = None
    bytes: int = 0


def followed_from(text: str) -> Followed:
    """Read `AUTHOR/NAME`; raises `InputRefused`."""
    author, slash, name = text.partition("/")
    if not slash:
        raise InputRefused(f"--skill {text}: expected AUTHOR/NAME, for example acme/coffee")
    try:
        return Followed(checked_name("author", author), checked_name("skill", name))
    except ValueError as error:
        raise InputRefused(f"--skill {text}: {error}") from None


def follow(home: Path, source: SkillSource, skills: Sequence[Followed], limits: Limits) -> list[Took]:
    """Install what is new or damaged of these skills. What fails with one stops no other; the version before stays."""
    found = []
    for skill in skills:
        try:
            with locked(home):
                found.append(_follow(home, source, skill, limits))
        except (TrunklineEdgeError, OSError) as failure:
            error = no_room(home, failure) if isinstance(failure, OSError) else failure
            if error is None:
                raise
            found.append(Took(f"{skill.author}/{skill.name}", "failed", str(error), getattr(error, "code", None)))
    return found


def _follow(home: Path, source: SkillSource, skill: Followed, limits: Limits) -> Took:
    base, title = active_manifest(home), f"{skill.author}/{skill.name}"
    try:
        offered = source.skill(skill.path(base.files_of("trunk")[0].sha256))
    except NotPublished as error:
        raise NotPublished(f"{error}: {_not_for(base, skill)}") from None
    named = f"version {offered.bundle_id[:12]}"
    is_here = read_skills(home / SKILLS_FILE).get(skill.name) == offered.bundle_id
    if is_here and is_whole(home, offered.bundle_id):
        return Took(title, "kept", f"{named} is here already")
    if (code := read_progress(home).failed.get(offered.bundle_id)) is not None:
        return Took(title, "kept", f"{named} failed on this device before and is not tried again", code)
    part = home / "store" / f"{offered.sha256}.tls.part"
    try:
        source.fetch_skill(offered, part)
        packed = PackedBundle(part)
        holds = packed.manifest
        if (holds.product, holds.bundle_id) != (skill.name, offered.bundle_id):
            raise ContentRefused(f"{offered.path} holds {holds.product} {holds.bundle_id[:12]}, not {named}")
        install_skill(home, packed, limits)
    except BundleTooNew as error:
        raise RequirementUnmet(str(error)) from None
    except BundleInvalid as error:
        raise ContentRefused(f"{offered.path}: {error}") from None
    except HealthFailed as error:
        progress = read_progress(home)
        write_progress(home, replace(progress, failed={**progress.failed, offered.bundle_id: error.code}))
        raise
    finally:
        part.unlink(missing_ok=True)
    if is_here:
        return Took(title, "repaired", f"{named} was damaged here", bytes=offered.length)
    return Took(title, "installed", f"{named} is new", bytes=offered.length)


def _not_for(base: Manifest, skill: Followed) -> str:
    precision = precision_of_trunk(base)
    return (
        f"{skill.author} has published no {skill.name} for the trunk of this device, {base.product} version "
        f"{base.provenance.version} in {precision}; it takes `trunkline skill train ... --precision {precision}` and "
        f"`trunkline skill publish {skill.name} --author {skill.author}`"
    )
