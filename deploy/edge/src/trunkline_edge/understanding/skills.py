"""Skills beside a bundle: heads by others, which read what the bundle's trunk has made of an utterance.

The trunk runs once, then of each skill the graph that says whose the utterance is, then the other heads of one skill at
most. The bundle's own graphs and answers know nothing of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from trunkline_edge.bundle.files import Locate
from trunkline_edge.bundle.manifest import MINE, Manifest
from trunkline_edge.bundle.skills import misfit, read_skills
from trunkline_edge.bundle.store import load_manifest, located_in
from trunkline_edge.errors import BundleInvalid, RequirementUnmet, SkillRefused
from trunkline_edge.understanding.decode import sigmoid
from trunkline_edge.understanding.result import Ranked, Result
from trunkline_edge.understanding.routing import Claim, Routing
from trunkline_edge.understanding.session import Heard, Runtime


class Skill:
    """A skill on a loaded bundle.

    Raises `SkillRefused` where it stands on another trunk, and what `Runtime` does.
    """

    def __init__(self, manifest: Manifest, locate: Locate, base: Runtime, *, threads: int = 1) -> None:
        if not manifest.is_skill:
            raise SkillRefused(f"{manifest.product} is a bundle and no skill: `trunkline-edge install` takes it")
        if (why := misfit(manifest, base.manifest)) is not None:
            raise SkillRefused(why)
        self.name = manifest.product
        self.runtime = Runtime(manifest, locate, threads=threads, base=base)
        self._mine = next(head for head in manifest.heads if head.name == MINE)
        trunk = {entry.name for entry in base.manifest.files_of("trunk")}
        written = {name for graph in base.manifest.graphs if graph.file in trunk for name in graph.outputs}
        self._reads = written | {"ids", "mask", "lexicon"}

    def claim(self, heard: Heard, base: float | None) -> Claimed | None:
        """Say how likely an utterance of at least one word is the skill's; None where its graph fails.

        `base` is how certain the bundle is of its own answer (`Runtime.certainty`).
        """
        given = {name: tensor for name, tensor in heard.tensors.items() if name in self._reads}
        try:
            tensors = self.runtime.tensors(heard.encoding, given=given, until=self._mine.logits)
        except BundleInvalid:
            return None
        mine = float(sigmoid(tensors[self._mine.logits][0].astype(np.float64) / self._mine.temperature)[0])
        return Claimed(self, Claim(self.name, mine, base, self._mine.threshold), replace(heard, tensors=tensors))


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a skill makes of an utterance before it is known who answers."""

    skill: Skill
    claim: Claim
    heard: Heard
    """With the skill's own tensors so far."""

    def read(self) -> Heard:
        """Run the skill's other graphs on it; raises `BundleInvalid` where one fails."""
        tensors = self.skill.runtime.tensors(self.heard.encoding, given=self.heard.tensors)
        return replace(self.heard, tensors=tensors)

    def answer(self, routing: Routing, bundle_id: str, ranking: bool) -> Result:
        """Answer as the skill, in the name of the bundle that it stands on; raises as `read` does."""
        found = self.skill.runtime.answer(self.read(), ranking)
        several = routing.claims if len(routing.claims) > 1 else ()
        return replace(
            found,
            bundle_id=bundle_id,
            heads={name: answer for name, answer in found.heads.items() if name != MINE},
            skill=self.skill.name,
            claims=tuple(Ranked(claim.skill, claim.p) for claim in several),
        )


@dataclass(frozen=True, slots=True)
class Opened:
    """The skills of a folder of bundles."""

    skills: tuple[Skill, ...]
    aside: Mapping[str, str]
    """Skill that does not answer -> why."""


def open_skills(folder: Path, skills_file: Path, base: Runtime, *, threads: int = 1) -> Opened:
    """Open the skills that are installed; one that cannot answer is set aside, and the others live on.

    Raises `BundleInvalid` where the file of skills cannot be read.
    """
    skills, aside = [], {}
    for name, bundle_id in read_skills(skills_file).items():
        try:
            skills.append(Skill(load_manifest(folder, bundle_id), located_in(folder), base, threads=threads))
        except (BundleInvalid, RequirementUnmet, SkillRefused) as error:
            aside[name] = str(error)
    return Opened(tuple(skills), aside)
