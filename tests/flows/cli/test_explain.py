"""`trunkline explain`: the reasons behind an answer, as a person and as a program reads them."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from deploy.edge.tests.tiny_bundle import HEADS, Recipe
from deploy.evaluation.explain import explain
from flows.cli.explain import print_explanation
from schemas.data.nearest import Near
from tests.flows.cli.conftest import NAMES
from tests.snapshots import check, normalised
from trunkline_edge.understanding.session import open_folder


def test_an_explanation_as_a_person_sees_it(bare, tiny_home: Path) -> None:
    names = bare.home / "names.json"
    names.write_bytes(NAMES)
    desk = replace(bare, environment=bare.environment | {"TRUNKLINE_HOME": str(tiny_home)})
    done = desk.run("explain", "--names", str(names), "turn clippy in the guest room on [please]")
    assert done.returncode == 0, done.stderr
    check("explain", normalised(done.stdout))


def test_the_nearest_rows_are_those_it_learned_from(retrained) -> None:
    text = "turn off the lamp in the kitchen"  # of train
    done = retrained.run("explain", text, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["answer"]["text"] == text
    assert [word["tag"][:1] for word in told["tags"]["slots"]][:3] == ["O", "O", "O"]
    near = told["near"]
    assert (near[0]["text"], near[0]["share"], near[0]["labels"]["intent"]) == (text, 1.0, "off")
    assert [row["share"] for row in near] == sorted((row["share"] for row in near), reverse=True)
    table = retrained.run("explain", text).stdout
    assert "nearest train rows" in table and "[lamp](thing)" in table
    assert "tiny version 1, net" in retrained.run("explain", text, "--version", "1").stdout


def test_train_rows_are_shown_with_the_spans_of_every_tag_head(tmp_path: Path) -> None:
    Recipe(heads=tuple(replace(head, name="things") if head.kind == "tag" else head for head in HEADS)).write(tmp_path)
    runtime, console = open_folder(tmp_path), Console(file=io.StringIO(), width=200)
    spans = [{"start": 0, "end": 8, "label": "device"}, {"start": 5, "end": 8, "label": "device"}]
    row = Near("desk fan on", {"intent": "turn_on", "things": spans}, 0.5)
    print_explanation(console, explain(runtime, "fan on"), [row], runtime)
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "desk [fan](device) on" in shown, "of two that overlap, mark-up has room for one"
