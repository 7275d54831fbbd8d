"""Exact templates before the net: who answers what, and that each answer says so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("hassil", reason="the extra [hybrid] is not installed")
pytest.importorskip("home_assistant_intents", reason="the extra [hybrid] is not installed")
from wyoming.asr import Transcript

from deploy.edge.tests.services.conftest import Device, Running, run
from deploy.edge.tests.services.test_wyoming import talk
from trunkline_edge.errors import ServiceRefused
from trunkline_edge.services.templates import HomeNames, Templates

HOME = {
    "area": [{"id": "guest_room", "names": ["Guest Room", "spare room"]}],
    "name": [{"id": "light.lamp", "names": ["l\u00e4mp"]}, {"id": "fan.fan", "names": ["fan"]}],
    "artist": "another list, for somebody else",
}


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("names") / "names.json"
    path.write_text(json.dumps(HOME))
    return path


@pytest.fixture(scope="module")
def templates(names: Path) -> Templates:
    return Templates("en", HomeNames.read(names))


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


def test_what_no_word_says_is_a_domain_or_a_slot_without_a_span(templates: Templates) -> None:
    said = templates.answer("turn on the lights in the guest room", "b")
    assert said is not None and said.domain is not None
    assert said.domain.label == "light"
    assert [slot.name for slot in said.intents[0].slots] == ["area"]
    polite = templates.answer("please remove forty five-hours and 75-minutes off the timer", "b")
    assert polite is not None
    assert [(s.raw, s.value) for s in polite.intents[0].slots] == [("forty five", "45"), ("75", "75")]
    timer = templates.answer("set a timer for ten minutes", "b")
    assert timer is not None
    assert [(slot.raw, slot.value) for slot in timer.intents[0].slots] == [("ten", "10")]


@pytest.mark.parametrize(
    "text", ["turn of the l\u00e4mp", "turn on the attic lamp", "", "\ud800", "turn on " + "the " * 60, "\0"]
)
def test_what_no_template_has_word_for_word_is_left_to_the_net(templates: Templates, text: str) -> None:
    assert templates.answer(text, "b") is None


@pytest.fixture(scope="module")
def hybrid(device: Device, names: Path) -> Any:
    running = run(device, home_names=names).until_ready()
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


def test_what_is_refused_without_templates_is_refused_with_them(hybrid: Running) -> None:
    assert hybrid.ask("/parse", {"text": "a " * 600}).status == 400


@pytest.mark.parametrize(
    "value", [[], {"area": 7}, {"name": [{"names": "lamp"}]}, {"floor": [{"id": "x", "names": [""]}]}]
)
def test_a_file_of_names_that_is_none_is_refused_with_its_path(tmp_path: Path, value: Any) -> None:
    path = tmp_path / "names.json"
    path.write_text(json.dumps(value))
    with pytest.raises(ServiceRefused, match=r"names\.json"):
        HomeNames.read(path)


def test_a_language_without_templates_is_refused(names: Path) -> None:
    with pytest.raises(ServiceRefused, match="no templates"):
        Templates("tlh", HomeNames.read(names))
