"""Skills of a device: tested as a bundle is, then named in one file; what they replace or leave is cleared away."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from trunkline_edge.bundle.files import is_intact
from trunkline_edge.bundle.manifest import Manifest
from trunkline_edge.bundle.packed import PackedBundle
from trunkline_edge.bundle.skills import MAX_SKILLS, SKILLS_FILE, misfit, read_skills, write_skills
from trunkline_edge.bundle.store import add_bundle, load_manifest, located_in, read_state
from trunkline_edge.errors import NothingInstalled, SkillRefused
from trunkline_edge.update.health import Health, Limits, check_health
from trunkline_edge.update.home import clear_away, locked, missing_files, place, state_of


@dataclass(frozen=True, slots=True)
class Installed:
    """A skill of this device."""

    manifest: Manifest
    aside: str | None
    """Why it does not answer; None: it does."""


def add_skill(home: Path, file: Path, limits: Limits = Limits()) -> tuple[Manifest, Health]:  # noqa: B008  (frozen)
    """Install a packed skill, or another version of one, whole or not at all.

    Raises `SkillRefused` where it stands on another trunk, `BundleInvalid` for what is no skill, a `HealthFailed` where
    it does not do on this device what it promises.
    """
    packed = PackedBundle(file)
    with locked(home):
        return packed.manifest, install_skill(home, packed, limits)


def install_skill(home: Path, packed: PackedBundle, limits: Limits) -> Health:
    """As `add_skill`, for whoever holds the lock of this home."""
    file, manifest = packed.path, packed.manifest
    installed, base = read_skills(home / SKILLS_FILE), active_manifest(home)
    if not manifest.is_skill:
        raise SkillRefused(f"{file}: a bundle and no skill: `trunkline-edge install {file.name}` takes it")
    if (why := misfit(manifest, base)) is not None:
        raise SkillRefused(f"{file}: {why}")
    if len(installed.keys() | {manifest.product}) > MAX_SKILLS:
        raise SkillRefused(f"{home}: has {len(installed)} skills, at most {MAX_SKILLS}; remove one first")
    try:
        for entry in manifest.brought:
            target = home / "store" / entry.sha256
            if not is_intact(target, entry):
                part = target.with_name(f"{entry.sha256}.part")
                packed.copy(entry, part)
                place(part, target)
        add_bundle(home, manifest, located_in(home))
        health = check_health(home, manifest.bundle_id, limits)
        write_skills(home / SKILLS_FILE, {**installed, manifest.product: manifest.bundle_id})
    finally:
        clear_away(home, state_of(home))  # of a skill that failed, and of the version before
    return health


def remove_skill(home: Path, name: str) -> None:
    """Remove a skill; raises `SkillRefused` where it is not installed."""
    with locked(home):
        installed = read_skills(home / SKILLS_FILE)
        if name not in installed:
            there = ", ".join(installed) or "none"
            raise SkillRefused(f"{home}: has no skill {name!r}; its skills: {there}")
        write_skills(home / SKILLS_FILE, {each: installed[each] for each in installed if each != name})
        clear_away(home, state_of(home))


def installed_skills(home: Path) -> list[Installed]:
    """Return the skills of a device, by name; raises `NothingInstalled` where there is no bundle to stand on."""
    found = []
    for bundle_id in read_skills(home / SKILLS_FILE).values():
        manifest = load_manifest(home, bundle_id)
        found.append(Installed(manifest, misfit(manifest, active_manifest(home)) or _damage(home, manifest)))
    return found


def _damage(home: Path, manifest: Manifest) -> str | None:
    """Say which files of a skill cannot be opened; None where all can."""
    missing = ", ".join(entry.name for entry in missing_files(home, manifest))
    cure = "take it anew with `trunkline-edge skill add`, or the update that brought it"
    return f"{missing} is damaged or missing; {cure}" if missing else None


def active_manifest(home: Path) -> Manifest:
    """Return the bundle that skills stand on; raises `NothingInstalled` where there is none."""
    active = read_state(home).active
    if active is None:
        raise NothingInstalled.in_home(home)
    return load_manifest(home, active)
