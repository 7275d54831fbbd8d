"""What followed a row: its `next` labels heads that learn to foresee it, and no two rows contradict each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

if TYPE_CHECKING:
    from pathlib import Path

    from tests.schemas.conftest import Desk

HEADS: dict[str, Any] = {
    "intent": {"kind": "class"},
    "next_intent": {"kind": "class", "auxiliary": True, "follows": "intent"},
    "was_corrected": {"kind": "class", "auxiliary": True, "follows": "correction"},
}


def labels(desk: Desk, path: Path, **data: Any) -> list[dict[str, Any]]:
    outcome = desk.run(desk.spec(heads=HEADS, data=[{"path": str(path), **data}]))
    assert outcome.quarantined == 0, outcome.reasons
    return [row["labels"] for row in desk.good(outcome)]


def test_a_head_that_follows_reads_next_and_where_there_is_none_it_knows_nothing(desk: Desk) -> None:
    path = desk.file(
        desk.row("lamp on", next={"intent": "off", "correction": "yes", "mood": "calm"}),
        desk.row("lamp off", next=None),
        desk.row("heat on", labels={"intent": "on", "next_intent": "nobody reads this"}),
        desk.row("heat off", labels={}, next={"intent": "on"}),
    )
    assert labels(desk, path) == [
        {"intent": "on", "next_intent": "off", "was_corrected": "yes"},
        {"intent": "on", "next_intent": None, "was_corrected": None},
        {"intent": "on", "next_intent": None, "was_corrected": None},
        {"intent": None, "next_intent": "on", "was_corrected": None},
    ]


def test_one_text_may_be_followed_by_this_and_by_that(desk: Desk) -> None:
    path = desk.file(desk.row(next={"intent": "on"}), desk.row(next={"intent": "off"}))
    assert [each["next_intent"] for each in labels(desk, path)] == ["on", "off"]


def test_a_table_has_columns_of_what_followed_and_a_renamed_head_is_renamed_there_too(desk: Desk) -> None:
    lines = (b"text,split,action,next.action,next.correction", b"lamp on,train,on,off,yes", b"lamp off,train,off,,")
    found = labels(desk, desk.file(*lines, name="rows.csv"), rename={"action": "intent"})
    assert found == [
        {"intent": "on", "next_intent": "off", "was_corrected": "yes"},
        {"intent": "off", "next_intent": None, "was_corrected": None},
    ]


def test_parquet_has_a_struct_of_what_followed(desk: Desk, tmp_path: Path) -> None:
    rows = [desk.row("lamp on", next={"intent": "off"}), desk.row("lamp off", next=None)]
    pl.DataFrame(rows).write_parquet(tmp_path / "rows.parquet")
    assert [each["next_intent"] for each in labels(desk, tmp_path / "rows.parquet")] == ["off", None]


def test_without_a_head_that_follows_next_is_a_field_like_any_other(desk: Desk) -> None:
    outcome = desk.judge(desk.row(next="nonsense"), heads={"intent": {"kind": "class"}})
    assert (outcome.quarantined, desk.good(outcome)[0]["labels"]) == (0, {"intent": "on"})


def test_another_head_to_follow_is_another_data_set(desk: Desk) -> None:
    path = desk.file(desk.row("lamp on", next={"intent": "off", "correction": "yes"}), desk.row("lamp off"))
    for name, wanted in (("intent", "off"), ("correction", "yes")):
        heads = {"intent": {"kind": "class"}, "then": {"kind": "class", "auxiliary": True, "follows": name}}
        outcome = desk.run(desk.spec(path, heads=heads))
        assert desk.good(outcome)[0]["labels"]["then"] == wanted


def test_the_word_after_a_text_is_one_word_and_may_be_this_and_that(desk: Desk) -> None:
    words = ["Tea", "coffee", " caf\u00e9 ", "two words", "", 7, "!?"]
    rows = [desk.row("i want", labels={"after": word}) for word in words]
    outcome = desk.judge(*rows, heads={"after": {"kind": "next_word"}})
    assert [row["labels"]["after"] for row in desk.good(outcome)] == ["tea", "coffee", "caf\u00e9"]
    assert outcome.reasons == {"wrong_label_type": 4}
    assert outcome.dataset is not None and "after" not in outcome.dataset.labels
