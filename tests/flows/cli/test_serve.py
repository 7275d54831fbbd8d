"""`trunkline serve`, as people run it, over a repository with a champion."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from deploy.edge.tests.tiny_bundle import Recipe
from tests.flows.conftest import COMMAND, ROOT, environment_for
from tests.service import running
from trunkline_edge.bundle.manifest import Manifest
from trunkline_edge.bundle.store import add_bundle, write_pointer
from trunkline_edge.understanding.names import Entry, Names


def promote(home: Path, recipe: Recipe) -> Manifest:
    """Make a bundle the champion of `tiny`."""
    built = home / f"built-{recipe.version}"
    manifest = recipe.write(built)
    add_bundle(home / "repository", manifest, lambda each: built / each.name)
    pointer = {"bundle_id": manifest.bundle_id, "version": manifest.provenance.version}
    write_pointer(home / "repository", "tiny", "local", pointer)
    return manifest


def answer(address: str, text: str) -> Any:
    with urlopen(Request(f"{address}/parse", json.dumps({"text": text}).encode()), timeout=10) as said:
        return json.loads(said.read())


def wait_for(address: str, bundle_id: str) -> None:
    for _ in range(200):
        try:
            if answer(address, "lamp on")["bundle_id"] == bundle_id:
                return
        except OSError:  # not loaded yet
            pass
        time.sleep(0.05)
    raise AssertionError(f"{bundle_id} does not answer")


def test_the_champion_answers_and_a_promotion_takes_over(tmp_path: Path) -> None:
    first = promote(tmp_path, Recipe(reads_names=True))
    names = tmp_path / "names.json"
    names.write_bytes(Names({"entity": (Entry("vacuum.clipy", ("Clipy",)),)}).to_bytes())
    command = [*COMMAND, "serve", "--http-port", "0", "--wyoming-port", "0", "--names", str(names)]
    with running(command, ROOT, environment_for(tmp_path)) as service:
        assert service.stdout is not None
        assert service.stdout.readline() == "tiny, champion of channel local\n"
        address = service.stdout.readline().split()[1]
        wait_for(address, first.bundle_id)
        wait_for(address, promote(tmp_path, Recipe(version=2, scale=1.1, reads_names=True)).bundle_id)
        assert answer(address, "turn clipy on")["intents"][0]["slots"][0]["id"] == "vacuum.clipy"
        service.send_signal(signal.SIGTERM)
        assert service.wait(30) == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "nothing has been promoted yet"),
        (["--log-level", "loud"], "--log-level 'loud'"),
        (["--names", "/nowhere.json"], "/nowhere.json"),
    ],
)
def test_what_cannot_be_served_is_one_paragraph_and_exit_2(tmp_path: Path, options: list[str], message: str) -> None:
    done = subprocess.run(
        [*COMMAND, "serve", *options],
        cwd=ROOT,
        env=environment_for(tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert message in done.stderr
