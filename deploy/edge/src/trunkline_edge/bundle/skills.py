"""Which skills are installed beside a bundle, and whether each stands on that bundle's trunk.

    skills.json                  {"skills": {"coffee": "<bundle id>", ...}}

Whether a skill answers is not written down but follows from the two manifests: an update that brings another trunk sets
a skill aside, and the way back brings it back.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

from trunkline_edge.bundle.files import read_bounded, write_atomic
from trunkline_edge.bundle.manifest import Digest, Manifest, Name
from trunkline_edge.errors import BundleInvalid
from trunkline_edge.typed import plain, read, sized

SKILLS_FILE = "skills.json"
MAX_SKILLS = 64
_MAX_BYTES = 65_536  # bytes


@dataclass(frozen=True, slots=True)
class _Installed:
    skills: Annotated[Mapping[Name, Digest], sized(0, MAX_SKILLS)]
    """Name -> bundle id."""


def read_skills(path: Path) -> dict[str, str]:
    """Return name -> bundle id of the installed skills; none where there is no file. Raises `BundleInvalid`."""
    try:
        found = read(_Installed, json.loads(read_bounded(path, _MAX_BYTES)), "installed")
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise BundleInvalid(f"{path} cannot be read: {error}; remove it and add the skills again") from None
    return dict(found.skills)


def write_skills(path: Path, skills: Mapping[str, str]) -> None:
    """Put these in place of the skills before, whole."""
    write_atomic(path, json.dumps(plain(_Installed(dict(sorted(skills.items())))), indent=1).encode())


def misfit(skill: Manifest, base: Manifest) -> str | None:
    """Say why a skill cannot answer beside a bundle; None if it can.

    The trunk counts by the very bytes of its graph: a head reads what that graph writes and no other.
    """
    theirs, ours = ([entry.sha256 for entry in each.files_of("trunk")] for each in (skill, base))
    stands, runs = (precision_of_trunk(each) for each in (skill, base))
    if theirs != ours and skill.trunk_id == base.trunk_id and stands != runs:
        return (
            f"skill {skill.product} stands on this very trunk, but in {stands}, and this device runs it in {runs}: "
            f"train it for that too, with `trunkline skill train ... --on {base.product} --precision {runs}`"
        )
    if theirs != ours:
        return (
            f"skill {skill.product} was trained on trunk {_short(theirs)}, the bundle of {base.product} has trunk "
            f"{_short(ours)}: train it again with `trunkline skill train ... --on {base.product}`"
        )
    for what, one, other in (
        ("trunk weights", skill.trunk_id, base.trunk_id),
        ("word list", *(each.files_of("vocabulary")[0].sha256 for each in (skill, base))),
        ("featurizer", asdict(skill.featurizer), asdict(base.featurizer)),
        ("language", skill.lang, base.lang),
        ("lists of names", skill.name_lists, base.name_lists),
    ):
        if one != other:
            found, expected = str(one)[:40], str(other)[:40]
            return (
                f"skill {skill.product} has another {what} than the bundle of {base.product}: {found}, not {expected}"
            )
    return None


def precision_of_trunk(manifest: Manifest) -> str:
    """Return the precision of the graph that skills stand on."""
    files = {entry.name for entry in manifest.files_of("trunk")}
    return next(graph.precision for graph in manifest.graphs if graph.file in files)


def _short(digests: list[str]) -> str:
    return "+".join(digest[:12] for digest in digests)
