"""Skills from a signed repository: each by its own author, for the trunk that this device runs, whole or not at all."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.edge.tests.tiny_bundle import Recipe, head_model
from deploy.edge.tests.tiny_skill import THANKS, SkillRecipe, mine
from deploy.edge.tests.update.fleet import GOOD, Fleet
from deploy.edge.tests.update.web import web
from deploy.repository import authors, release
from deploy.repository.handover import HandOver, sign
from deploy.repository.keys import KeyFolder
from deploy.repository.skills import publish_skill
from trunkline_edge.bundle.manifest import Manifest
from trunkline_edge.bundle.skills import SKILLS_FILE, misfit, read_skills
from trunkline_edge.errors import InputRefused
from trunkline_edge.update.followed import Followed, Took, follow, followed_from
from trunkline_edge.update.health import Limits
from trunkline_edge.update.skills import installed_skills

MANNERS = Followed("acme", "manners")
NEWER = SkillRecipe(heads=(mine("nice", threshold=0.6), THANKS))
BAD = SkillRecipe(
    replaced={
        "intent.onnx": head_model(
            replace(THANKS, weights={meaning: weights[::-1] for meaning, weights in THANKS.weights.items()})
        ).SerializeToString()
    }
)


def published(fleet: Fleet, recipe: SkillRecipe, base: Recipe = GOOD, author: str = "acme") -> Manifest:
    """Let an author publish a skill that stands on a bundle."""
    at = Path(fleet.folder / f"skill-{len(list(fleet.folder.iterdir()))}")
    base.write(at / "base")
    manifest = recipe.write(at / "base", at / "skill")
    publish_skill(fleet.repository, author, [manifest], lambda entry: at / "skill" / entry.name)
    return manifest


def checked(fleet: Fleet, *skills: Followed) -> list[Took]:
    """Check as `trunkline-edge update` does."""
    agent = fleet.agent()
    agent.check()
    return follow(fleet.home, agent.source, skills or (MANNERS,), Limits())  # type: ignore[arg-type]  # it is remote


@pytest.fixture
def followed(fleet: Fleet) -> Fleet:
    """A device with a bundle, and an author."""
    fleet.release(GOOD)
    authors.add_author(fleet.repository, "acme")
    return fleet


def test_a_followed_skill_is_installed_and_fetched_once(followed: Fleet) -> None:
    manifest = published(followed, SkillRecipe())
    (took,) = checked(followed)
    assert (took.did, took.skill) == ("installed", "acme/manners") and took.bytes > 0, took
    assert read_skills(followed.home / SKILLS_FILE) == {"manners": manifest.bundle_id}
    followed.fetched()
    assert checked(followed)[0].did == "kept"
    assert not [path for path in followed.fetched() if path.startswith("targets/skills")]
    assert not list(followed.home.rglob("*.part"))


@pytest.mark.parametrize("file", ["mine.onnx", "manifest"])
def test_a_followed_skill_that_is_damaged_here_is_fetched_again(followed: Fleet, file: str) -> None:
    manifest = published(followed, SkillRecipe())
    checked(followed)
    bundle_id, home = manifest.bundle_id, followed.home
    where = f"bundles/{bundle_id}.json" if file == "manifest" else f"store/{manifest.file(file).sha256}"
    with (home / where).open("ab") as stored:
        stored.write(b"x")
    (took,) = checked(followed)
    assert (took.did, took.reason) == ("repaired", f"version {bundle_id[:12]} was damaged here") and took.bytes > 0
    assert [each.aside for each in installed_skills(home)] == [None]
    assert checked(followed)[0].did == "kept"


def test_what_an_author_signs_on_his_own_machine_reaches_devices_and_no_key_of_his_the_team(fleet: Fleet) -> None:
    fleet.release(GOOD)
    GOOD.write(fleet.folder / "base")
    his, keys = fleet.folder / "his", KeyFolder(fleet.folder / "his" / "keys")
    for number, recipe in enumerate((SkillRecipe(), NEWER)):
        recipe.pack(fleet.folder / "base", packed := fleet.folder / f"{number}.tls")
        handed = sign(his / "state.json", keys, "acme", [packed], fleet.repository.now())
        (his / "acme.signed.json").write_bytes(handed.to_bytes())
        carried = HandOver.read(his / "acme.signed.json")
        if number == 0:
            authors.add_author(fleet.repository, "acme", carried)
        else:
            authors.take(fleet.repository, "acme", carried)
        assert checked(fleet)[0].did == "installed"
        assert checked(fleet)[0].did == "kept"
    assert not list(fleet.repository.keys.folder.glob("author-*")) and len(list(keys.folder.glob("*.pem"))) == 1
    authors.revoke_author(fleet.repository, "acme")
    (took,) = checked(fleet)
    assert (took.did, took.code) == ("failed", "update.missing")


def test_a_new_version_takes_the_place_of_the_one_before(followed: Fleet) -> None:
    published(followed, SkillRecipe())
    checked(followed)
    newer = published(followed, NEWER)
    assert checked(followed)[0].did == "installed"
    assert [each.manifest.bundle_id for each in installed_skills(followed.home)] == [newer.bundle_id]


def test_a_skill_for_each_trunk_follows_the_bundle_and_where_there_is_none_that_is_said(followed: Fleet) -> None:
    first, other = published(followed, SkillRecipe()), Recipe(version=2, scale=2.0)
    checked(followed)
    followed.release(other)
    (took,) = checked(followed)
    assert (took.did, took.code) == ("failed", "update.missing")
    assert "acme has published no manners for the trunk of this device" in took.reason
    assert "trunkline skill publish manners --author acme" in took.reason
    assert read_skills(followed.home / SKILLS_FILE) == {"manners": first.bundle_id}, "the way back would bring it back"
    second = published(followed, SkillRecipe(), other)
    assert checked(followed)[0].did == "installed"
    assert read_skills(followed.home / SKILLS_FILE) == {"manners": second.bundle_id}
    assert [each.aside for each in installed_skills(followed.home)] == [None]


def test_what_another_role_signs_below_an_authors_folder_counts_for_nothing(followed: Fleet) -> None:
    authors.add_author(followed.repository, "eve")
    at = followed.folder / "built"
    GOOD.write(at / "base")
    skill = SkillRecipe().write(at / "base", at / "skill")
    path = MANNERS.path(skill.files_of("trunk")[0].sha256)
    for role in ("author-eve", "models"):
        with followed.repository.change():
            release.add_targets(followed.repository, role, {path: b"not theirs"})
    (took,) = checked(followed)
    assert (took.did, took.code) == ("failed", "update.missing")


def test_a_revoked_author_publishes_no_more_and_what_is_installed_stays(followed: Fleet) -> None:
    first = published(followed, SkillRecipe())
    checked(followed)
    published(followed, NEWER)
    authors.revoke_author(followed.repository, "acme")
    assert checked(followed)[0].code == "update.missing"
    assert read_skills(followed.home / SKILLS_FILE) == {"manners": first.bundle_id}


def test_a_skill_that_fails_its_test_leaves_the_version_before_and_is_not_tried_again(followed: Fleet) -> None:
    first = published(followed, SkillRecipe())
    checked(followed)
    published(followed, BAD)
    assert checked(followed)[0].code == "health.golden"
    assert (checked(followed)[0].did, checked(followed)[0].code) == ("kept", "health.golden")
    assert read_skills(followed.home / SKILLS_FILE) == {"manners": first.bundle_id}
    assert followed.active() is not None


def test_a_mirror_that_changes_a_skill_is_found_out(followed: Fleet) -> None:
    published(followed, SkillRecipe())
    (file,) = (followed.repository.folder / "targets" / "skills" / "acme").iterdir()
    raw = bytearray(file.read_bytes())
    raw[len(raw) // 2] ^= 1
    followed.mirror.instead[str(file.relative_to(followed.repository.folder))] = bytes(raw)
    assert checked(followed)[0].code == "update.content"
    assert read_skills(followed.home / SKILLS_FILE) == {}


def test_one_skill_that_fails_stops_no_other(followed: Fleet) -> None:
    published(followed, SkillRecipe())
    missing, there = checked(followed, Followed("acme", "tea"), MANNERS)
    assert (missing.did, there.did) == ("failed", "installed")


def test_a_file_that_holds_another_skill_than_its_name_says_is_refused(followed: Fleet) -> None:
    at = followed.folder / "built"
    GOOD.write(at / "base")
    other = SkillRecipe(name="other").pack(at / "base", at / "other.tls")
    path = MANNERS.path(other.files_of("trunk")[0].sha256)
    with followed.repository.change():
        release.add_targets(
            followed.repository, "author-acme", {path: (at / "other.tls").read_bytes()}, {path: {"bundle_id": "0" * 64}}
        )
    assert checked(followed)[0].code == "update.content"
    with followed.repository.change():
        release.add_targets(followed.repository, "author-acme", {path: b"no custom data"})
    assert checked(followed)[0].code == "update.content"


def test_the_other_precision_of_a_trunk_is_named_as_what_is_missing(tmp_path: Path) -> None:
    base = GOOD.write(tmp_path / "base")
    skill = SkillRecipe().write(tmp_path / "base", tmp_path / "skill")
    assert misfit(skill, base) is None
    trunk = base.files_of("trunk")[0]
    files = tuple(replace(each, sha256="0" * 64) if each == trunk else each for each in base.files)
    graphs = tuple(replace(each, precision="int8") if each.file == trunk.name else each for each in base.graphs)
    told = misfit(skill, replace(base, files=files, graphs=graphs))
    assert told is not None and "in fp32, and this device runs it in int8" in told
    assert "--precision int8" in told


@pytest.mark.parametrize("text", ["coffee", "acme/", "/coffee", "acme/../x", "a/b/c"])
def test_what_names_no_author_and_skill_is_refused(text: str) -> None:
    with pytest.raises(InputRefused, match="--skill"):
        followed_from(text)


def test_the_command_takes_bundle_and_skill_over_http(followed: Fleet, tmp_path: Path) -> None:
    published(followed, SkillRecipe())
    (tmp_path / "root.json").write_bytes(followed.root)

    def edge(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "trunkline_edge", *arguments, "--home", str(tmp_path / "device")]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    with web(followed.repository.folder) as (url, _):
        update = (
            "update",
            "--url",
            url,
            "--root",
            str(tmp_path / "root.json"),
            "--product",
            "tiny",
            "--channel",
            "stable",
        )
        done = edge(*update, "--skill", "acme/manners")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["skills"][0]["did"] == "installed"
        assert json.loads(edge("parse", "fan off please").stdout)["skill"] == "manners"
        missing = edge(*update, "--skill", "acme/tea")
        assert missing.returncode == 1 and json.loads(missing.stdout)["skills"][0]["code"] == "update.missing"
    unsigned = edge("update", "--repository", "somewhere", "--product", "tiny", "--skill", "acme/manners")
    assert unsigned.returncode == 2 and "--skill needs --url" in unsigned.stderr
