"""The examples repeat a bundle's golden answers without Python: in Node, and in Chromium as a page."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from deploy.edge.tests.browser import needs_browser, open_page
from deploy.edge.tests.tiny_bundle import TEXTS, Recipe
from deploy.serving.folder import write_folder
from tests.examples.conftest import NODE
from tests.integrations import block
from trunkline_edge.bundle.manifest import Manifest
from trunkline_edge.understanding.session import open_folder

pytestmark = pytest.mark.slow

GOLDEN = (*TEXTS, "Turn on the lämp 👍 please", "灯 ? 7pm", "nothing")
SEVERAL = "fan off and then turn on the lamp in the guest room"
TOLERANCE = 2e-3
"""Of probabilities: fp32 kernels of other builds."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of several commands, as `trunkline export folder` lays it out."""
    built, folder = tmp_path_factory.mktemp("built"), tmp_path_factory.mktemp("out") / "bundle"
    recipe = Recipe(golden_texts=GOLDEN, manifest={"splits_commands": True})
    write_folder(recipe.write(built), lambda entry: built / entry.name, folder)
    return folder


def check(folder: Path, found: list[dict[str, Any]]) -> None:
    """Compare answers with the golden ones of the bundle, and with all else that the runtime says."""
    runtime = open_folder(folder)
    golden = [json.loads(line) for line in (folder / "golden.jsonl").read_text().splitlines()]
    for answer, expected in zip(found[:-1], golden, strict=True):
        assert answer["text"] == expected["text"]
        assert expected["labels"]["intents"] == [
            {"name": i["name"], "slots": [[s["name"], s["start"], s["end"]] for s in i["slots"]]}
            for i in answer["intents"]
        ]
    assert [intent["name"] for intent in found[-1]["intents"]] == ["turn_off", "turn_on"]
    for answer in found:
        said = runtime.parse(answer["text"]).to_json()
        assert _rounded(answer) == pytest.approx(_rounded(said), abs=TOLERANCE)
        assert _labels(answer) == _labels(said)


def _rounded(value: Any) -> dict[str, float]:
    """Return the numbers of a result by their place in it."""
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        return {f"{key}.{at}": number for key, each in pairs for at, number in _rounded(each).items()}
    return {"": float(value)} if isinstance(value, int | float) and not isinstance(value, bool) else {}


def _labels(value: Any) -> Any:
    """Return a result with no probability in it."""
    if isinstance(value, dict):
        return {key: _labels(each) for key, each in value.items()}
    return [_labels(each) for each in value] if isinstance(value, list) else None if isinstance(value, float) else value


def test_node_repeats_the_golden_answers(examples: Path, folder: Path) -> None:
    assert NODE is not None
    command = [NODE, "parse.mjs", str(folder), *GOLDEN, SEVERAL]
    done = subprocess.run(command, cwd=examples / "node", capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    check(folder, [json.loads(line) for line in done.stdout.splitlines()])


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


def test_node_refuses_a_product_whose_words_are_mended(examples: Path, folder: Path, tmp_path: Path) -> None:
    assert NODE is not None
    copy = shutil.copytree(folder, tmp_path / "bundle")
    manifest = json.loads((copy / "manifest.json").read_text())
    manifest["featurizer"]["mends"] = 5
    (copy / "manifest.json").write_text(json.dumps(manifest))
    command = [NODE, "parse.mjs", str(copy), "lamp on"]
    done = subprocess.run(command, cwd=examples / "node", capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode != 0
    assert "knows a device's names, or mends words: this reader does neither" in done.stderr


def test_the_lines_of_the_page_run_in_node(examples: Path, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "examples").symlink_to(examples)
    (tmp_path / "bundle").symlink_to(folder)  # as the first line would write it
    _, *lines = block("Node")
    done = subprocess.run(
        ["bash", "-ec", "\n".join(lines)], cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["intents"][0]["name"] == "turn_off"


@pytest.fixture
def site(examples: Path, folder: Path, tmp_path: Path) -> Iterator[str]:
    """The browser example on the file server of the page's last line."""
    (tmp_path / "examples").symlink_to(examples)
    shutil.copytree(folder, examples / "browser" / "bundle", dirs_exist_ok=True)  # as the first line would write it
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    line = block("Browser")[-1].replace("8000", str(port))
    server = subprocess.Popen(["bash", "-c", f"exec {line}"], cwd=tmp_path, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=5).close()
                break
            except OSError:
                time.sleep(0.05)
        yield f"http://localhost:{port}/browser/"
    finally:
        server.terminate()
        server.wait(30)


@needs_browser
def test_chromium_repeats_the_golden_answers(site: str, folder: Path) -> None:
    said = [*GOLDEN, SEVERAL]
    with open_page() as page:
        page.goto(f"{site}#{quote(chr(10).join(said))}")
        page.wait_for_function(
            "lines => document.querySelector('pre').textContent.split('\\n').length > lines", arg=len(said)
        )
        shown = page.locator("pre").inner_text()
    check(folder, [json.loads(line) for line in shown.splitlines()])
