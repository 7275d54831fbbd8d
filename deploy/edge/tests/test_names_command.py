from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from deploy.edge.tests.tiny_bundle import Recipe
from trunkline_edge.bundle.store import add_bundle
from trunkline_edge.understanding.names_file import NAMES_FILE

HOME = {"entity": [{"id": "vacuum.clipy", "names": ["Clipy"]}], "area": [{"id": "den", "names": ["Den"]}]}


def edge(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "trunkline_edge", *arguments], capture_output=True, text=True, check=False
    )


def test_a_device_knows_what_it_was_told_until_it_is_cleared(tmp_path: Path) -> None:
    built, home, file = tmp_path / "built", tmp_path / "home", tmp_path / "mine.json"
    manifest = Recipe(reads_names=True).write(built)
    add_bundle(home, manifest, lambda each: built / each.name)
    (home / "state.json").write_text(json.dumps({"active": manifest.bundle_id}))
    file.write_text(json.dumps(HOME))

    def slots() -> list[tuple[str, str | None]]:
        answer = json.loads(edge("parse", "--home", str(home), "turn clippy on").stdout)
        return [(slot["value"], slot["id"]) for slot in answer["intents"][0]["slots"]]

    assert slots() == []
    told = edge("names", "set", str(file), "--home", str(home))
    assert (told.returncode, told.stdout) == (0, "2 names known\n"), told.stderr
    assert (home / NAMES_FILE).stat().st_mode & 0o777 == 0o600
    assert slots() == [("Clipy", "vacuum.clipy")]
    assert json.loads(edge("names", "show", "--home", str(home)).stdout) == HOME
    assert edge("names", "clear", "--home", str(home)).returncode == 0
    assert slots() == []


def test_a_file_that_is_none_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    file.write_text('{"area": [{"id": "den"}]}')
    refused = edge("names", "set", str(file), "--home", str(tmp_path))
    assert refused.returncode == 2
    assert f"{file}: names: area[0].names: expected a list of one text or more" in refused.stderr
    assert not (tmp_path / NAMES_FILE).exists()
    assert edge("names", "set", "--home", str(tmp_path)).returncode == 2
    assert edge("names", "set", str(tmp_path / "missing.json"), "--home", str(tmp_path)).returncode == 2
