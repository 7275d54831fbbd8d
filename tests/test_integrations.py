"""docs/integrations.md shows the lines that connect a neighbour; these tests run them, on a tiny champion."""

from __future__ import annotations

import asyncio
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
import yaml
from wyoming.asr import Transcript
from wyoming.client import AsyncTcpClient
from wyoming.event import Event

from deploy.edge.tests.services.test_mqtt import MOSQUITTO, Mosquitto
from deploy.edge.tests.tiny_bundle import DOMAIN, INTENT, SLOTS, TOPICS, URGENCY, Recipe
from tests.flows.cli.test_serve import promote
from tests.flows.conftest import environment_for
from tests.integrations import PAGE, block
from tests.service import running
from trunkline_edge.update.agent import Agent
from trunkline_edge.update.local import LocalSource

BIN = Path(__file__).parents[1] / ".venv" / "bin"
needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="no curl here")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a champion, and a device that has it."""
    home = tmp_path_factory.mktemp("home")
    heads = (INTENT, DOMAIN, replace(SLOTS, labels=("name", "area")), TOPICS, URGENCY)
    promote(home, Recipe(reads_names=True, heads=heads, manifest={"names": {"name": "entity", "area": "area"}}))
    Agent(home / "device", LocalSource(home / "repository", "tiny", "local")).check()
    return home


def environment(home: Path) -> dict[str, str]:
    made = environment_for(home)
    return made | {"PATH": f"{BIN}:{made['PATH']}"}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def run(line: str, home: Path) -> str:
    """Run one line as a person does."""
    done = subprocess.run(
        ["bash", "-c", line], cwd=home, env=environment(home), capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def started(line: str, home: Path, *options: str) -> Iterator[tuple[str, str]]:
    """Start a service by its line, on free ports; yields its addresses once it is ready."""
    command = f"exec {line} --http-port 0 --wyoming-port 0 {' '.join(options)}"
    with running(["bash", "-c", command], home, environment(home)) as service:
        assert service.stdout is not None
        words = dict(said.split()[:2] for said in iter(service.stdout.readline, "Ctrl-C stops them.\n") if "//" in said)
        for _ in range(200):
            try:
                with urlopen(f"{words['HTTP']}/v2/health/ready".replace("0.0.0.0", "127.0.0.1"), timeout=10):
                    break
            except OSError:
                time.sleep(0.05)
        yield words["HTTP"], words["Wyoming"]


@pytest.fixture(scope="module")
def asked(home: Path) -> Iterator[Callable[[str], str]]:
    """Runs a line of the page against `trunkline serve`."""
    (line,) = block("")
    with started(line, home) as (http, _):
        yield lambda line: run(line.replace("localhost:8080", http.removeprefix("http://")), home)


@needs_curl
def test_http(asked: Callable[[str], str]) -> None:
    parse, ready, metrics = map(asked, block("HTTP"))
    assert json.loads(parse)["intents"][0]["name"] == "turn_off"
    assert json.loads(ready) == {"ready": True}
    assert "trunkline_requests_total" in metrics


@needs_curl
def test_open_inference_protocol(asked: Callable[[str], str]) -> None:
    model, answer = map(asked, block("Open Inference Protocol"))
    assert json.loads(model)["inputs"][0]["name"] == "text"
    (result,) = json.loads(answer)["outputs"][0]["data"]
    assert json.loads(result)["intents"][0]["name"] == "turn_off"


@needs_curl
def test_rasa(asked: Callable[[str], str]) -> None:
    (line,) = block("Rasa")
    assert json.loads(asked(line))["intent"]["name"] == "turn_off"
    (endpoint,) = yaml.safe_load("\n".join(block("Rasa", "yaml"))).values()
    # What Rasa asks of a remote NLU server: its `url`, the path of its own server, the token of its settings.
    asking = f'curl -s \'{endpoint["url"]}/model/parse?token=\' -d \'{{"text": "rain", "message_id": "m"}}\''
    assert json.loads(asked(asking))["intent"]["name"] == "weather"


def test_home_assistant(home: Path) -> None:
    (line,) = block("Home Assistant")
    with started(f"{line} --home {home / 'device'}".replace("0.0.0.0", "127.0.0.1"), home) as (_, wyoming):
        host, _, port = wyoming.removeprefix("tcp://").partition(":")

        async def say() -> Event | None:
            # As Home Assistant does: a connection a sentence, language and context beside the text.
            async with AsyncTcpClient(host, int(port)) as client:
                context = {"conversation_id": "c", "device_id": "d", "satellite_id": None}
                await client.write_event(Transcript("turn off the lamp", language="en", context=context).event())
                return await asyncio.wait_for(client.read_event(), 10)

        event = asyncio.run(say())
    assert event is not None
    assert (event.type, event.data["name"]) == ("intent", "turn_off")


def test_exact_templates_first(home: Path) -> None:
    pytest.importorskip("hassil")
    tell, line = block("Exact templates first")
    (home / "names.json").write_text("\n".join(block("Exact templates first", "json")))
    run(f"{tell} --home {home / 'device'}", home)
    with started(f"{line} --home {home / 'device'}", home) as (http, _):
        answers = [
            json.loads(run(f'curl -s {http}/parse -d \'{{"text": "{text}"}}\'', home))
            for text in ("turn on the reading light in the kitchen", "lamp on pleese")
        ]
    assert [(answer["by"], answer["intents"][0]["name"]) for answer in answers] == [
        ("templates", "HassTurnOn"),
        ("net", "turn_on"),
    ]
    slots = [slot for answer in answers for slot in answer["intents"][0]["slots"]]
    assert [slot.get("id") for slot in slots] == ["light.kitchen", "kitchen", "light.kitchen"]


@pytest.mark.skipif(MOSQUITTO is None or shutil.which("mosquitto_pub") is None, reason="Debian: mosquitto-clients")
def test_snips_and_rhasspy(home: Path, tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path)
    serve, listen, ask = (line.replace("1883", str(broker.port)) for line in block("Snips and Rhasspy"))
    try:
        with started(f"{serve} --home {home / 'device'}", home):
            heard = subprocess.Popen(["bash", "-c", f"exec {listen}"], stdout=subprocess.PIPE, text=True)
            for _ in range(100):  # who listens may not have subscribed yet
                run(ask, home)
                try:
                    said, _ = heard.communicate(timeout=0.3)
                    break
                except subprocess.TimeoutExpired:
                    continue
            assert json.loads(said)["intent"]["intentName"] == "turn_off"
            assert json.loads(said)["sessionId"] == "s1"
    finally:
        broker.kill()


def test_openvoiceos(home: Path) -> None:
    """What is in OVOS' hands, test_ovos.py runs there; here the lines themselves."""
    _, line = block("OpenVoiceOS")
    settings: Any = json.loads("\n".join(block("OpenVoiceOS", "json")))["intents"]
    folder = settings["trunkline-pipeline"]["home"]
    line = line.replace("product home", "product tiny").replace("/srv/repository", str(home / "repository"))
    assert json.loads(run(line.replace(folder, str(home / "ovos")), home))["did"] == "installed"
    assert "trunkline-pipeline-high" in settings["pipeline"]


def test_triton(home: Path) -> None:
    (line,) = block("Triton")
    assert "ensemble tiny" in run(line, home)
    assert (home / "models" / "tiny" / "config.pbtxt").exists()


def test_a_bundle_for_node_and_browsers_is_written(home: Path) -> None:
    """The other lines are run by tests/examples, where npm is."""
    for heading in ("Node", "Browser"):
        run(block(heading)[0], home)
    assert (home / "examples" / "browser" / "bundle" / "manifest.json").exists()


NAMED = ("tests/examples", "tests/tasks/tracking/test_model_served.py", "deploy/edge/tests/services/test_ovos.py")


@pytest.mark.parametrize("named", NAMED)
def test_every_test_that_the_page_names_is_there(named: str) -> None:
    assert named in PAGE
    assert (Path(__file__).parents[1] / named).exists()
