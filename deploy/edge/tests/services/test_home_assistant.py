"""Home Assistant's own way with an intent service, call by call.

What its release 2026.11 does in `components/wyoming/data.py` and `conversation.py`: it asks for the info on a
connection of its own, then opens a new one for every sentence, sends a transcript with its context, and reads events
until one ends the answer. It has no time limit of its own, so silence would hang it. That release needs Python 3.14, so
it is told again here, over the client that it uses itself, `wyoming.client`.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest
from wyoming.asr import Transcript
from wyoming.client import AsyncTcpClient
from wyoming.error import Error
from wyoming.info import Describe, Info
from wyoming.intent import Intent, IntentsStart, IntentsStop, NotRecognized

from deploy.edge.tests.services.conftest import Device, Running, Serve
from deploy.edge.tests.tiny_bundle import Recipe

INFO_S = 5.0
"""That the info may take; three more tries follow."""
ANSWER_S = 20.0
"""Ours, so that a test ends."""


@dataclass
class Heard:
    """What its agent makes of an answer: intents to be handled, or an error to be spoken."""

    intents: list[tuple[str, dict[str, dict[str, str]]]] = field(default_factory=list)
    error: str | None = None
    speech: list[str | None] = field(default_factory=list)
    """Of each intent, for one whose handler has none."""


async def info_of(service: Running) -> Info:
    async with AsyncTcpClient(*service.wyoming) as client, asyncio.timeout(INFO_S):
        await client.write_event(Describe().event())
        while (event := await client.read_event()) is not None:
            if Info.is_type(event.type):
                return Info.from_event(event)
    raise AssertionError("connection closed unexpectedly")


async def said(service: Running, text: str, language: str = "en") -> Heard:
    heard, many = Heard(), False
    context = {"conversation_id": "01JE5Y0000000000000000000", "device_id": "den", "satellite_id": "assist.den"}
    async with AsyncTcpClient(*service.wyoming) as client, asyncio.timeout(ANSWER_S):
        await client.write_event(Transcript(text, context=context, language=language).event())
        while True:
            event = await client.read_event()
            assert event is not None, "connection lost"
            if Error.is_type(event.type):
                return Heard(error=Error.from_event(event).text)
            if NotRecognized.is_type(event.type):
                return Heard(error=NotRecognized.from_event(event).text or "no intent matches")
            if IntentsStart.is_type(event.type):
                many = True
            if Intent.is_type(event.type):
                intent = Intent.from_event(event)
                heard.intents.append((intent.name, {each.name: {"value": each.value} for each in intent.entities}))
                heard.speech.append(intent.text)
            if IntentsStop.is_type(event.type) or (heard.intents and not many):
                return heard


def test_the_info_makes_one_conversation_agent_with_its_languages(service: Running) -> None:
    info = asyncio.run(info_of(service))
    installed = [program for program in info.intent if program.installed]
    assert [program.name for program in installed] == ["trunkline"]
    assert {language for model in installed[0].models if model.installed for language in model.languages} == {"en"}
    assert not any(each.installed for each in (*info.asr, *info.tts, *info.wake, *info.handle))
    assert info.satellite is None


def test_a_sentence_is_an_intent_with_slots(service: Running) -> None:
    heard = asyncio.run(said(service, "turn on the lamp"))
    assert heard.intents == [("turn_on", {"device": {"value": "lamp"}})]
    assert not any(speech and "{" in speech for speech in heard.speech), "it would take that for a template"


def test_several_commands_are_a_list_of_intents(serve: Serve, own_device: Device) -> None:
    own_device.install(Recipe(manifest={"splits_commands": True}))
    heard = asyncio.run(said(serve(own_device).until_ready(), "turn on the lamp and turn off the fan"))
    assert [name for name, _ in heard.intents] == ["turn_on", "turn_off"]


@pytest.mark.parametrize("text", ["", "   ", "lamp " * 5_000])
def test_what_is_not_understood_ends_in_an_error_and_never_in_silence(service: Running, text: str) -> None:
    heard = asyncio.run(said(service, text))
    assert heard.intents == [] and heard.error


def test_many_sentences_at_once_have_a_connection_each(service: Running) -> None:
    async def all_at_once() -> list[Heard]:
        return await asyncio.gather(*(said(service, "turn on the lamp") for _ in range(30)))

    assert all(len(heard.intents) == 1 for heard in asyncio.run(all_at_once()))


def test_before_a_bundle_is_there_the_info_comes_at_once_and_a_sentence_gets_an_error(
    serve: Serve, own_device: Device
) -> None:
    service = serve(own_device)
    assert asyncio.run(info_of(service)).intent
    assert asyncio.run(said(service, "turn on the lamp")).error
