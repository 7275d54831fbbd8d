"""Skills of a home: whole or not at all, bound to the trunk, kept by the updates that keep it."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.edge.tests.conftest import Repository
from deploy.edge.tests.tiny_bundle import Recipe, TinyHead, head_model
from deploy.edge.tests.tiny_skill import THANKS, SkillRecipe, mine
from trunkline_edge.bundle.packed import write_packed
from trunkline_edge.bundle.store import load_manifest, read_state
from trunkline_edge.errors import BundleInvalid, ContentRefused, GoldenFailed, NothingInstalled, SkillRefused
from trunkline_edge.update.agent import Agent
from trunkline_edge.update.carried import CarriedSource
from trunkline_edge.update.local import LocalSource
from trunkline_edge.update.recovery import reject
from trunkline_edge.update.skills import add_skill, installed_skills

SAID = ("fan off please", "turn on the lamp", "rain please")


def run(*arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-m", "trunkline_edge", *arguments], capture_output=True, check=False)


class Device:
    """A home that follows a repository, asked as a person does."""

    def __init__(self, home: Path, repository: Repository) -> None:
        self.home, self.repository = home, repository

    def update(self, recipe: Recipe) -> Path:
        """Release a bundle, install it, and return the folder that it was built in."""
        self.repository.release(recipe)
        Agent(self.home, LocalSource(self.repository.folder, "tiny", "local")).check()
        return sorted(self.repository.folder.parent.glob("repository-built-*"))[-1]

    def ask(self) -> bytes:
        """Return what `trunkline-edge parse` prints."""
        return self.run("parse", *SAID).stdout

    def run(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        return run(*arguments, "--home", self.home)

    def files(self) -> set[str]:
        return {str(path.relative_to(self.home)) for path in self.home.rglob("*") if path.is_file()}


@pytest.fixture
def device(tmp_path: Path, repository: Repository) -> Device:
    return Device(tmp_path / "home", repository)


def test_a_skill_answers_from_the_command_that_adds_it_to_the_one_that_removes_it(
    device: Device, tmp_path: Path
) -> None:
    bundle = device.update(Recipe())
    before, files = device.ask(), device.files()
    SkillRecipe().pack(bundle, tmp_path / "manners.tls")
    added = device.run("skill", "add", str(tmp_path / "manners.tls"))
    assert added.returncode == 0, added.stderr
    assert added.stdout.startswith(b"added: manners version 1, 4 golden answers repeated")
    assert device.run("skill", "list").stdout == b"manners version 1, answers\n"
    with_skill, without = ([json.loads(line) for line in said.splitlines()] for said in (device.ask(), before))
    assert [answer.get("skill") for answer in with_skill] == ["manners", None, "manners"]
    assert with_skill[1] == without[1]
    assert device.run("skill", "remove", "manners").stdout == b"removed: manners\n"
    assert device.ask() == before
    assert device.files() == files | {"skills.json"}  # nothing else stays
    missing = device.run("skill", "remove", "manners")
    assert missing.returncode == 2 and b"has no skill 'manners'; its skills: none" in missing.stderr


def test_an_update_with_another_trunk_sets_skills_aside_and_the_way_back_brings_them_back(
    device: Device, tmp_path: Path
) -> None:
    bundle = device.update(Recipe())
    add_skill(device.home, _packed(SkillRecipe(), bundle, tmp_path))
    answers = device.ask()
    device.update(Recipe(version=2, scale=2.0))
    (skill,) = installed_skills(device.home)
    assert skill.aside is not None and "was trained on trunk" in skill.aside
    parsed = device.run("parse", *SAID)
    assert b"set aside: skill manners was trained on trunk" in parsed.stderr
    assert b'"skill"' not in parsed.stdout
    assert device.run("skill", "list").stdout.startswith(b"manners version 1, set aside: skill manners was trained")
    reject(device.home, "the lamp complains")
    assert device.ask() == answers


def test_an_update_that_keeps_the_trunk_keeps_its_skills(device: Device, tmp_path: Path) -> None:
    bundle = device.update(Recipe())
    add_skill(device.home, _packed(SkillRecipe(), bundle, tmp_path))
    heads = (*Recipe().heads[:2],)
    for version in (2, 3):  # twice: the bundle that it was added to is no longer kept
        device.update(Recipe(version=version, heads=heads[: 4 - version]))
    assert [skill.aside for skill in installed_skills(device.home)] == [None]
    assert json.loads(device.ask().splitlines()[0])["skill"] == "manners"


def test_a_damaged_skill_is_listed_with_what_is_damaged_and_what_mends_it(device: Device, tmp_path: Path) -> None:
    bundle = device.update(Recipe())
    packed = _packed(SkillRecipe(), bundle, tmp_path)
    manifest, _ = add_skill(device.home, packed)
    (device.home / "store" / manifest.file("mine.onnx").sha256).unlink()
    assert device.run("skill", "list").stdout.decode() == (
        "manners version 1, set aside: mine.onnx is damaged or missing; take it anew with `trunkline-edge skill add`, "
        "or the update that brought it\n"
    )
    add_skill(device.home, packed)
    assert device.run("skill", "list").stdout == b"manners version 1, answers\n"


def test_a_skill_for_another_trunk_is_refused_and_leaves_nothing(device: Device, tmp_path: Path) -> None:
    device.update(Recipe())
    Recipe(scale=2.0).write(tmp_path / "other")
    files = device.files()
    packed = _packed(SkillRecipe(), tmp_path / "other", tmp_path)
    refused = device.run("skill", "add", str(packed))
    active = load_manifest(device.home, read_state(device.home).active or "").files_of("trunk")[0].sha256
    assert refused.returncode == 2
    assert b"was trained on trunk" in refused.stderr and active[:12].encode() in refused.stderr
    assert device.files() == files


def test_a_skill_that_does_not_repeat_its_answers_is_refused_and_the_version_before_stays(
    device: Device, tmp_path: Path
) -> None:
    bundle = device.update(Recipe())
    add_skill(device.home, _packed(SkillRecipe(), bundle, tmp_path))
    answers, files = device.ask(), device.files()
    swapped = head_model(_reversed(THANKS)).SerializeToString()
    bad = _packed(SkillRecipe(replaced={"intent.onnx": swapped}), bundle, tmp_path, "bad.tls")
    with pytest.raises(GoldenFailed, match="labels: found"):
        add_skill(device.home, bad)
    assert (device.ask(), device.files()) == (answers, files)


def test_another_version_takes_the_place_of_the_one_before(device: Device, tmp_path: Path) -> None:
    bundle = device.update(Recipe())
    add_skill(device.home, _packed(SkillRecipe(), bundle, tmp_path))
    newer = SkillRecipe(heads=(mine("nice", threshold=0.6), THANKS))
    manifest, _ = add_skill(device.home, _packed(newer, bundle, tmp_path, "newer.tls"))
    assert [each.manifest.bundle_id for each in installed_skills(device.home)] == [manifest.bundle_id]
    assert len(list((device.home / "bundles").iterdir())) == 2


def test_a_skill_is_no_bundle_and_a_bundle_no_skill(device: Device, tmp_path: Path) -> None:
    bundle = device.update(Recipe())
    packed = _packed(SkillRecipe(), bundle, tmp_path)
    with pytest.raises(ContentRefused, match="manners is a skill and no bundle"):
        Agent(device.home, CarriedSource(packed)).check()
    manifest = Recipe(version=5).write(tmp_path / "whole")
    with (tmp_path / "whole.tlb").open("wb") as file:
        write_packed(manifest, lambda each: tmp_path / "whole" / each.name, file)
    with pytest.raises(SkillRefused, match="a bundle and no skill"):
        add_skill(device.home, tmp_path / "whole.tlb")


def test_a_cut_file_is_refused(device: Device, tmp_path: Path) -> None:
    bundle = device.update(Recipe())
    packed = _packed(SkillRecipe(), bundle, tmp_path)
    packed.write_bytes(packed.read_bytes()[:-40])
    with pytest.raises(BundleInvalid, match="no packed bundle"):
        add_skill(device.home, packed)


def test_a_device_without_a_bundle_has_nothing_for_a_skill_to_stand_on(bundle: Path, tmp_path: Path) -> None:
    with pytest.raises(NothingInstalled):
        add_skill(tmp_path / "home", _packed(SkillRecipe(), bundle, tmp_path))


def _packed(recipe: SkillRecipe, bundle: Path, folder: Path, name: str = "manners.tls") -> Path:
    recipe.pack(bundle, folder / name)
    return folder / name


def _reversed(head: TinyHead) -> TinyHead:
    return replace(head, weights={meaning: weights[::-1] for meaning, weights in head.weights.items()})


def test_options_may_stand_anywhere(device: Device, tmp_path: Path) -> None:
    bundle, packed = device.update(Recipe()), tmp_path / "manners.tls"
    SkillRecipe().pack(bundle, packed)
    for arguments in (("add", "--home", device.home, packed), ("remove", "--home", device.home, "manners")):
        done = run("skill", *arguments)
        assert done.returncode == 0, done.stderr
    assert run("skill", "--home", device.home, "list").stdout == b""
