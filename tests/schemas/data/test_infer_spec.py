from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from schemas.data.infer_spec import infer_spec, look
from schemas.data.sources.records import DataRefused
from schemas.data.write_spec import spec_text
from schemas.spec.bounded_yaml import parse_yaml
from schemas.spec.load import parse_spec
from schemas.spec.product import DataSpec


def write(path: Path, *labels: object) -> Path:
    path.write_bytes(b"".join(orjson.dumps({"text": "turn it on", "labels": label}) + b"\n" for label in labels))
    return path


def test_each_kind_is_told_by_its_labels(tmp_path: Path) -> None:
    span = {"start": 0, "end": 4, "label": "verb"}
    first = {"intent": None, "slots": [], "topics": ["home"], "urgency": 0.5}
    spec = infer_spec(write(tmp_path / "My rows 2.jsonl", first, {"intent": "on", "slots": [span]}))
    kinds = {name: head.kind for name, head in spec.heads.items()}
    assert kinds == {"slots": "tag", "topics": "multilabel", "urgency": "score", "intent": "class"}
    assert spec.name == "my-rows-2"


def test_spans_that_cannot_be_read_are_no_class(tmp_path: Path) -> None:
    span = [{"start": 0, "end": 4, "label": "verb"}]
    rows = [{"slots": "[{'start': 0"}, {"slots": "O B-verb O"}, {"slots": span}, {"slots": "[{'end': 1"}]
    assert infer_spec(write(tmp_path / "rows.jsonl", *rows)).heads["slots"].kind == "tag"


def test_cells_that_are_measures_are_scores_and_few_numbers_are_classes(tmp_path: Path) -> None:
    rows = [{"urgency": f"0.{n}", "floor": str(n % 3)} for n in range(40)]
    kinds = {name: head.kind for name, head in infer_spec(write(tmp_path / "rows.jsonl", *rows)).heads.items()}
    assert kinds == {"urgency": "score", "floor": "class"}


def test_a_name_that_no_head_can_have_is_renamed_and_the_written_spec_says_the_same(tmp_path: Path) -> None:
    hostile = "Intent: #1 [a]"
    path = write(
        tmp_path / "it's #1: [a].jsonl",
        {hostile: "on\n- x", "values": "a"},
        {hostile: "off", "values": "b", "\x1b[31m": "c"},
    )
    spec = infer_spec(path)
    assert spec.data[0].rename == {hostile: "intent_1_a", "values": "values_head"}
    text = spec_text(look(DataSpec(path=path)), DataSpec(path=path))
    assert parse_spec(parse_yaml(text, "text").value) == spec
    assert "\x1b" not in text and "left out: \\u001b[31m (no head can have this name)" in text


def test_a_file_whose_name_is_no_product_name_gets_one(tmp_path: Path) -> None:
    assert infer_spec(write(tmp_path / "2026.jsonl", {"intent": "on"})).name == "set-2026"


def test_broken_lines_do_not_hide_the_labels_of_others(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.jsonl", {"intent": "on"}, "no struct")
    path.write_bytes(b"{broken\n" + path.read_bytes())
    assert list(infer_spec(path).heads) == ["intent"]


def test_rows_without_labels_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(
        DataRefused, match=r"rows\.jsonl: no labels in the first 1 rows; expected a column, or a field of `labels`"
    ):
        infer_spec(write(tmp_path / "rows.jsonl", {}))
    with pytest.raises(DataRefused, match="no such file"):
        infer_spec(tmp_path / "none.jsonl")
