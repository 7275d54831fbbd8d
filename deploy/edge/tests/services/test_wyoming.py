"""The Wyoming service, asked by the wyoming package's own client."""

from __future__ import annotations

import asyncio
import gc
import json
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wyoming.asr import Transcript
from wyoming.client import AsyncTcpClient
from wyoming.event import Event
from wyoming.info import Describe, Info, SelectProgram
from wyoming.intent import Intent, NotRecognized, Recognize
from wyoming.ping import Ping, Pong

from deploy.edge.tests.services.conftest import Device, Running, Serve, deaf_caller, read_all, until_closed
from deploy.edge.tests.tiny_bundle import Recipe
from trunkline_edge.services.settings import WyomingLimits


def talk(service: Running, *events: Event, answers: int = 1) -> list[Event]:
    """Send events on one connection and return so many answers."""

    async def speak() -> list[Event]:
        async with AsyncTcpClient(*service.wyoming) as client:
            for event in events:
                await client.write_event(event)
            found = [await asyncio.wait_for(client.read_event(), 10) for _ in range(answers)]
            return [event for event in found if event is not None]

    return asyncio.run(speak())


@contextmanager
def raw(service: Running) -> Iterator[socket.socket]:
    with socket.create_connection(service.wyoming, timeout=10) as caller:
        yield caller


def error_of(wire: bytes) -> dict[str, Any]:
    head, _, data = wire.partition(b"\n")
    assert json.loads(head)["type"] == "error"
    return dict(json.loads(data))


def test_info_describes_one_intent_program(service: Running) -> None:
    (event,) = talk(service, Describe().event())
    assert set(event.data) >= {"asr", "tts", "handle", "intent", "wake", "mic", "snd"}
    (program,) = Info.from_event(event).intent
    assert (program.name, program.installed) == ("trunkline", True)
    assert [(model.name, model.languages) for model in program.models] == [("tiny", ["en"])]


@pytest.mark.parametrize("asked", [Transcript("turn on the lamp", language="en"), Recognize("turn on the lamp")])
def test_an_utterance_is_answered_with_an_intent(service: Running, asked: Transcript | Recognize) -> None:
    (event,) = talk(service, replace(asked, context={"conversation_id": "c1"}).event())
    intent = Intent.from_event(event)
    assert intent.name == "turn_on"
    assert [(each.name, each.value) for each in intent.entities] == [("device", "lamp")]
    assert intent.context is not None
    assert intent.context["conversation_id"] == "c1"


def test_the_bytes_on_the_wire_are_a_line_and_its_data(service: Running) -> None:
    with raw(service) as caller:
        caller.sendall(b'{"type": "transcript", "data": {"text": "turn on the lamp"}}\n')
        caller.shutdown(socket.SHUT_WR)
        head, _, data = read_all(caller).partition(b"\n")
    header = json.loads(head)
    assert (header["type"], header["data_length"]) == ("intent", len(data))
    assert json.loads(data)["entities"] == [{"name": "device", "value": "lamp"}]


def test_data_after_the_line_is_read_as_data_in_it(service: Running) -> None:
    data = json.dumps({"text": "turn off the lämp"}).encode()
    with raw(service) as caller:
        caller.sendall(b'{"type": "transcript", "data_length": %d}\n' % len(data) + data)
        caller.shutdown(socket.SHUT_WR)
        assert b'"turn_off"' in read_all(caller)


@pytest.mark.parametrize("text", ["", "  "])
def test_silence_is_not_recognized(service: Running, text: str) -> None:
    (event,) = talk(service, Transcript(text).event())
    assert NotRecognized.is_type(event.type)


def test_a_ping_comes_back_and_many_events_go_over_one_connection(service: Running) -> None:
    events = talk(service, Ping("a").event(), Transcript("rain").event(), Ping("b").event(), answers=3)
    assert [Pong.from_event(e).text if Pong.is_type(e.type) else e.type for e in events] == ["a", "intent", "b"]


def test_events_for_others_are_met_with_silence(service: Running) -> None:
    others = [SelectProgram("trunkline").event(), Event("audio-chunk", {}, b"\0\1"), Event("made-up")]
    assert [e.type for e in talk(service, *others, Ping().event())] == ["pong"]


@pytest.mark.parametrize("data", [{}, {"text": 7}, {"text": "lamp", "context": 3}])
def test_a_transcript_without_text_is_an_error_and_the_connection_goes_on(
    service: Running, data: dict[str, Any]
) -> None:
    error, pong = talk(service, Event("transcript", data), Ping().event(), answers=2)
    assert (error.type, error.data["code"], pong.type) == ("error", "input", "pong")


def test_a_text_past_the_limit_is_an_error(service: Running) -> None:
    (event,) = talk(service, Transcript("a " * 600).event())
    assert (event.type, event.data["code"]) == ("error", "input")


