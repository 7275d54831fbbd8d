"""From fifty rows to a device's answer in two commands, typed as docs/skills.md says."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.flows.conftest import ROOT, Desk
from trunkline_edge.update.progress import Progress, write_progress
from trunkline_edge.update.report import onnxruntime_release

DRINKS = ("cortado", "flat white", "latte", "espresso", "cappuccino", "ristretto")
ORDERS = ("make me a {}", "brew a {} please", "i would like a {}", "one {} to go")
OTHER = {
    "clean": (
        *("clean the coffee machine", "descale the coffee machine", "the milk frother needs cleaning"),
        *("rinse the brewing unit", "run the cleaning program of the espresso machine", "clean the grinder"),
        *("start descaling the machine", "please rinse the coffee machine now", "clean the frother"),
        *("descale it please", "wash the drip tray of the coffee machine", "rinse the grinder please"),
        "start the cleaning cycle",
    ),
    "level": (
        *("are there enough beans", "how many beans are left", "is the water tank full"),
        *("do we need more coffee beans", "is there milk for the coffee", "how full is the bean container"),
        *("check the beans", "check the water tank of the coffee machine", "is the drip tray full"),
        *("how much coffee is left", "are we out of beans", "is there any espresso left", "how many capsules are left"),
    ),
}
SAID = "make me a cortado please"


def coffee_rows(file: Path) -> Path:
    rows = [(order.format(drink), "brew") for drink in DRINKS for order in ORDERS]
    rows += [(text, intent) for intent, texts in OTHER.items() for text in texts]
    assert len(rows) == 50
    with file.open("w", newline="") as out:
        csv.writer(out).writerows([("text", "intent"), *rows])
    return file


@pytest.fixture(scope="module")
def desk(retrained: Desk, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A home of its own, so that no other test meets its skills."""
    return retrained.moved_to(tmp_path_factory.mktemp("skills") / "home")


