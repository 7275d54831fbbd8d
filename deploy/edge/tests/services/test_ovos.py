"""The pipeline plugin in OpenVoiceOS' own plugin manager and bus; its packages are installed for these tests alone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import venv
from pathlib import Path
from typing import Any

import numpy
import pytest

from deploy.edge.tests.services.conftest import Device
from deploy.edge.tests.tiny_bundle import Recipe

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).parents[2]
PACKAGES = ("ovos-plugin-manager>=2.2,<3", "ovos-bus-client>=1.5,<2")

# Runs where OVOS is. It finds the plugin by its entry point, lets skills come and go on a bus, and asks.
SCRIPT = """
import json, sys
from ovos_bus_client.message import Message
from ovos_plugin_manager.pipeline import OVOSPipelineFactory
from ovos_utils.fakebus import FakeBus

bus = FakeBus()
manifest = Message("intent.service.padatious.manifest", {"intents": ["early.me:weather.intent"]})
bus.on("intent.service.padatious.manifest.get", lambda message: bus.emit(manifest))
config = {"home": sys.argv[1], "intents": {"turn_off": "lights.me:off.intent"}, "conf_high": 0.97}
plugin = OVOSPipelineFactory.load_plugin("trunkline-pipeline", bus, config)

def ask(band, *utterances, lang="en-US"):
    match = getattr(plugin, f"match_{band}")(list(utterances), lang, Message("recognizer_loop:utterance"))
    return match and [match.match_type, match.skill_id, match.utterance, match.match_data]

answers = {"ids": OVOSPipelineFactory.get_installed_pipeline_matcher_ids()}
answers["no skill"] = ask("low", "turn on the lamp")
answers["loaded before"] = ask("medium", "rain tomorrow?")
bus.emit(Message("padatious:register_intent", {"name": "lights.me:turn_on.intent"}))
bus.emit(Message("register_intent", {"name": "lights.me:off.intent"}))
answers["by its name"] = ask("high", "turn on the lamp in the guest room")
answers["by the settings"] = ask("medium", "fan off")
answers["below the band"] = ask("high", "fan off")
answers["second best hearing"] = ask("medium", "", "turn on the lamp")
answers["other language"] = ask("low", "turn on the lamp", lang="de-DE")
answers["refused"] = ask("low", "a " * 600)
bus.emit(Message("padatious:register_intent", {"name": "other.me:turn_on.intent"}))
answers["two of a name"] = ask("low", "turn on the lamp")
bus.emit(Message("detach_skill", {"skill_id": "other.me"}))
answers["one again"] = ask("low", "turn on the lamp")
bus.emit(Message("detach_intent", {"intent_name": "lights.me:turn_on.intent"}))
answers["detached"] = ask("low", "turn on the lamp")
print(json.dumps(answers))
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment with OVOS' plugin manager and this package."""
    folder = tmp_path_factory.mktemp("ovos")
    venv.create(folder / "venv", with_pip=True)
    python = folder / "venv" / "bin" / "python"
    source = shutil.copytree(PROJECT, folder / "edge", ignore=shutil.ignore_patterns("tests", "*.egg-info", "build"))
    install = [python, "-m", "pip", "install", "--quiet"]
    if subprocess.run([*install, *PACKAGES], env=environment(), capture_output=True, check=False).returncode != 0:
        pytest.skip("pip cannot install OpenVoiceOS' packages here")
    subprocess.run([*install, "--no-deps", source], env=environment(), capture_output=True, check=True)
    # numpy and onnxruntime are these tests' own.
    (site,) = (folder / "venv" / "lib").glob("python*/site-packages")
    (site / "borrowed.pth").write_text(f"{Path(numpy.__file__).parents[1]}\n")
    return python


def environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}


def test_utterances_match_the_intents_of_loaded_skills(python: Path, own_device: Device) -> None:
    own_device.install(Recipe())
    done = subprocess.run(
        [python, "-c", SCRIPT, own_device.home], capture_output=True, text=True, env=environment(), check=False
    )
    assert done.returncode == 0, done.stderr
    answers: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert {f"trunkline-pipeline-{band}" for band in ("high", "medium", "low")} <= set(answers["ids"])
    assert answers["loaded before"][0] == "early.me:weather.intent"
    name, skill, utterance, data = answers["by its name"]
    assert (name, skill, utterance) == (
        "lights.me:turn_on.intent",
        "lights.me",
        "turn on the lamp in the guest room",
    )
    assert (data["device"], data["room"]) == ("lamp", "guest room")
    assert data["confidence"] > 0.97
    assert answers["by the settings"][0] == "lights.me:off.intent"
    assert answers["second best hearing"][2] == "turn on the lamp"
    assert answers["one again"][0] == "lights.me:turn_on.intent"
    for nothing in ("no skill", "below the band", "other language", "refused", "two of a name", "detached"):
        assert answers[nothing] is None, nothing