@pytest.mark.parametrize(
    "wire",
    [
        b"hello\n",
        b"\n",
        b"[]\n",
        b"7\n",
        b"{}\n",
        b'{"type": 7}\n',
        b'{"type": "ping", "data": 7}\n',
        b'{"type": "ping", "data_length": "9"}\n',
        b'{"type": "ping", "data_length": 3}\n[1]',
        b'{"type": "ping", "data_length": 99}\n{}',
        b'{"type": "ping", "data_length": 70000000}\n',
        b'{"type": "ping", "payload_length": 70000000}\n',
        b"[" * 60_000 + b"\n",
        b"x" * 70_000 + b"\n",
        b"\xff\xfe\n",
        b'{"type": "ping", "data": {"text": "\\ud800"}}\n',
        b'{"type": "transcript", "data": {"text": "rain", "context": {"\xed\xa0\x80": 1}}}\n',
    ],
)
def test_what_is_no_event_gets_an_error_before_the_end(service: Running, wire: bytes) -> None:
    with raw(service) as caller:
        caller.sendall(wire)
        caller.shutdown(socket.SHUT_WR)
        assert error_of(read_all(caller))["code"] == "input"


@pytest.mark.parametrize("number", [b"NaN", b"-Infinity", b"1e999"])
def test_a_context_with_a_number_that_json_does_not_have_is_refused(service: Running, number: bytes) -> None:
    with raw(service) as caller:
        caller.sendall(b'{"type": "transcript", "data": {"text": "rain", "context": {"x": %s}}}\n' % number)
        caller.shutdown(socket.SHUT_WR)
        error = error_of(read_all(caller))
    assert error["code"] == "input"
    assert "a number that JSON does not have" in error["text"]


def test_who_says_no_event_and_vanishes_leaves_nothing_in_the_log(
    serve: Serve, device: Device, caplog: pytest.LogCaptureFixture
) -> None:
    """As a scanner of ports does: the error that answers it finds no one."""
    running = serve(device).until_ready()
    for _ in range(20):
        caller = socket.create_connection(running.wyoming, timeout=10)
        caller.sendall(b"GET / HTTP/1.0\r\n\r\n")
        caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        caller.close()  # with a reset
    running.stop()
    gc.collect()  # a task tells of its error when it is gone
    assert "never retrieved" not in caplog.text


@settings(deadline=None, max_examples=150)
@given(st.binary(max_size=200).map(lambda line: line.replace(b"\n", b"")), st.binary(max_size=50))
def test_any_line_is_answered_and_the_service_goes_on(service: Running, line: bytes, more: bytes) -> None:
    with raw(service) as caller:
        caller.sendall(line + b"\n" + more)
        caller.shutdown(socket.SHUT_WR)
        assert b'"error"' in read_all(caller)


def test_info_is_there_at_once_and_answers_when_the_bundle_is(serve: Serve, own_device: Device) -> None:
    running = serve(own_device)
    (event,) = talk(running, Describe().event())
    assert Info.from_event(event).intent[0].installed
    (event,) = talk(running, Transcript("lamp on").event())
    assert (event.type, event.data["code"]) == ("error", "not-ready")
    own_device.install(Recipe())
    running.until_ready()
    assert [e.type for e in talk(running, Transcript("lamp on").event())] == ["intent"]


def test_who_is_silent_or_slow_is_hung_up_on(serve: Serve, device: Device) -> None:
    running = serve(device, wyoming_limits=WyomingLimits(idle_s=0.3, transfer_s=0.3))
    with raw(running) as silent, raw(running) as slow:
        slow.sendall(b'{"type": "ping", "data_length": 50}\n{')
        assert read_all(silent) == b""
        assert "did not come within" in error_of(read_all(slow))["text"]


def test_callers_past_the_limit_are_told_so(serve: Serve, device: Device) -> None:
    running = serve(device, wyoming_limits=WyomingLimits(connections=2)).until_ready()
    with raw(running), raw(running), raw(running) as third:
        assert error_of(read_all(third))["code"] == "busy"
    assert talk(running, Ping().event())[0].type == "pong"


def test_a_caller_that_takes_no_answers_does_not_hold_the_service(serve: Serve, device: Device) -> None:
    running = serve(device, wyoming_limits=WyomingLimits(transfer_s=0.3)).until_ready()
    with raw(running) as deaf:
        deaf.settimeout(0.5)
        line = b'{"type": "describe"}\n' * 1000
        with pytest.raises(OSError):
            while True:
                deaf.sendall(line)
        assert talk(running, Ping().event())[0].type == "pong"


def test_callers_who_take_no_answers_keep_no_connection_open(serve: Serve, device: Device) -> None:
    running = serve(device, wyoming_limits=WyomingLimits(transfer_s=0.2, connections=2)).until_ready()
    ping = json.dumps({"type": "ping", "data": {"text": "x" * 60_000}}).encode() + b"\n"
    callers = [deaf_caller(running.wyoming, ping) for _ in range(4)]
    assert until_closed(running.wyoming, 10) == 0
    assert talk(running, Ping().event())[0].type == "pong"
    for caller in callers:
        caller.close()
