from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

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


@pytest.mark.parametrize(
    "arguments",
    [
        ("set", "FILE", "--home", "HOME"),
        ("set", "--home", "HOME", "FILE"),
        ("--home", "HOME", "set", "FILE"),
        ("--home", "elsewhere", "set", "--home", "HOME", "FILE"),
    ],
    ids=" ".join,
)
def test_options_may_stand_anywhere(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    file, home = tmp_path / "mine.json", tmp_path / "home"
    file.write_text(json.dumps(HOME))
    given = {"FILE": str(file), "HOME": str(home)}
    told = edge("names", *(given.get(argument, argument) for argument in arguments))
    assert (told.returncode, told.stdout) == (0, "2 names known\n"), told.stderr
    assert (home / NAMES_FILE).exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("sync", "--token-file", "T", "here"),
        ("sync", "here", "--token-file", "T"),
        ("--token-file", "T", "sync", "here"),
    ],
    ids=" ".join,
)
def test_a_token_file_may_stand_anywhere(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    told = edge("names", *arguments, "--home", str(tmp_path))
    assert told.returncode == 2
    assert "token file T: No such file or directory" in told.stderr


@pytest.mark.parametrize(
    "text",
    [
        '{"\\ud800": [{"id": "den", "names": ["Den"]}]}',
        '{"area": [{"id": "\\ud800", "names": ["Den"]}]}',
        '{"area": [{"id": "den", "names": ["Den \\ud800"]}]}',
        '{"area": [{"id": "den", "names": ["Den"], "in": "\\ud800"}]}',
    ],
    ids=["list", "id", "name", "in"],
)
def test_half_a_character_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "mine.json"
    file.write_text(text)
    refused = edge("names", "set", str(file), "--home", str(tmp_path))
    assert refused.returncode == 2
    assert refused.stderr.startswith(f"trunkline-edge: {file}: names: half a character at the end of ")
    assert refused.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('{"area": [{"id": "den", "names": ["Den"]}], "area": [{"id": "hall", "names": ["Hall"]}]}', "area"),
        ('{"area": [{"id": "den", "names": ["Den"], "names": ["Hall"]}]}', "names"),
    ],
)
def test_a_list_that_is_there_twice_is_refused_and_not_dropped(tmp_path: Path, text: str, key: str) -> None:
    file = tmp_path / "mine.json"
    file.write_text(text)
    refused = edge("names", "set", str(file), "--home", str(tmp_path))
    assert refused.returncode == 2
    assert f"{file}: names: '{key}' is there twice" in refused.stderr


def test_a_place_that_is_not_in_the_file_is_told(tmp_path: Path) -> None:
    home, file = tmp_path / "home", tmp_path / "mine.json"
    entities = [{"id": f"light.{place}", "names": ["Lamp"], "in": place} for place in ("den", "dne", "hall")]
    file.write_text(json.dumps({"area": HOME["area"], "entity": entities}))
    told = edge("names", "set", str(file), "--home", str(home))
    assert (told.returncode, told.stdout) == (0, "4 names known\n")
    assert "`in` names dne, hall, the id of nothing here: what stands there is not found where it stands" in told.stderr


@pytest.mark.parametrize(("reads_names", "lists"), [(True, "area, entity"), (False, "none")])
def test_lists_that_no_answer_uses_are_told(tmp_path: Path, reads_names: bool, lists: str) -> None:
    built, home, file = tmp_path / "built", tmp_path / "home", tmp_path / "mine.json"
    manifest = Recipe(reads_names=reads_names).write(built)
    add_bundle(home, manifest, lambda each: built / each.name)
    (home / "state.json").write_text(json.dumps({"active": manifest.bundle_id}))
    file.write_text(json.dumps({"rooms": HOME["area"], "shelves": []}))
    told = edge("names", "set", str(file), "--home", str(home))
    assert (told.returncode, told.stdout) == (0, "1 names known\n")
    assert told.stderr == f"trunkline-edge: no answer uses rooms; lists of the active bundle: {lists}\n"
