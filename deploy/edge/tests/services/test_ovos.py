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
from deploy.edge.tests.tiny_skill import SkillRecipe
from trunkline_edge.understanding.values.reader import Unspoken, rules_to_bytes

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

# Asks the same before and after each change of the home, which is another process's.
CHANGES = """
import json, pathlib, subprocess, sys
from ovos_bus_client.message import Message
from ovos_plugin_manager.pipeline import OVOSPipelineFactory
from ovos_utils.fakebus import FakeBus

home, skill, names = sys.argv[1:]
bus = FakeBus()
config = {"home": home, "intents": {"manners:refuse": "polite.me:no.intent"}}
plugin = OVOSPipelineFactory.load_plugin("trunkline-pipeline", bus, config)
for name in ("lights.me:turn_on.intent", "lights.me:turn_off.intent", "polite.me:thank.intent", "polite.me:no.intent"):
    bus.emit(Message("padatious:register_intent", {"name": name}))

def told(*arguments):
    command = [sys.executable, "-m", "trunkline_edge", *arguments, "--home", home]
    subprocess.run(command, check=True, capture_output=True)

def broken():
    path = pathlib.Path(home, "names.json.new")
    path.write_text("{")
    path.rename(pathlib.Path(home, "names.json"))

answers = []
for change in (
    lambda: None,
    lambda: told("skill", "add", skill),
    lambda: told("names", "set", names),
    broken,
    lambda: told("names", "clear"),
    lambda: told("skill", "remove", "manners"),
):
    change()
    row = []
    for text in ("please turn on the lamp", "fan off please", "turn clippy on"):
        match = plugin.match_low([text], "en-US", Message("recognizer_loop:utterance"))
        data, ids = match.match_data, [slot.get("id") for slot in match.match_data["slots"]]
        row.append([match.match_type, data.get("skill"), data.get("domain"), ids])
    answers.append(row)
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


def run(python: Path, script: str, *arguments: Path) -> Any:
    done = subprocess.run(
        [python, "-c", script, *arguments], capture_output=True, text=True, env=environment(), check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_utterances_match_the_intents_of_loaded_skills(python: Path, own_device: Device) -> None:
    own_device.install(Recipe())
    answers: dict[str, Any] = run(python, SCRIPT, own_device.home)
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


def test_the_homes_skills_and_names_answer_from_the_next_utterance_on_with_what_no_word_says(
    python: Path, own_device: Device, tmp_path: Path
) -> None:
    values = rules_to_bytes({}, [Unspoken("turn_on", "home", ("device",), {"domain": "light"})])
    recipe = Recipe(reads_names=True, values=values)
    own_device.install(recipe)
    recipe.write(tmp_path / "bundle")
    skill, names = tmp_path / "manners.tls", tmp_path / "names.json"
    SkillRecipe().pack(tmp_path / "bundle", skill)
    names.write_text('{"entity": [{"id": "vacuum.clipy", "names": ["Clipy"]}]}')
    on, off = ["lights.me:turn_on.intent", None], ["lights.me:turn_off.intent", None]
    thank, refuse = ["polite.me:thank.intent", "manners"], ["polite.me:no.intent", "manners"]
    alone, skilled, named, broken, forgotten, alone_again = run(python, CHANGES, own_device.home, skill, names)
    assert alone == alone_again == [[*on, "light", [None]], [*off, None, [None]], [*on, None, []]]
    assert skilled == forgotten == [[*thank, None, []], [*refuse, None, []], [*on, None, []]]
    assert named == broken == [[*thank, None, []], [*refuse, None, []], [*on, "light", ["vacuum.clipy"]]]