def edge(desk: Desk, device: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "trunkline_edge", *arguments, "--home", str(device)]
    return subprocess.run(command, env=desk.environment, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_a_skill_made_from_fifty_rows_answers_on_a_device_two_commands_later(desk: Desk, tmp_path: Path) -> None:
    device, rows = tmp_path / "device", coffee_rows(tmp_path / "coffee.csv")
    followed = edge(desk, device, "update", "--repository", str(desk.home / "repository"), "--product", "tiny")
    assert followed.returncode == 0, followed.stderr
    said = [line["text"] for line in map(json.loads, (ROOT / "tests/tasks/tiny.jsonl").read_text().splitlines()[:20])]
    before = edge(desk, device, "parse", SAID, *said).stdout.splitlines()
    assert not any('"skill"' in line for line in before)

    packed = tmp_path / "coffee.tls"
    trained = desk.run("skill", "train", str(rows), "--on", "tiny", "--out", str(packed))
    assert trained.returncode == 0, trained.stderr
    added = edge(desk, device, "skill", "add", str(packed))
    assert added.returncode == 0, added.stderr

    after = edge(desk, device, "parse", SAID, *said).stdout.splitlines()
    answer = json.loads(after[0])
    assert (answer["skill"], answer["intents"][0]["name"]) == ("coffee", "brew")
    assert packed.stat().st_size < 60_000
    kept = [old == new for old, new in zip(before[1:], after[1:], strict=True) if '"skill"' not in new]
    assert all(kept) and len(kept) >= 19  # the base's rows are the base's, to the byte
    assert edge(desk, device, "skill", "remove", "coffee").returncode == 0
    assert edge(desk, device, "parse", SAID, *said).stdout.splitlines() == before


@pytest.mark.slow
def test_what_was_trained_is_in_the_registry_and_is_not_trained_again(desk: Desk, tmp_path: Path) -> None:
    rows = coffee_rows(tmp_path / "coffee.csv")
    again = desk.run("skill", "train", str(rows), "--on", "tiny", "--out", str(tmp_path / "again.tls"))
    assert again.returncode == 0, again.stderr
    for step in ("reading trunk states", "training the heads", "building the skill"):
        assert re.search(rf"{step} +skipped", again.stdout), again.stdout
    assert "coffee version 1 on tiny" in again.stdout
    packed = desk.run("skill", "pack", "coffee", str(tmp_path / "coffee.tls"), "--on", "tiny")
    assert packed.returncode == 0, packed.stderr
    assert (tmp_path / "coffee.tls").read_bytes() == (tmp_path / "again.tls").read_bytes()


@pytest.mark.slow
def test_at_the_desk_a_skill_answers_from_add_to_remove(desk: Desk) -> None:
    assert '"skill"' not in desk.run("parse", SAID).stdout
    added = desk.run("skill", "add", "coffee")
    assert added.returncode == 0, added.stderr
    assert json.loads(desk.run("parse", SAID).stdout)["skill"] == "coffee"
    explained = desk.run("explain", SAID).stdout
    assert "answered by skill coffee" in explained and "nearest train rows" in explained
    listed = desk.run("skill", "list").stdout
    assert re.search(r"coffee.*1.*added.*yes", listed), listed
    assert desk.run("skill", "remove", "coffee").returncode == 0
    assert '"skill"' not in desk.run("parse", SAID).stdout
    unknown = desk.run("skill", "add", "tea")
    assert unknown.returncode == 2 and "tiny has no skill 'tea'; there are: coffee" in unknown.stderr


@pytest.mark.long  # a device keeps the precision that it finds quicker: under load 8 it once was the other
def test_a_skill_for_both_precisions_reaches_devices_by_its_authors_signature(desk: Desk, tmp_path: Path) -> None:
    rows, device = coffee_rows(tmp_path / "coffee.csv"), tmp_path / "device"
    assert desk.run("skill", "train", str(rows), "--on", "tiny", "--out", str(tmp_path / "int8.tls")).returncode == 0
    for command in (("init",), ("publish", "--product", "tiny"), ("promote", "stable", "--product", "tiny")):
        assert desk.run("release", *command).returncode == 0
    nobody = desk.run("skill", "publish", "coffee", "--author", "acme", "--on", "tiny")
    assert nobody.returncode == 2 and "trunkline release author add acme" in nobody.stderr
    assert desk.run("release", "author", "add", "acme").returncode == 0
    published = desk.run("skill", "publish", "coffee", "--author", "acme", "--on", "tiny")
    assert published.returncode == 0, published.stderr
    assert published.stdout.count("published: skills/acme/coffee.") == 1
    assert "not published: coffee was not trained on the trunk of tiny version 1 in fp32" in published.stdout
    with served(desk.home / "published") as url:
        follows = ("update", "--url", url, "--root", str(desk.home / "published" / "metadata" / "1.root.json"),
                   "--product", "tiny", "--channel", "stable", "--skill", "acme/coffee")  # fmt: skip
        took = edge(desk, device, *follows)
        assert took.returncode == 0, took.stdout + took.stderr
        assert json.loads(edge(desk, device, "parse", SAID).stdout)["skill"] == "coffee"

        packed = tmp_path / "fp32.tls"
        trained = desk.run("skill", "train", str(rows), "--on", "tiny", "--precision", "fp32", "--out", str(packed))
        assert trained.returncode == 0, trained.stderr
        refused = edge(desk, device, "skill", "add", str(packed))  # which runs int8
        assert refused.returncode == 2 and "--precision int8" in refused.stderr, refused.stderr
        published = desk.run("skill", "publish", "coffee", "--author", "acme", "--on", "tiny")
        assert "not published" not in published.stdout and published.stdout.count("published: ") == 1
        other = tmp_path / "other"
        prefers_fp32(other)
        took = edge(desk, other, *follows)
        assert took.returncode == 0, took.stdout + took.stderr
        assert b'"precision":"int8"' not in active(other)
        assert json.loads(edge(desk, other, "parse", SAID).stdout)["skill"] == "coffee"
    assert desk.run("skill", "add", "coffee", "--on", "tiny").returncode == 0, "the one on the champion's own trunk"
    assert desk.run("skill", "remove", "coffee", "--on", "tiny").returncode == 0


def prefers_fp32(device: Path) -> None:
    """Let a device remember that with this onnxruntime it does better with the other precision."""
    device.mkdir()
    write_progress(device, Progress(prefers_other={onnxruntime_release() or "": True}))


def active(device: Path) -> bytes:
    bundle_id = json.loads((device / "state.json").read_bytes())["active"]
    return (device / "bundles" / f"{bundle_id}.json").read_bytes()


@contextmanager
def served(folder: Path) -> Iterator[str]:
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
