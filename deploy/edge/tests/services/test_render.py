"""The renderers: from the canonical result to the words of each protocol."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trunkline_edge.errors import ServiceRefused
from trunkline_edge.services.home_assistant import DEFAULT_FILE, HassIntent, HomeAssistantNames
from trunkline_edge.services.render.hermes import render_hermes, render_hermes_error
from trunkline_edge.services.render.rasa import FALLBACK, render_rasa
from trunkline_edge.services.render.snips import render_snips
from trunkline_edge.services.render.wyoming import render_wyoming
from trunkline_edge.understanding.result import OUT_OF_SCOPE, SEVERAL, Intent, Ranked, Result, Slot

NAMES = HomeAssistantNames.read()
FAMILY = "👨\u200d👩\u200d👧"


def result(
    text: str, *intents: Intent, domain: str | None = "light", sure: float = 0.9, refused: str | None = None
) -> Result:
    return Result(
        text=text,
        lang="en",
        bundle_id="b" * 64,
        intents=intents,
        domain=Ranked(domain, sure) if domain else None,
        heads={},
        rejected=refused is not None,
        reason=refused,
        ms=1.0,
        ranking={},
    )


def slot(text: str, raw: str, name: str) -> Slot:
    return Slot(name, raw, raw.lower(), text.index(raw), text.index(raw) + len(raw), 0.8)


@st.composite
def spoken(draw: st.DrawFn) -> Result:
    """A result whose slots are pieces of its text, in any script."""
    text = draw(st.text(st.sampled_from(f"aé e\u0301{FAMILY}日 "), min_size=1, max_size=20))
    slots = []
    for _ in range(draw(st.integers(0, 2))):
        start = draw(st.integers(0, len(text) - 1))
        end = draw(st.integers(start + 1, len(text)))
        slots.append(Slot(draw(st.sampled_from(["name", "area"])), text[start:end], text[start:end], start, end, 0.5))
    return result(text, Intent("HassTurnOn", 0.7, tuple(slots)))


@settings(deadline=None)
@given(spoken())
def test_ranges_cut_the_same_text_out_of_every_protocols_answer(said: Result) -> None:
    raw = [each.raw for each in said.intents[0].slots]
    assert [said.text[e["start"] : e["end"]] for e in render_rasa(said)["entities"]] == raw
    (message,) = render_hermes(said, {"input": said.text})
    for answer in (render_snips(said), json.loads(json.dumps(message.body))):
        found = [answer["input"][each["range"]["start"] : each["range"]["end"]] for each in answer["slots"]]
        assert found == [each["rawValue"] for each in answer["slots"]] == raw


LIGHT = "turn on the Lamp and close the blind"
ON = Intent("HassTurnOn", 0.91234, (slot(LIGHT, "Lamp", "name"),))
CLOSE = Intent("HassTurnOff", 0.8, (slot(LIGHT, "blind", "name"),))


def test_several_commands_are_one_joined_intent_for_rasa() -> None:
    answer = render_rasa(result(LIGHT, ON, CLOSE))
    assert answer["intent"] == {"name": "HassTurnOn+HassTurnOff", "confidence": 0.8}
    assert [each["value"] for each in answer["entities"]] == ["Lamp", "blind"]
    assert answer["intent_ranking"] == [answer["intent"]]


def test_a_rejected_sentence_is_rasas_fallback_with_the_likeliest_behind_it() -> None:
    answer = render_rasa(result(LIGHT, ON, refused="below its threshold"))
    assert answer["intent"]["name"] == FALLBACK == answer["intent_ranking"][0]["name"]


@pytest.mark.parametrize("label", [OUT_OF_SCOPE, SEVERAL])
def test_the_more_certain_a_refusal_is_the_more_certain_are_rasas_and_snips_fallbacks(label: str) -> None:
    ranking = (Ranked(label, 0.97), Ranked("HassTurnOn", 0.02), Ranked("HassTurnOff", 0.01))
    said = replace(result(LIGHT, Intent(label, 0.97, ()), refused="out of scope"), ranking={"intent": ranking})
    assert render_rasa(said)["intent"] == {"name": FALLBACK, "confidence": 0.97}
    names = [each["name"] for each in render_rasa(said)["intent_ranking"]]
    assert names == [FALLBACK, "HassTurnOn", "HassTurnOff"]
    assert render_snips(said)["intent"] == {"intentName": None, "probability": 0.97}


def test_an_intent_that_was_not_sure_enough_stands_second_where_rasa_asks_whether_it_was_meant() -> None:
    ranking = (Ranked("HassTurnOn", 0.6), Ranked(OUT_OF_SCOPE, 0.3), Ranked("HassTurnOff", 0.1))
    said = replace(result(LIGHT, Intent("HassTurnOn", 0.6, ()), refused="not sure"), ranking={"intent": ranking})
    assert render_rasa(said)["intent"] == {"name": FALLBACK, "confidence": 0.4}
    ranked = [(each["name"], each["confidence"]) for each in render_rasa(said)["intent_ranking"]]
    assert ranked == [(FALLBACK, 0.4), ("HassTurnOn", 0.6), ("HassTurnOff", 0.1)]
    assert render_snips(said)["intent"]["probability"] == 0.4


def test_an_intent_without_a_ranking_is_ranked_alone_for_rasa() -> None:
    """As templates answer."""
    answer = render_rasa(result(LIGHT, ON))
    assert answer["intent_ranking"] == [answer["intent"]] == [{"name": "HassTurnOn", "confidence": 0.9123}]


def test_a_bundle_without_intents_answers_rasa_with_none() -> None:
    assert render_rasa(result(LIGHT))["intent"] == {"name": None, "confidence": 0.0}


def test_snips_gets_the_first_command_and_the_others_beside_it() -> None:
    answer = render_snips(result(LIGHT, ON, CLOSE))
    assert answer["intent"] == {"intentName": "HassTurnOn", "probability": 0.9123}
    assert [each["intent"]["intentName"] for each in answer["others"]] == ["HassTurnOff"]
    assert "others" not in render_snips(result(LIGHT, ON))


def test_a_rejected_sentence_has_no_intent_for_snips() -> None:
    answer = render_snips(result(LIGHT, ON, refused="out of scope"))
    assert (answer["intent"]["intentName"], answer["slots"]) == (None, [])


QUERY = {"input": LIGHT, "id": "1", "siteId": "kitchen", "sessionId": "s", "intentFilter": None}


def test_hermes_publishes_each_command_on_its_own_topic_with_the_askers_ids() -> None:
    messages = render_hermes(result(LIGHT, ON, CLOSE), QUERY)
    assert [each.topic for each in messages] == ["hermes/intent/HassTurnOn", "hermes/intent/HassTurnOff"]
    body = messages[0].body
    assert (body["id"], body["siteId"], body["sessionId"]) == ("1", "kitchen", "s")
    assert body["intent"] == {"intentName": "HassTurnOn", "confidenceScore": 0.9123}
    (found,) = body["slots"]
    assert (found["raw_value"], found["rawValue"], found["value"]) == (
        "Lamp",
        "Lamp",
        {"kind": "Custom", "value": "lamp"},
    )


def test_hermes_obeys_the_intent_filter() -> None:
    assert [m.topic for m in render_hermes(result(LIGHT, ON), QUERY, ["Other"])] == ["hermes/nlu/intentNotRecognized"]
    assert [m.topic for m in render_hermes(result(LIGHT, ON), QUERY, ["HassTurnOn"])] == ["hermes/intent/HassTurnOn"]


def test_hermes_does_not_do_the_half_of_a_wish_that_the_filter_allows() -> None:
    (message,) = render_hermes(result(LIGHT, ON, CLOSE), QUERY, ["HassTurnOff"])
    assert (message.topic, message.body["sessionId"]) == ("hermes/nlu/intentNotRecognized", "s")
    assert len(render_hermes(result(LIGHT, ON, CLOSE), QUERY, ["HassTurnOff", "HassTurnOn"])) == 2


@pytest.mark.parametrize("name", ["a/b", "#", "+", "x\0y"])
def test_a_label_that_is_no_topic_level_is_not_published_elsewhere(name: str) -> None:
    (message,) = render_hermes(result(LIGHT, Intent(name, 0.9, ())), QUERY)
    assert message.topic == "hermes/nlu/intentNotRecognized"


def test_a_hermes_error_goes_back_to_its_asker() -> None:
    message = render_hermes_error("no bundle", QUERY)
    assert (message.topic, message.body["error"], message.body["sessionId"]) == ("hermes/error/nlu", "no bundle", "s")


def test_one_command_is_one_wyoming_intent() -> None:
    (event,) = render_wyoming(result(LIGHT, ON), NAMES, {"conversation_id": "c"})
    assert (event.type, event.data["name"]) == ("intent", "HassTurnOn")
    assert event.data["entities"] == [{"name": "name", "value": "lamp"}]
    assert event.data["context"]["conversation_id"] == "c"


def test_several_commands_stand_between_start_and_stop() -> None:
    events = render_wyoming(result(LIGHT, ON, CLOSE), NAMES)
    assert [each.type for each in events] == ["intents-start", "intent", "intent", "intents-stop"]


def test_without_a_name_home_assistant_is_told_the_kind_of_device() -> None:
    text = "turn off the lights in the kitchen"
    said = result(text, Intent("HassTurnOff", 0.9, (slot(text, "kitchen", "area"),)))
    (event,) = render_wyoming(said, NAMES)
    assert event.data["entities"] == [{"name": "area", "value": "kitchen"}, {"name": "domain", "value": "light"}]


@pytest.mark.parametrize("unspoken", [{}, {"domain": "switch"}])
def test_all_of_a_kind_that_is_only_guessed_is_never_switched(unspoken: dict[str, str]) -> None:
    off = Intent("HassTurnOff", 0.99, (), unspoken)
    (event,) = render_wyoming(result("turn it off", off, domain="switch", sure=0.397), NAMES)
    assert event.type == "not-recognized"
    assert "switch is a guess, 0.40 sure" in event.data["context"]["reason"]
    (event,) = render_wyoming(result("turn off the switches", off, domain="switch", sure=0.99), NAMES)
    assert event.data["entities"] == [{"name": "domain", "value": "switch"}]


def test_a_thing_with_a_name_is_switched_however_unsure_its_kind_is() -> None:
    (event,) = render_wyoming(result(LIGHT, ON, domain="switch", sure=0.3), NAMES)
    assert event.data["entities"] == [{"name": "name", "value": "lamp"}]


@pytest.mark.parametrize("domain", [None, "general"])
def test_everything_in_a_room_is_never_switched_for_want_of_a_kind(domain: str | None) -> None:
    text = "turn off the kitchen"
    said = result(text, Intent("HassTurnOff", 0.9, (slot(text, "kitchen", "area"),)), domain=domain)
    (event,) = render_wyoming(said, NAMES)
    assert event.type == "not-recognized"
    assert "neither a name nor a kind" in event.data["context"]["reason"]


def test_half_of_a_wish_is_not_done() -> None:
    text = "turn on the Lamp and turn off the kitchen"
    off = Intent("HassTurnOff", 0.9, (slot(text, "kitchen", "area"),))
    (event,) = render_wyoming(result(text, ON, off, domain=None), NAMES)
    assert event.type == "not-recognized"


def test_a_slot_said_twice_is_not_done_with_one_of_them() -> None:
    both = Intent("HassTurnOn", 0.9, (slot(LIGHT, "Lamp", "name"), slot(LIGHT, "blind", "name")))
    (event,) = render_wyoming(result(LIGHT, both), NAMES)
    assert (event.type, event.data["context"]["reason"]) == (
        "not-recognized",
        "name said twice, and Home Assistant takes one",
    )


def test_a_rejected_sentence_says_what_was_likeliest() -> None:
    (event,) = render_wyoming(result(LIGHT, ON, refused="out of scope"), NAMES)
    assert event.data["text"] == NAMES.not_recognized
    assert event.data["context"]["likeliest"] == [{"name": "HassTurnOn", "p": 0.9123}]


def test_labels_may_be_renamed_and_held_back() -> None:
    names = HomeAssistantNames(
        {"on": "HassTurnOn", "chat": None}, {"room": "area", "mood": None}, {}, frozenset(), "No."
    )
    said = Intent(
        "on", 1, (Slot("room", "X", "x", 0, 1, 1), Slot("mood", "y", "y", 1, 2, 1), Slot("own", "z", "z", 2, 3, 1))
    )
    assert names.command(said, None) == HassIntent("HassTurnOn", (("area", "x"), ("own", "z")))
    assert names.command(Intent("chat", 1, ()), None) == "chat is not for Home Assistant"


def test_the_default_names_are_intents_and_slots_that_home_assistant_has() -> None:
    package = pytest.importorskip("home_assistant_intents")
    there = json.loads((Path(package.__file__).parent / "intents.json").read_text())
    assert set(filter(None, NAMES.intents.values())) == set(there)
    slots = {name for intent in there.values() for name in intent.get("slots", {})}
    assert set(filter(None, NAMES.slots.values())) <= slots
    assert {name for name, each in there.items() if "domain" in each.get("slots", {})} == set(NAMES.by_domain)


@pytest.mark.parametrize(
    "change",
    [
        {"intents": []},
        {"slots": {"a": 1}},
        {"by_domain": "x"},
        {"not_recognized": None},
        {"more": {}},
        {"domains": None},
    ],
)
def test_a_file_of_names_that_is_none_is_refused_with_its_path(tmp_path: Path, change: dict[str, Any]) -> None:
    path = tmp_path / "names.json"
    path.write_text(json.dumps(json.loads(DEFAULT_FILE.read_text()) | change))
    with pytest.raises(ServiceRefused, match=r"names\.json"):
        HomeAssistantNames.read(path)


def valued() -> Result:
    text = "dim the galley to half by -5 at 20"
    slots = (
        Slot("area", "galley", "Kitchen", 8, 14, 0.9, is_name=True, id="kitchen"),
        Slot("brightness", "half", 50, 18, 22, 0.8, unit="%"),
        Slot("volume_step", "-5", -5, 26, 28, 0.8, label="volume_step_down", unit="%"),
        Slot("temperature", "20", 20.5, 32, 34, 0.8, unit="°C"),
    )
    return result(text, Intent("HassLightSet", 0.9, slots, {"domain": "light"}))


def test_values_are_what_every_protocol_carries() -> None:
    said = valued()
    assert [each["value"] for each in render_rasa(said)["entities"]] == ["Kitchen", 50, -5, 20.5, "light"]
    assert [slot["value"] for slot in render_snips(said)["slots"]] == [
        {"kind": "Custom", "value": "Kitchen"},
        {"kind": "Percentage", "value": 50.0},
        {"kind": "Percentage", "value": -5.0},
        {"kind": "Temperature", "value": 20.5, "unit": "celsius"},
        {"kind": "Custom", "value": "light"},
    ]
    (message,) = render_hermes(said, {})
    assert [slot["value"]["value"] for slot in message.body["slots"]] == ["Kitchen", 50.0, -5.0, 20.5, "light"]
    (event,) = render_wyoming(said, NAMES)
    assert {each["name"]: each["value"] for each in event.data["entities"]} == {
        "area": "Kitchen",
        "brightness": 50,
        "volume_step": -5,
        "temperature": 20.5,
        "domain": "light",
    }


def test_a_known_thing_has_its_id_wherever_a_protocol_has_room_for_it() -> None:
    said = valued()
    ids = ["kitchen", None, None, None, None]
    assert [each.get("id") for each in render_rasa(said)["entities"]] == ids
    assert [each.get("id") for each in render_snips(said)["slots"]] == ids
    (message,) = render_hermes(said, QUERY)
    assert [each.get("id") for each in message.body["slots"]] == ids


LIGHTS = "turn off the kitchen lights"


def test_what_no_word_says_is_a_slot_of_no_words_at_the_end_for_rasa_snips_and_hermes() -> None:
    said = result(LIGHTS, Intent("HassTurnOff", 0.91234, (slot(LIGHTS, "kitchen", "area"),), {"domain": "light"}))
    end = len(LIGHTS)
    area, domain = render_rasa(said)["entities"]
    assert area["entity"] == "area"
    assert domain == {"start": end, "end": end, "value": "light", "entity": "domain", "confidence_entity": 0.9123}
    unsaid = {
        "range": {"start": end, "end": end},
        "rawValue": "",
        "value": {"kind": "Custom", "value": "light"},
        "entity": "domain",
        "slotName": "domain",
    }
    assert render_snips(said)["slots"][1] == unsaid
    (message,) = render_hermes(said, QUERY)
    assert message.body["slots"][1] == {**unsaid, "raw_value": "", "confidence": 0.9123, "confidenceScore": 0.9123}


def test_what_is_said_of_a_slot_stands_alone_where_something_else_would_go_without_saying() -> None:
    said = result(LIGHT, Intent("HassTurnOn", 0.9, (slot(LIGHT, "Lamp", "name"),), {"name": "all", "domain": "light"}))
    assert [each["entity"] for each in render_rasa(said)["entities"]] == ["name", "domain"]
    assert [each["slotName"] for each in render_snips(said)["slots"]] == ["name", "domain"]


def test_every_protocol_says_which_skill_answered() -> None:
    own = result("cancel it", Intent("cancel", 0.9, ()))
    told = replace(own, skill="coffee")
    (message,), (event,) = render_hermes(told, QUERY), render_wyoming(told, NAMES)
    for answer in (render_rasa(told), render_snips(told), message.body, event.data["context"]):
        assert answer["skill"] == "coffee"
    (message,), (event,) = render_hermes(own, QUERY), render_wyoming(own, NAMES)
    for answer in (render_rasa(own), render_snips(own), message.body, event.data["context"]):
        assert "skill" not in answer


def test_home_assistant_gets_no_command_with_a_value_that_nobody_can_read() -> None:
    said = result("dim to thrifty", Intent("HassLightSet", 0.9, (Slot("brightness", "thrifty", None, 7, 14, 0.4),)))
    (event,) = render_wyoming(said, NAMES)
    assert event.type == "not-recognized"
    assert "'thrifty' cannot be read" in event.data["context"]["reason"]


def test_a_result_with_values_is_read_as_it_was_written() -> None:
    said = valued()
    assert Result.from_json(said.to_json(timing=True)) == said
