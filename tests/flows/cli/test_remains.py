"""What a killed retrain leaves on a real server and in a real home, and how `doctor --fix` puts it right."""

from __future__ import annotations

import json
import os
import time
import urllib.request
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest

from flows.cli.prefect_server import prefect_note
from flows.cli.servers import noted
from tasks.processes import is_alive_here
from tasks.settings import Settings


def ask(url: str, what: str) -> list[dict]:
    request = urllib.request.Request(f"{url}/{what}/filter", data=b"{}", headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def checks(desk, *arguments: str) -> dict[str, tuple[str, str]]:
    told = json.loads(desk.run("doctor", "--json", *arguments).stdout)
    return {check["what"]: (check["state"], check["found"]) for check in told["checks"]}


def test_a_sound_home_has_nothing_left_behind(retrained) -> None:
    assert checks(retrained)["left behind"] == ("ok", "nothing")


@pytest.mark.slow
def test_doctor_lists_what_a_kill_left_and_puts_it_right(bare) -> None:
    bare = replace(bare, environment=bare.environment | {"TRUNKLINE_SERVER_IDLE_S": "900"})
    killed = bare.start("retrain", str(bare.spec), "--set", "train.epochs=4000", "--set", "train.patience=4000")
    while not list(bare.home.glob("cache/train/*/checkpoint*")):
        assert killed.poll() is None
        time.sleep(0.1)
    killed.kill()
    killed.wait()
    (bare.home / "cache" / f".finished.json.{killed.pid}.part").write_bytes(b"half")
    server = noted(prefect_note(Settings.from_environment(bare.environment)))
    assert server is not None and is_alive_here(server.process)
    assert any(run["state_type"] == "RUNNING" for run in ask(server.url, "task_runs")), "Prefect needs no help here"

    left = checks(bare)
    assert {"MLflow runs", "Prefect runs", "server", "half a file"} <= left.keys()
    assert all(state == "note" for state, found in left.values() if "doctor --fix" in found)
    assert is_alive_here(server.process), "looking changes nothing"

    mended = checks(bare, "--fix")
    assert mended["server"] == ("ok", f"Prefect at {server.url} runs for nobody: put right")
    assert not is_alive_here(server.process)
    assert not list(bare.home.rglob("*.part"))
    assert checks(bare, "--fix")["left behind"] == ("ok", "nothing")
    assert bare.run("down").stdout == "Prefect stopped\n"


@pytest.mark.slow
def test_task_runs_of_a_killed_command_are_closed_by_the_next(desk, server) -> None:
    killed = desk.start("retrain", str(desk.spec), "--set", "train.epochs=4000", "--set", "train.patience=4000")
    while not list(desk.home.glob("cache/train/*/checkpoint*")):
        assert killed.poll() is None
        time.sleep(0.1)
    killed.kill()
    killed.wait()

    def states(what: str) -> set[str]:
        runs = [run for run in ask(server.url, what) if any(f"/{killed.pid}/" in tag for tag in run["tags"])]
        return {run["state_type"] for run in runs}

    assert "RUNNING" in states("task_runs")
    done = desk.run("retrain", str(desk.spec))
    assert done.returncode == 0, done.stderr
    assert states("task_runs") | states("flow_runs") <= {"COMPLETED", "CRASHED"}


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["[5 0%20?*#", *(pytest.param(name, marks=pytest.mark.long) for name in ("a[b] *c", "two  words#1"))]
)
def test_a_home_may_have_any_name_and_be_moved_with_its_files(retrained, tmp_path: Path, name: str) -> None:
    desk = retrained.moved_to(tmp_path / name / "home")
    (retrained.home / "artifacts").rename(retrained.home / "not here")  # whatever looks there will not find it
    try:
        done = desk.run("retrain", str(desk.spec), "--set", "export.opset=18", "--json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["registered"]["version"] == 2
        back = desk.run("promote", "1", "--reason", "its files are found")
        assert back.returncode == 0, back.stderr
    finally:
        assert not (retrained.home / "artifacts").exists()
        (retrained.home / "not here").rename(retrained.home / "artifacts")
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_new_home_and_its_quarantine_are_for_their_owner_alone(bare) -> None:
    home = bare.home / "new"
    old = bare.home / "old"
    old.mkdir(mode=0o755)
    for each in (home, old):
        with patch.dict(os.environ):  # it sets variables for the rest of the process, which are other tests' too
            Settings.from_environment({"TRUNKLINE_HOME": str(each)}).apply()
        assert (each / "quarantine").stat().st_mode & 0o777 == 0o700
    assert home.stat().st_mode & 0o777 == 0o700
    assert old.stat().st_mode & 0o777 == 0o755, "who made it wider has meant it"
