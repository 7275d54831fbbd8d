from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.edge.tests.tiny_bundle import FEATURIZER, HEADS, INTENT, Recipe
from deploy.edge.tests.tiny_skill import SkillRecipe
from deploy.evaluation.explain import answering, explain, why
from trunkline_edge.understanding.names import Names
from trunkline_edge.understanding.session import Runtime, open_folder
from trunkline_edge.understanding.skills import Skill

HOME = b"""{"entity": [{"id": "vacuum.clipy", "names": ["Clipy", "the robot"]}],
               "area": [{"id": "w", "names": ["Guest Room"]}]}"""


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Runtime:
    folder = tmp_path_factory.mktemp("bundle")
    Recipe(
        reads_names=True, heads=tuple(replace(head, threshold=0.6) if head is INTENT else head for head in HEADS)
    ).write(folder)
    runtime = open_folder(folder)
    runtime.know(Names.from_bytes(HOME))
    return runtime


def test_words_have_the_tags_that_the_answer_was_read_from(runtime: Runtime) -> None:
    found = explain(runtime, "lamp in the guest room on")
    words = found.tags["slots"]
    assert [word.tag for word in words] == ["B-device", "O", "O", "B-room", "I-room", "O"]
    text = found.result.text
    assert [text[word.start : word.end] for word in words] == text.split()
    device, room = found.result.intents[0].slots
    assert device.p == pytest.approx(words[0].p, abs=1e-4)
    assert room.p == pytest.approx((words[3].p + words[4].p) / 2, abs=1e-4)
    assert all(0 <= word.other_p <= word.p and word.other != word.tag for word in words)


def test_the_answer_is_the_one_that_parse_gives(runtime: Runtime) -> None:
    text = "turn clippy off please"
    found = explain(runtime, text)
    assert found.result.to_json() == runtime.parse(text, ranking=True).to_json()
    assert [each.label for each in found.intents] == ["turn_off", "turn_on"]
    assert found.threshold == 0.6
    assert found.sure == pytest.approx(found.intents[0].p)


def test_names_are_told_with_their_places_once_each(runtime: Runtime) -> None:
    found = explain(runtime, "clippy in the guest room")
    told = [(found.result.text[name.start : name.end], name.list, name.id, name.slips) for name in found.names]
    assert told == [("clippy", "entity", "vacuum.clipy", 1), ("guest room", "area", "w", 0)]


def test_each_of_several_commands_is_explained_alone(tmp_path: Path) -> None:
    heads = (replace(INTENT, threshold=0.9), *(head for head in HEADS if head is not INTENT))
    Recipe(heads=heads, manifest={"splits_commands": True}).write(tmp_path)
    found = explain(open_folder(tmp_path), "lamp on and fan off")
    assert [intent.name for intent in found.result.intents] == ["turn_on", "turn_off"]
    assert [each.result.text.strip() for each in found.commands] == ["lamp on", "fan off"]
    assert [each.intents[0].label for each in found.commands] == ["turn_on", "turn_off"]
    assert all(each.sure is not None and each.sure >= 0.9 and not each.result.rejected for each in found.commands)
    assert [word.tag for word in found.commands[1].tags["slots"]] == ["B-device", "O"]
    assert [each["answer"]["text"].strip() for each in found.to_json()["commands"]] == ["lamp on", "fan off"]
    assert explain(open_folder(tmp_path), "lamp on").commands == ()


def test_a_skills_answer_has_the_skills_own_reasons_and_every_skills_claim(tmp_path: Path) -> None:
    Recipe().write(tmp_path / "base")
    runtime = open_folder(tmp_path / "base")
    manifest = SkillRecipe().write(tmp_path / "base", tmp_path / "manners")
    skill = Skill(manifest, lambda entry: tmp_path / "manners" / entry.name, runtime)
    runtime.learn([skill])
    found = explain(runtime, "fan off please")
    assert found.result.skill == "manners"
    assert [each.label for each in found.intents] == ["refuse", "thank"]
    assert found.threshold == next(head.threshold for head in manifest.heads if head.name == "intent")
    assert found.tags == {}, "the skill has no head for slots"
    assert [(each.skill, each.p > each.threshold) for each in found.claims] == [("manners", True)]
    assert answering(runtime, found.result) is skill.runtime
    assert found.to_json()["skills"] == [
        {"skill": "manners", "p": round(found.claims[0].p, 4), "threshold": 0.5}
    ]  # fmt: skip
    other = explain(runtime, "fan off")
    assert [(each.skill, each.p > each.threshold) for each in other.claims] == [("manners", False)]
    assert (other.intents[0].label, "slots" in other.tags) == ("turn_off", True)
    assert answering(runtime, other.result) is runtime


def test_words_that_it_does_not_know_are_told_with_what_they_are_read_as(tmp_path: Path) -> None:
    Recipe(manifest={"featurizer": replace(FEATURIZER, mends=20)}).write(tmp_path)
    found = explain(open_folder(tmp_path), "zzyzx kitchne lamp")
    text = found.result.text
    assert [(text[word.start : word.end], word.read_as) for word in found.strange] == [
        ("zzyzx", None), ("kitchne", "kitchen"),
    ]  # fmt: skip


def test_what_has_no_words_is_explained_too(runtime: Runtime) -> None:
    found = explain(runtime, " ")
    assert (found.tags, found.names, found.intents) == ({}, (), ())
    assert found.result.reason == "empty: no word found"


def test_in_short_it_is_what_a_head_was_torn_between_and_the_words_it_does_not_know(runtime: Runtime) -> None:
    torn, strange = why(runtime, "fan on zzyzx", "intent").split("; not in its vocabulary: ")
    assert [each.split()[0] for each in torn.split("; ")] == ["turn_on", "turn_off"]
    assert strange == "zzyzx"
    assert why(runtime, "fan on", "slots") == "", "sure of every word, and all are known"


def test_it_is_json(runtime: Runtime) -> None:
    value = json.loads(json.dumps(explain(runtime, "hmm").to_json()))
    assert value["answer"]["reason"].startswith("intent below its threshold of 0.60")
    assert len(value["best_two"]["intent"]) == 2
    assert value["tags"]["slots"][0]["tag"] == "O"
