from __future__ import annotations

import json
from pathlib import Path

import pytest

from flows.cli.import_data import import_rows
from flows.cli.out_file import opened_whole
from schemas.spec.product import DataSpec

RASA = """\
nlu:
- intent: order
  examples: |
    - a [latte](drink:milk coffee) please
    no dash
- regex: zip
  examples: |
    - a
- lookup: drink
  examples: |
    - tea
"""
DRINK = {"start": 2, "end": 7, "label": "drink", "value": "milk coffee"}
ROW = {"text": "a latte please", "labels": {"intent": "order", "slots": [DRINK]}}


@pytest.fixture
def nlu(tmp_path: Path) -> Path:
    path = tmp_path / "nlu.yml"
    path.write_text(RASA)
    return path


def test_rows_are_printed_and_what_was_left_out_is_told_beside_them(bare, nlu: Path) -> None:
    done = bare.run("import", "rasa", str(nlu))
    assert done.returncode == 0
    assert json.loads(done.stdout) == ROW
    assert "regex features (1), lookup tables (1)" in done.stderr
    assert "nlu.yml line 5: expected a dash" in done.stderr


def test_rows_go_to_a_file_and_the_record_of_it_is_json(bare, nlu: Path, tmp_path: Path) -> None:
    out = tmp_path / "rows.jsonl"
    done = bare.run("import", "rasa", str(nlu), "--out", str(out), "--rename", "intent=wish", "--json")
    told = json.loads(done.stdout)
    assert (told["rows"], told["unreadable"], told["out"]) == (1, 1, str(out))
    assert told["left_out"] == {"regex features": 1, "lookup tables": 1}
    assert told["faults"] == [
        {"file": str(nlu), "line": 5, "message": "expected a dash and an example as text, found 'no dash'"}
    ]
    assert json.loads(out.read_text())["labels"]["wish"] == "order"


def test_what_cannot_be_imported_is_the_callers_fault_and_leaves_no_file(bare, nlu: Path, tmp_path: Path) -> None:
    out = tmp_path / "rows.jsonl"
    for arguments, said in (
        (("raza", str(nlu)), "did you mean `rasa`?"),
        (("rasa", str(tmp_path / "nlu.yaml")), "no such file; did you mean"),
        (("massive", str(nlu)), "no utterance could be read as massive; the first: "),
        (("rasa", str(nlu), "--option", "wordings"), "expected NAME=VALUE"),
        (("rasa", str(nlu), "--option", "wordings=3"), "its options are none"),
    ):
        done = bare.run("import", *arguments, "--out", str(out))
        assert done.returncode == 2, arguments
        assert said in done.stderr
        assert "Traceback" not in done.stderr
        assert not out.exists() and not list(tmp_path.glob(".*.part"))


def test_an_imported_row_is_the_row_that_a_spec_would_read(nlu: Path, tmp_path: Path) -> None:
    out = tmp_path / "rows.jsonl"
    with opened_whole(out) as target:
        done = import_rows(DataSpec(path=nlu, format="rasa"), target, out)
    assert (done.rows, json.loads(out.read_text())) == (1, ROW)
