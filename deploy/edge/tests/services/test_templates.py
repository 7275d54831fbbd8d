"""Exact templates before the net: who answers what, and that each answer says so."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

pytest.importorskip("hassil", reason="the extra [hybrid] is not installed")
pytest.importorskip("home_assistant_intents", reason="the extra [hybrid] is not installed")
from wyoming.asr import Transcript

from deploy.edge.tests.services.conftest import Device, Running, run
from deploy.edge.tests.services.test_wyoming import talk
from deploy.edge.tests.tiny_bundle import Recipe
from trunkline_edge.errors import ServiceRefused
from trunkline_edge.services.templates import Templates
from trunkline_edge.understanding.names import Entry, Lexicon, Names
from trunkline_edge.understanding.names_file import keep_names

HOME = Names(
    {
        "area": (Entry("guest_room", ("Guest Room", "spare room")), Entry("attic", ("attic",))),
        "entity": (
            Entry("light.lamp", ("Reading L\u00e4mp", "l\u00e4mp"), "guest_room"),
            Entry("light.attic", ("attic l\u00e4mp", "l\u00e4mp"), "attic"),
            Entry("fan.fan", ("fan",)),
        ),
        "artist": (Entry("another", ("list for somebody else",)),),
    }
)
LISTS = {"area": "area", "name": "entity"}


@pytest.fixture(scope="module")
def templates() -> Templates:
    templates = Templates("en")
    templates.know(HOME, LISTS, Lexicon(HOME, ["area", "entity"]))
    return templates


def test_a_sentence_of_a_template_is_answered_with_its_spans(templates: Templates) -> None:
    said = templates.answer("Turn off the l\u00e4mp in the spare room.", "b")
    assert said is not None
    assert (said.by, said.bundle_id, said.rejected) == ("templates", "b", False)
    (intent,) = said.intents
    assert (intent.name, intent.p) == ("HassTurnOff", 1.0)
    assert [(s.name, s.raw, s.start, s.end) for s in intent.slots] == [
        ("name", "l\u00e4mp", 13, 17),
        ("area", "spare room", 25, 35),
    ]


def test_what_this_device_knows_by_name_has_its_id_as_in_the_answers_of_the_net(templates: Templates) -> None:
    def named(text: str) -> list[tuple[Any, ...]]:
        said = templates.answer(text, "b")
        assert said is not None
        return [(slot.value, slot.id, slot.candidates) for slot in said.intents[0].slots if slot.is_name]

    assert named("turn off the l\u00e4mp in the spare room") == [
        ("Reading L\u00e4mp", "light.lamp", ()),
        ("Guest Room", "guest_room", ()),
    ]
    assert named("turn off the l\u00e4mp") == [("l\u00e4mp", None, ("light.attic", "light.lamp"))]
    assert named("set a timer named pizza for ten minutes") == []


def test_what_no_word_says_is_unspoken_and_numbers_are_numbers(templates: Templates) -> None:
    said = templates.answer("turn on the lights in the guest room", "b")
    assert said is not None and said.domain is not None
    assert (said.domain.label, said.intents[0].unspoken["domain"]) == ("light", "light")
    assert [slot.name for slot in said.intents[0].slots] == ["area"]
    polite = templates.answer("please remove forty five-hours and 75-minutes off the timer", "b")
    assert polite is not None
    assert [(s.raw, s.value) for s in polite.intents[0].slots] == [("forty five", 45), ("75", 75)]
    timer = templates.answer("set a timer for ten minutes", "b")
    assert timer is not None
    assert [(slot.raw, slot.value) for slot in timer.intents[0].slots] == [("ten", 10)]


@pytest.mark.parametrize(
    "text", ["turn of the l\u00e4mp", "turn on the cellar lamp", "", "\ud800", "turn on " + "the " * 60, "\0"]
)
def test_what_no_template_has_word_for_word_is_left_to_the_net(templates: Templates, text: str) -> None:
    assert templates.answer(text, "b") is None


@pytest.fixture(scope="module")
def named_device(tmp_path_factory: pytest.TempPathFactory) -> Device:
    """A device that knows its home's names."""
    device = Device(tmp_path_factory.mktemp("named"))
    device.install(Recipe(reads_names=True, manifest={"names": LISTS}))
    keep_names(device.home, HOME)
    return device


@pytest.fixture(scope="module")
def hybrid(named_device: Device) -> Any:
    running = run(named_device, hybrid=True).until_ready()
    yield running
    running.stop()


@pytest.mark.parametrize(
    ("text", "by", "intent"), [("turn on the fan", "templates", "HassTurnOn"), ("lamp on", "net", "turn_on")]
)
def test_each_answer_says_who_gave_it(hybrid: Running, text: str, by: str, intent: str) -> None:
    said = hybrid.ask("/parse", {"text": text}).json
    assert (said["by"], said["intents"][0]["name"]) == (by, intent)
    asked = {"inputs": [{"name": "text", "shape": [1], "datatype": "BYTES", "data": [text]}]}
    (answer,) = hybrid.ask("/v2/models/nlu/infer", asked).json["outputs"][0]["data"]
    assert json.loads(answer)["by"] == by
    (event,) = talk(hybrid, Transcript(text).event())
    assert (event.data["name"], event.data["context"]["by"]) == (intent, by)


def test_what_a_template_answers_ranks_its_intent_for_rasa(hybrid: Running) -> None:
    answer = hybrid.ask("/model/parse", {"text": "turn on the fan"}).json
    assert answer["intent_ranking"] == [answer["intent"]] == [{"name": "HassTurnOn", "confidence": 1.0}]


def test_what_is_refused_without_templates_is_refused_with_them(hybrid: Running) -> None:
    assert hybrid.ask("/parse", {"text": "a " * 600}).status == 400


def test_other_names_are_known_without_a_restart(hybrid: Running, named_device: Device) -> None:
    said = {"text": "turn on the ceiling fan"}
    assert hybrid.ask("/parse", said).json["by"] == "net"
    keep_names(named_device.home, Names({"entity": (Entry("fan.new", ("ceiling fan",)),)}))
    for _ in range(100):
        answer = hybrid.ask("/parse", said).json
        if answer["by"] == "templates":
            break
        time.sleep(0.05)
    assert [slot["id"] for slot in answer["intents"][0]["slots"]] == ["fan.new"]
    keep_names(named_device.home, HOME)


def test_a_language_without_templates_is_refused() -> None:
    with pytest.raises(ServiceRefused, match="no templates"):
        Templates("tlh")
