"""Hermes through a real broker."""

from __future__ import annotations

import json
import os
import queue
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.edge.tests.services.conftest import Device, Serve
from trunkline_edge.errors import InputRefused, ServiceRefused
from trunkline_edge.services.settings import MQTT_PASSWORD, MQTT_USER, Broker

paho = pytest.importorskip("paho.mqtt.client")
from trunkline_edge.services.mqtt import read_query  # noqa: E402 - needs paho

SEARCH = os.environ.get("PATH", "") + os.pathsep + "/usr/sbin"  # where Debian has it, and not every PATH
MOSQUITTO = shutil.which("mosquitto", path=SEARCH)
needs_broker = pytest.mark.skipif(MOSQUITTO is None, reason="no mosquitto here; Debian: apt-get install mosquitto")


class Mosquitto:
    """A broker on loopback that can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self._settings = folder / "mosquitto.conf"
        self._settings.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\n")
        self.start()

    def start(self) -> None:
        assert MOSQUITTO is not None
        command = [MOSQUITTO, "-c", str(self._settings)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise AssertionError("the broker does not start")

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    mosquitto = Mosquitto(tmp_path)
    yield mosquitto
    mosquitto.kill()


class Asker:
    """A dialogue manager: publishes queries, hears everything."""

    def __init__(self, port: int) -> None:
        self.heard: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        self.client = paho.Client(paho.CallbackAPIVersion.VERSION2)
        subscribed = queue.SimpleQueue[bool]()
        self.client.on_connect = lambda client, *_: client.subscribe("hermes/#")
        self.client.on_subscribe = lambda *_: subscribed.put(True)
        self.client.on_message = lambda _c, _u, m: self.heard.put((m.topic, json.loads(m.payload or b"null")))
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        assert subscribed.get(timeout=10)

    def ask(self, payload: bytes, topic: str = "hermes/nlu/query", tries: int = 1) -> tuple[str, Any]:
        """Publish a query and return the first answer; tries again while nobody listens yet."""
        for _ in range(tries):
            self.client.publish(topic, payload)
            until = time.monotonic() + (5 if tries == 1 else 0.5)
            while time.monotonic() < until:
                try:
                    topic_heard, body = self.heard.get(timeout=0.1)
                except queue.Empty:
                    continue
                if topic_heard != topic:
                    return topic_heard, body
        raise AssertionError("no answer")

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def asker(broker: Mosquitto, serve: Serve, device: Device) -> Iterator[Asker]:
    serve(device, broker=Broker("127.0.0.1", broker.port)).until_ready()
    asker = Asker(broker.port)
    yield asker
    asker.close()


def query(text: str, **more: Any) -> bytes:
    return json.dumps({"input": text, "id": "q1", "siteId": "den", "sessionId": "s1", **more}).encode()


# `json.loads` of the asker itself must not fail on what it publishes, so bad JSON goes through a client of its own.
@needs_broker
def test_a_query_is_answered_on_the_topic_of_its_intent(asker: Asker) -> None:
    topic, body = asker.ask(query("turn on the lämp"), tries=20)
    assert topic == "hermes/intent/turn_on"
    assert (body["id"], body["siteId"], body["sessionId"]) == ("q1", "den", "s1")
    assert [(each["slotName"], each["range"]) for each in body["slots"]] == [("device", {"start": 12, "end": 16})]


@needs_broker
def test_filtered_wrong_and_long_queries_are_answered_too(asker: Asker) -> None:
    asker.ask(query("rain"), tries=20)
    assert asker.ask(query("rain", intentFilter=["turn_on"]))[0] == "hermes/nlu/intentNotRecognized"
    for wrong in (b"7", b'{"input": 7}', query("rain", intentFilter=7), query("a " * 600), query("a" * 70_000)):
        topic, body = asker.ask(wrong)
        assert topic == "hermes/error/nlu"
        assert body["error"]
    assert asker.ask(query("lamp off"))[0] == "hermes/intent/turn_off"


@needs_broker
@pytest.mark.parametrize("wrong", [{"input": None}, {"input": 5}, {"intentFilter": "turn_on"}])
def test_a_wrong_query_is_answered_to_its_own_asker(asker: Asker, wrong: dict[str, Any]) -> None:
    asker.ask(query("rain"), tries=20)
    topic, body = asker.ask(query("rain", **wrong))
    assert topic == "hermes/error/nlu"
    assert (body["id"], body["siteId"], body["sessionId"]) == ("q1", "den", "s1")


@needs_broker
def test_after_the_broker_was_gone_queries_are_answered_again(broker: Mosquitto, serve: Serve, device: Device) -> None:
    serve(device, broker=Broker("127.0.0.1", broker.port)).until_ready()
    broker.kill()
    time.sleep(0.2)
    broker.start()
    asker = Asker(broker.port)
    assert asker.ask(query("lamp on"), tries=20)[0] == "hermes/intent/turn_on"
    asker.close()


@needs_broker
def test_a_broker_that_comes_late_is_found(tmp_path: Path, serve: Serve, device: Device) -> None:
    late = Mosquitto(tmp_path)
    late.kill()
    running = serve(device, broker=Broker("127.0.0.1", late.port)).until_ready()
    assert running.ask("/parse", {"text": "lamp on"}).status == 200
    late.start()
    asker = Asker(late.port)
    assert asker.ask(query("lamp on"), tries=20)[0] == "hermes/intent/turn_on"
    asker.close()
    late.kill()


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> Callable[[], list[tuple[str, str]]]:
    """Returns level and message of what was logged of the broker so far."""
    caplog.set_level("INFO", "trunkline_edge.services.mqtt")
    return lambda: [
        (each.levelname, each.message) for each in caplog.records if each.name == "trunkline_edge.services.mqtt"
    ]


def test_a_broker_that_is_not_there_is_said_once_with_the_reason(
    serve: Serve, device: Device, said: Callable[[], list[tuple[str, str]]], caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    serve(device, broker=Broker("127.0.0.1", port)).until_ready()
    time.sleep(2)  # the second try comes after one second
    assert said() == [("WARNING", "no connection to the broker, trying again")]
    assert "refused" in next(vars(each)["reason"] for each in caplog.records if each.levelname == "WARNING")


@needs_broker
def test_a_broker_that_goes_away_and_comes_back_is_said(
    broker: Mosquitto, serve: Serve, device: Device, said: Callable[[], list[tuple[str, str]]]
) -> None:
    running = serve(device, broker=Broker("127.0.0.1", broker.port)).until_ready()
    lost, there = ("WARNING", "no connection to the broker, trying again"), ("INFO", "connected to the broker")
    expected = [there]
    for turn in ([lost, there], [lost, there], []):
        until = time.monotonic() + 20
        while len(said()) < len(expected) and time.monotonic() < until:
            time.sleep(0.05)
        assert said() == expected
        if turn:
            broker.kill()
            time.sleep(1.5)
            broker.start()
        expected += turn
    running.stop()
    assert said() == expected, "to leave is no outage"


def test_a_brokers_address_is_read_and_its_password_never_shown() -> None:
    environment = {MQTT_USER: "me", MQTT_PASSWORD: "secret-word"}
    assert Broker.read("broker.lan:1884", environment) == Broker("broker.lan", 1884, "me", "secret-word")
    assert Broker.read("broker.lan", {}) == Broker("broker.lan", 1883)
    assert "secret-word" not in repr(Broker.read("broker.lan", environment))


def test_a_brokers_address_is_read_as_it_is_printed() -> None:
    for broker in (Broker("broker.lan", 1884), Broker("localhost"), Broker("::1", 1884)):
        assert Broker.read(str(broker), {}) == broker
    assert Broker.read("mqtt://broker.lan", {}) == Broker("broker.lan")


@pytest.mark.parametrize("query", [b"null", b"[1]"])
def test_a_query_of_another_kind_is_told_so_in_words_of_json(query: bytes) -> None:
    with pytest.raises(InputRefused, match=r"the query is (null|an array); expected an object with `input`"):
        read_query(query)


@pytest.mark.parametrize("number", [b"1e999", b"NaN", b"7" * 5000])
def test_a_session_id_that_could_not_be_sent_back_is_refused(number: bytes) -> None:
    with pytest.raises(InputRefused, match="number") as refused:
        read_query(b'{"input": "lamp on", "sessionId": %s}' % number)
    assert "sys." not in str(refused.value)


@pytest.mark.parametrize("address", ["mqtts://host:1883", "http://host", "mqtt://host/", "mqtt://me:word@host:1883"])
def test_another_scheme_is_refused_with_what_is_expected(address: str) -> None:
    with pytest.raises(ServiceRefused, match="expected HOST or HOST:PORT, perhaps behind mqtt://"):
        Broker.read(address, {})


@pytest.mark.parametrize("address", [":1883", "host:", "host:x", "host:0", "host:70000", "host:\u0661", "mqtt://"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(ServiceRefused, match="--mqtt"):
        Broker.read(address, {})
