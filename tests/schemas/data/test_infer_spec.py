from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from schemas.data.infer_spec import infer_spec
from schemas.data.sources.records import DataRefused


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
