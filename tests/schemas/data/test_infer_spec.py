from __future__ import annotations

import re
from pathlib import Path

import orjson
import pytest

import schemas.data.infer_spec
from schemas.data.infer_spec import as_saved, infer_spec, look
from schemas.data.sources.records import DataRefused
from schemas.data.write_spec import spec_text
from schemas.spec.bounded_yaml import parse_yaml
from schemas.spec.load import parse_spec
from schemas.spec.product import DataSpec
from tests.schemas.data.sources.importers.test_importers import saved_as_datasets_does


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


def test_a_file_sorted_by_label_has_the_heads_of_all_its_rows(tmp_path: Path) -> None:
    rows = [{"intent": "cancel"}] * 3_000 + [{"intent": "order", "style": "loud"}, {"style": "soft"}] * 30
    path = write(tmp_path / "rows.jsonl", *rows)
    assert list(infer_spec(path).heads) == ["intent", "style"]
    looked = look(DataSpec(path=path))
    assert looked.left_out == {}
    assert looked == look(DataSpec(path=path)), "which labels are looked at is always the same"
    text = spec_text(looked, DataSpec(path=path))
    assert "from 3,060 rows." in text
    assert re.search(r"# 2 labels in 1,000 of 3,030 rows: cancel \(9\d\d\), order \(\d+\)\n", text)
    assert "style: {kind: class}  # 2 labels: loud (30), soft (30)\n" in text


def test_every_file_of_a_folder_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schemas.data.infer_spec, "MOST_ROWS", 10)
    for name, labels in (("a", {"intent": "play"}), ("b", {"intent": "weather", "city": "Rome"})):
        write(tmp_path / f"{name}.jsonl", *[labels] * 20)
    looked = look(DataSpec(path=tmp_path))
    assert looked.rows == 10
    assert looked.labels == {"intent": ["play"] * 5 + ["weather"] * 5, "city": ["Rome"] * 5}


def test_true_and_false_are_labels_and_no_numbers(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.jsonl", {"loud": True}, {"loud": False}, {"loud": True})
    spec = infer_spec(path)
    assert spec.heads["loud"].kind == "class"
    assert "2 labels: true (2), false (1)" in spec_text(look(DataSpec(path=path)), DataSpec(path=path))


def test_rows_without_a_text_are_refused_with_what_seems_to_be_meant(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"utterance": "turn it on", "intent": "on"}\n')
    with pytest.raises(DataRefused, match=r"rows\.jsonl: no row has a `text`; `utterance` looks like our `text`"):
        infer_spec(path)
    path.write_bytes(b'{"a": 1, "b": "x"}\n')
    with pytest.raises(DataRefused, match=r"rows\.jsonl: no row has a `text`; the first has a, b"):
        infer_spec(path)


def test_rows_without_labels_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(
        DataRefused, match=r"rows\.jsonl: no labels in 1 rows; expected a column, or a field of `labels`"
    ):
        infer_spec(write(tmp_path / "rows.jsonl", {}))
    with pytest.raises(DataRefused, match="no such file"):
        infer_spec(tmp_path / "none.jsonl")


def test_whole_numbers_are_a_score_and_the_spec_says_how_they_would_be_classes(tmp_path: Path) -> None:
    rows = [*({"floor": n % 3, "power": n / 7} for n in range(99)), {"floor": 1, "power": ["broken"]}]
    source = DataSpec(path=write(tmp_path / "rows.jsonl", *rows))
    text = spec_text(look(source), source)
    assert "floor: {kind: score}  # numbers in 100 rows, 3 different ones; as classes, write them as text" in text
    assert "power: {kind: score}  # numbers in 100 rows\n" in text


def test_a_few_broken_numbers_make_no_score_of_spans(tmp_path: Path) -> None:
    span = {"slots": [{"start": 0, "end": 4, "label": "verb"}]}
    rows = [*[span] * 60, *({"slots": n} for n in range(30))]
    assert infer_spec(write(tmp_path / "rows.jsonl", *rows)).heads["slots"].kind == "tag"


def test_what_hugging_face_saved_is_read_as_its_own_format_with_its_classes_and_splits(tmp_path: Path) -> None:
    features = {"label": {"names": ["on", "off"], "_type": "ClassLabel"}}
    for split in ("train", "test"):
        saved_as_datasets_does(tmp_path / "lamps" / split, {"text": ["turn it on", "off"], "label": [0, 1]}, features)
    spec = infer_spec(tmp_path / "lamps")
    assert (spec.data[0].format, spec.heads["label"].kind) == ("huggingface", "class")
    assert infer_spec(next((tmp_path / "lamps" / "train").glob("*.arrow"))).data[0].format == "huggingface"
    assert as_saved(DataSpec(path=write(tmp_path / "rows.jsonl", {"label": "on"}))).format is None
