"""`trunkline explain`: the reasons behind an answer, as a person and as a program reads them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from tests.flows.cli.conftest import NAMES
from tests.snapshots import check, normalised


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
