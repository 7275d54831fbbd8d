"""The examples repeat a bundle's golden answers without Python: in Node, and in Chromium as a page."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deploy.edge.tests.browser import needs_browser, open_page
from deploy.edge.tests.tiny_bundle import FEATURIZER, TEXTS, VOCABULARY, Recipe
from deploy.serving.folder import write_folder
from tests.examples.agreement import check_golden, differences
from tests.examples.conftest import NODE
from tests.examples.in_browser import ask_page, site
from tests.integrations import block
from trunkline_edge.bundle.manifest import Manifest
from trunkline_edge.understanding.names import Entry, Names
from trunkline_edge.understanding.names_file import NO_NAMES
from trunkline_edge.understanding.session import Runtime, open_folder
from trunkline_edge.understanding.values.reader import Rule, rules_to_bytes

pytestmark = pytest.mark.slow

GOLDEN = (*TEXTS, "Turn on the lämp 👍 please", "灯 ? 7pm", "nothing")
VALUES = {"device": Rule("list", "device", words={"the lamp": "lamp", "fan": "fan"}), "room": Rule("text", "place")}
NAMES = Names({"area": (Entry("den", ("Guest Room",)),), "entity": (Entry("light.one", ("Lamp", "Glow"), "den"),)})
ODD = ("um, turn on the lmap in the guset room", "glow on", "lamp and fan off", "fna off um please")
SEVERAL = "fan off and then turn on the lamp in the guest room"
SAID = (*GOLDEN, *ODD, SEVERAL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle that knows names, values and several commands, as `trunkline export folder` lays it out."""
    built, folder = tmp_path_factory.mktemp("built"), tmp_path_factory.mktemp("out") / "bundle"
    changes = {"splits_commands": True, "featurizer": replace(FEATURIZER, mends=len(VOCABULARY), skips=("um",))}
    recipe = Recipe(golden_texts=GOLDEN, reads_names=True, values=rules_to_bytes(VALUES, []), manifest=changes)
    write_folder(recipe.write(built), lambda entry: built / entry.name, folder)
    return folder


@pytest.fixture(scope="module")
def in_pieces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle whose words are read in pieces."""
    folder = tmp_path_factory.mktemp("pieces")
    Recipe(manifest={"featurizer": replace(FEATURIZER, kind="pieces", mends=0)}).write(folder)
    return folder


def check_answers(runtime: Runtime, found: list[dict[str, Any]]) -> None:
    """Compare answers to `SAID` with all that the runtime says."""
    for said, answer in zip(SAID, found, strict=True):
        assert not list(differences(answer, runtime.parse(said).to_json()))


def check(folder: Path, found: list[dict[str, Any]], names: Names = NO_NAMES) -> None:
    """Compare answers to `SAID` with all that the runtime says; without names also with the bundle's golden ones."""
    runtime = open_folder(folder)
    runtime.know(names)
    assert [answer["text"] for answer in found] == list(SAID)
    if names is NO_NAMES:
        golden = [json.loads(line) for line in (folder / "golden.jsonl").read_text().splitlines()]
        check_golden(found[: len(GOLDEN)], golden)
    assert [intent["name"] for intent in found[-1]["intents"]] == ["turn_off", "turn_on"]
    check_answers(runtime, found)


@pytest.mark.parametrize("names", [NO_NAMES, NAMES], ids=["no names", "names"])
def test_node_repeats_the_golden_answers(examples: Path, folder: Path, tmp_path: Path, names: Names) -> None:
    assert NODE is not None
    (tmp_path / "names.json").write_bytes(names.to_bytes())
    command = [NODE, "parse.mjs", str(folder), "--names", str(tmp_path / "names.json"), *SAID]
    done = subprocess.run(command, cwd=examples / "node", capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    check(folder, [json.loads(line) for line in done.stdout.splitlines()], names)


def test_node_refuses_a_file_that_is_not_the_manifests(examples: Path, folder: Path, tmp_path: Path) -> None:
    assert NODE is not None
    copy = shutil.copytree(folder, tmp_path / "bundle")
    manifest = Manifest.from_bytes((copy / "manifest.json").read_bytes())
    file = copy / manifest.files[0].name
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    command = [NODE, "parse.mjs", str(copy), "lamp on"]
    done = subprocess.run(command, cwd=examples / "node", capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode != 0
    assert f"{manifest.files[0].name}: sha256" in done.stderr


def test_node_answers_from_a_bundle_whose_words_are_read_in_pieces(examples: Path, in_pieces: Path) -> None:
    assert NODE is not None
    command = [NODE, "parse.mjs", str(in_pieces), *SAID]
    done = subprocess.run(command, cwd=examples / "node", capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    check_answers(open_folder(in_pieces), [json.loads(line) for line in done.stdout.splitlines()])


def test_node_refuses_a_bundle_whose_words_are_read_in_another_way(
    examples: Path, folder: Path, tmp_path: Path
) -> None:
    assert NODE is not None
    copy = shutil.copytree(folder, tmp_path / "bundle")
    manifest = json.loads((copy / "manifest.json").read_text())
    manifest["featurizer"]["kind"] = "bytes"
    (copy / "manifest.json").write_text(json.dumps(manifest))
    command = [NODE, "parse.mjs", str(copy), "lamp on"]
    done = subprocess.run(command, cwd=examples / "node", capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode != 0
    assert "featurizer bytes 1: this reader knows bundles of schema 2, featurizer words 1 or pieces 1" in done.stderr


def test_the_lines_of_the_page_run_in_node(examples: Path, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "examples").symlink_to(examples)
    (tmp_path / "bundle").symlink_to(folder)  # as the first line would write it
    _, *lines = block("Node")
    done = subprocess.run(
        ["bash", "-ec", "\n".join(lines)], cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["intents"][0]["name"] == "turn_off"


@needs_browser
@pytest.mark.parametrize("names", [NO_NAMES, NAMES], ids=["no names", "names"])
def test_chromium_repeats_the_golden_answers(examples: Path, folder: Path, tmp_path: Path, names: Names) -> None:
    with site(examples, folder, tmp_path) as address, open_page() as page:
        check(folder, ask_page(page, address, SAID, names), names)


@needs_browser
def test_chromium_answers_from_a_bundle_whose_words_are_read_in_pieces(
    examples: Path, in_pieces: Path, tmp_path: Path
) -> None:
    with site(examples, in_pieces, tmp_path) as address, open_page() as page:
        check_answers(open_folder(in_pieces), ask_page(page, address, SAID))
