"""CSV in its natural form."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from schemas.data.infer_spec import infer_spec
from schemas.data.sources.csv import read_csv
from schemas.data.sources.records import DataRefused

if TYPE_CHECKING:
    from tests.schemas.conftest import Desk

KINDS = {"intent": "class", "slots": "tag"}


def test_flat_and_dotted_columns_may_stand_side_by_side(desk: Desk) -> None:
    path = desk.file(b"id,text,split,lang,intent,labels.topics,note", b'7,on,train,fr,switch,"[""a""]",hm')
    path = path.rename(path.with_suffix(".csv"))
    (record,) = read_csv(path, {"intent": "class", "topics": "multilabel"})
    assert record.row == {
        "id": "7",
        "text": "on",
        "split": "train",
        "lang": "fr",
        "labels": {"topics": ["a"], "intent": "switch", "note": "hm"},
    }


def test_marked_text_goes_to_the_tag_head_of_the_spec(desk: Desk) -> None:
    path = desk.file(b"text,intent", b"a [latte](drink) and [two](count:2),order", b"stop [it],cancel", name="a.csv")
    for kinds, head in ((KINDS, "slots"), ({"entities": "tag"}, "entities"), ({}, "slots")):
        first, second = [record.row for record in read_csv(path, kinds)]
        assert first is not None and second is not None
        assert first["text"] == "a latte and two"
        assert first["labels"][head] == [
            {"start": 2, "end": 7, "label": "drink"},
            {"start": 12, "end": 15, "label": "count", "value": "2"},
        ]
        assert second["text"] == "stop [it]" and second["labels"][head] == []


def test_brackets_stay_where_a_column_has_the_spans_and_without_marks_spans_are_unknown(desk: Desk) -> None:
    with_column = desk.file(b"text;slots", b"read [this](x);[]", name="a.csv")
    (record,) = read_csv(with_column, KINDS)
    assert record.row is not None and record.row["text"] == "read [this](x)"
    (record,) = read_csv(desk.file(b"text,intent", b"on,switch", name="b.csv"), KINDS)
    assert record.row is not None and record.row["labels"] == {"intent": "switch"}


def test_tags_must_be_as_many_as_words(desk: Desk) -> None:
    path = desk.file(b"text\tslots\tsplit", b"a  big latte\tO O B-drink\ttrain", b"a latte\tO\ttrain", name="a.tsv")
    spec = desk.spec(path, heads={"slots": {"kind": "tag"}})
    outcome = desk.run(spec)
    assert desk.good(outcome)[0]["labels"]["slots"] == [{"start": 7, "end": 12, "label": "drink", "value": None}]
    assert desk.bad(outcome)[0]["reasons"] == ["wrong_label_type"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_told_by_the_first_line(desk: Desk, delimiter: str) -> None:
    lines = [delimiter.join(cells) for cells in (("intent", "text"), ("a,b;c", '"1, 2; 3\t4"'), ("d", "on"))]
    lines[1] = delimiter.join(('"a,b;c"', '"1, 2; 3\t4"'))
    path = desk.file(*(line.encode() for line in lines), name="a.csv")
    rows = [record.row for record in read_csv(path, KINDS)]
    assert [(row["text"], row["labels"]["intent"]) for row in rows if row] == [("1, 2; 3\t4", "a,b;c"), ("on", "d")]


def test_latin_1_is_refused_with_its_cure_instead_of_losing_its_rows(desk: Desk) -> None:
    lines = ["text,intent", *(f"say {number}{' café' if number % 9 == 0 else ''},say" for number in range(200))]
    path = desk.file(*(line.encode("latin-1") for line in lines), name="a.csv")
    with pytest.raises(DataRefused, match=r"looks like Latin-1.*23 of its lines.*'café'.*save it as UTF-8"):
        desk.run(desk.spec(path))
    mixed = desk.file(
        b"text,intent", "café,a".encode(), "thé,b".encode("latin-1"), "naïf,b".encode("latin-1"), name="b.csv"
    )
    assert desk.run(desk.spec(mixed)).reasons == {"undecodable": 2}


def test_a_spec_is_inferred_from_natural_csv_without_taking_remarks_for_labels(desk: Desk) -> None:
    rows = [
        f'a [latte](drink) {number},{"order" if number % 2 else "ask"},"remark {number}",2026-01-01,{number}'
        for number in range(100)
    ]
    path = desk.file(b"text,intent,remark,Created At,annotation", *(row.encode() for row in rows), name="coffee.csv")
    assert {name: head.kind for name, head in infer_spec(path).heads.items()} == {"intent": "class", "slots": "tag"}


def test_flat_labels_are_read_in_json_too(desk: Desk) -> None:
    flat = {"text": "a latte", "split": "train", "intent": "order", "slots": [{"start": 2, "end": 7, "label": "drink"}]}
    outcome = desk.judge(flat)
    assert desk.good(outcome)[0]["labels"]["intent"] == "order"
    path = desk.file(b"[", json.dumps(flat).encode(), b"]", name="rows.json")
    again = desk.run(desk.spec(path))
    assert again.dataset is not None and outcome.dataset is not None
    assert again.dataset.digest == outcome.dataset.digest
