"""Skills beside a bundle: what is theirs they answer, and of all else they change not a byte."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.edge.tests.tiny_bundle import VOCABULARY, Recipe
from deploy.edge.tests.tiny_skill import THANKS, SkillRecipe, mine
from trunkline_edge.bundle.manifest import Manifest
from trunkline_edge.bundle.skills import read_skills, write_skills
from trunkline_edge.bundle.store import add_bundle
from trunkline_edge.errors import BundleInvalid, SkillRefused
from trunkline_edge.understanding.result import Result
from trunkline_edge.understanding.selftest import check_golden
from trunkline_edge.understanding.session import Runtime, open_folder
from trunkline_edge.understanding.skills import Skill, open_skills

WORDS = [*VOCABULARY, "and", "the", "42", "café", ",", "?"]
SAID = st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join) | st.text(max_size=30)
WEATHER = SkillRecipe("weather", (mine("weather"), replace(THANKS, labels=("wet", "dry"), bias=(0.3, 0))))


def opened(recipe: SkillRecipe, bundle: Path, folder: Path, base: Runtime) -> Skill:
    manifest = recipe.write(bundle, folder)
    return Skill(manifest, lambda entry: folder / entry.name, base)


@pytest.fixture(scope="module")
def skilled(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Runtime:
    folder, runtime = tmp_path_factory.mktemp("skills"), open_folder(bundle)
    runtime.learn([opened(recipe, bundle, folder / recipe.name, runtime) for recipe in (SkillRecipe(), WEATHER)])
    return runtime


def test_a_skill_answers_what_is_its_own_in_the_name_of_the_bundle(skilled: Runtime, runtime: Runtime) -> None:
    result = skilled.parse("fan off please")
    assert (result.skill, result.intents[0].name, result.bundle_id) == ("manners", "refuse", runtime.bundle_id)
    assert result.to_json()["skill"] == "manners"
    assert "claims" not in result.to_json() and "mine" not in result.heads
    assert skilled.parse("fan off").skill is None


def test_skills_that_both_take_it_for_their_own_are_both_told(skilled: Runtime) -> None:
    result = skilled.parse("rain please please")
    assert result.skill == "manners"
    assert [claim.label for claim in result.claims] == ["manners", "weather"]
    assert Result.from_json(result.to_json()).to_json() == result.to_json()


@given(text=SAID)
def test_no_answer_changes_that_is_not_the_skills_and_without_skills_all_are_as_before(
    text: str, skilled: Runtime, runtime: Runtime
) -> None:
    before, skills = runtime.parse(text).to_line(), skilled.skills
    with_skills = skilled.parse(text)
    skilled.learn([])
    try:
        assert skilled.parse(text).to_line() == before
    finally:
        skilled.learn(skills)
    if with_skills.skill is None:
        assert with_skills.to_line() == before


@given(text=SAID)
def test_another_skill_changes_no_answer_but_those_that_it_gives(text: str, skilled: Runtime) -> None:
    both = skilled.skills
    manners, weather = both
    together = skilled.parse(text)
    try:
        skilled.learn([manners])
        alone = skilled.parse(text)
    finally:
        skilled.learn(both)
    if together.skill != weather.name:
        assert replace(together, claims=(), ms=0.0) == replace(alone, claims=(), ms=0.0)


def test_the_trunk_runs_once_whatever_the_number_of_skills(bundle: Path, tmp_path: Path) -> None:
    runtime = open_folder(bundle)
    skills = [opened(SkillRecipe(f"s{n}"), bundle, tmp_path / str(n), runtime) for n in range(3)]
    trunk = runtime.sessions["trunk"]
    assert all(skill.runtime.sessions["trunk"] is trunk for skill in skills)
    assert all(skill.runtime.featurizer is runtime.featurizer for skill in skills)


def test_a_skill_alone_repeats_its_golden_answers(bundle: Path, tmp_path: Path) -> None:
    manifest = SkillRecipe().write(bundle, tmp_path / "skill")

    def locate(entry: object) -> Path:
        return tmp_path / "skill" / entry.name  # type: ignore[attr-defined]

    assert check_golden(Runtime(manifest, locate), locate) == 4


def test_a_skill_on_another_trunk_is_refused_and_both_are_named(bundle: Path, tmp_path: Path) -> None:
    Recipe(scale=2.0).write(tmp_path / "other")
    skill = SkillRecipe().write(tmp_path / "other", tmp_path / "skill")
    base = open_folder(bundle)
    theirs, ours = (each.files_of("trunk")[0].sha256[:12] for each in (skill, base.manifest))
    assert theirs != ours
    with pytest.raises(SkillRefused, match=f"trained on trunk {theirs}.*tiny has trunk {ours}"):
        Skill(skill, lambda entry: tmp_path / "skill" / entry.name, base)


def test_a_bundle_is_no_skill(bundle: Path, runtime: Runtime) -> None:
    with pytest.raises(SkillRefused, match="tiny is a bundle and no skill"):
        Skill(runtime.manifest, lambda entry: bundle / entry.name, runtime)


def test_a_skill_that_fails_leaves_the_answer_to_the_base(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = open_folder(bundle)
    skill = opened(SkillRecipe(), bundle, tmp_path / "skill", runtime)
    runtime.learn([skill])
    expected = open_folder(bundle).parse("fan off please").to_line()
    assert runtime.parse("fan off please").skill == "manners"

    class Broken:
        def run(self, *_: object) -> None:
            raise RuntimeError("no memory")

    for name in ("intent", "mine"):  # first the head that answers, then the one that claims
        monkeypatch.setattr(
            skill.runtime, "_graphs", [(g, Broken() if g.name == name else s) for g, s in skill.runtime._graphs]
        )
        assert runtime.parse("fan off please").to_line() == expected


def test_of_the_skills_of_a_home_one_that_is_damaged_is_set_aside_and_the_others_live_on(
    bundle: Path, tmp_path: Path
) -> None:
    home, runtime = tmp_path / "home", open_folder(bundle)
    for recipe in (SkillRecipe(), WEATHER):
        manifest = recipe.write(bundle, tmp_path / recipe.name)
        add_bundle(home, manifest, lambda entry, name=recipe.name: tmp_path / name / entry.name)
        file = home / "skills.json"
        write_skills(file, {**read_skills(file), recipe.name: manifest.bundle_id})
    (head,) = (each for each in manifest.brought if each.name == "intent.onnx")
    stored = home / "store" / head.sha256
    stored.write_bytes(stored.read_bytes()[:-1] + b"x")
    found = open_skills(home, file, runtime)
    assert [skill.name for skill in found.skills] == ["manners"]
    assert list(found.aside) == ["weather"] and "sha256" in found.aside["weather"]


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"heads": lambda m: m.heads[1:]}, "needs the head 'mine'"),
        ({"heads": lambda m: m.heads[:1]}, "needs a head beside 'mine'"),
        ({"splits_commands": lambda m: True}, "parts no commands"),
        ({"files": lambda m: (*m.files[:-1], replace(m.files[-1], length=2_000_000))}, "at most 1,000,000"),
    ],
)
def test_a_manifest_of_a_skill_that_is_none_is_refused(
    bundle: Path, tmp_path: Path, changes: dict[str, object], fault: str
) -> None:
    manifest = SkillRecipe().write(bundle, tmp_path / "skill")
    changed = replace(manifest, **{name: change(manifest) for name, change in changes.items()})  # type: ignore[operator]
    with pytest.raises(BundleInvalid, match=fault):
        Manifest.from_bytes(changed.to_bytes())


def test_states_that_are_given_are_not_made_again(runtime: Runtime) -> None:
    heard = runtime.hear("turn on the lamp")
    given = {name: heard.tensors[name] for name in ("hidden", "mask")}
    found = runtime.tensors(heard.encoding, given=given, until="intent.logits")
    assert np.array_equal(found["intent.logits"], heard.tensors["intent.logits"])
    assert "domain.logits" not in found
