from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from flows.cli.show import ROWS, look_at
from schemas.data.infer_spec import infer_spec
from schemas.spec.product import DataSpec


@pytest.fixture
def coffee(tmp_path: Path) -> Path:
    path = tmp_path / "coffee.csv"
    lines = [f"a [latte](drink) {'x ' * (number % 3)}{number},order,train" for number in range(40)]
    path.write_text("text,intent,split\n" + "\n".join([*lines, "stop \x1b[2Jit [now](when),cancel,", "broken"]) + "\n")
    return path


def test_a_set_is_counted_and_ten_rows_are_shown_with_their_spans(bare, coffee: Path) -> None:
    done = bare.run("show", str(coffee))
    assert done.returncode == 0, done.stderr
    assert f"{coffee}: 41 rows (split: none 1, train 40)" in done.stdout
    assert f"rows that cannot be read: 1; `trunkline validate {coffee}` says why" in done.stdout
    assert "characters: least 9, median 12" in done.stdout
    assert done.stdout.count("[latte](drink)") >= ROWS - 1
    assert "\x1b" not in done.stdout


def test_spans_are_coloured_where_there_are_colours(bare, coffee: Path) -> None:
    coloured = replace(bare, environment={**bare.environment, "FORCE_COLOR": "1", "TERM": "xterm-256color"})
    done = coloured.run("show", str(coffee))
    assert "\x1b[36mlatte\x1b[0m" in done.stdout
    assert "\x1b[2J" not in done.stdout


def test_the_same_as_json(bare, coffee: Path) -> None:
    told = json.loads(bare.run("show", str(coffee), "--json").stdout)
    assert (told["rows"], told["unreadable"], told["splits"]) == (41, 1, {"train": 40, "none": 1})
    assert told["heads"] == {"intent": "class", "slots": "tag"}
    assert told["labels"]["slots"] == {"drink": 40, "when": 1}
    assert told["lengths"]["words"] == {"least": 3, "median": 4, "p95": 5, "most": 5}
    assert len(told["examples"]) == ROWS


def test_examples_come_from_the_whole_set_and_are_always_the_same(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps({"text": f"say {n}", "intent": str(n % 3)}) + "\n" for n in range(2_000)))
    first, again = (look_at(infer_spec(path), DataSpec(path=path)) for _ in range(2))
    assert first.examples == again.examples
    assert max(row["line"] for row in first.examples) > 1_000
    assert first.labels["intent"].total() == 2_000


def test_a_file_that_cannot_be_shown_is_the_callers_fault(bare, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("Utterance,intent\non,a\n")
    done = bare.run("show", str(path))
    assert done.returncode == 2
    assert "`Utterance` looks like our `text`" in done.stderr
