from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from schemas.data.duplicates import _in_order

if TYPE_CHECKING:
    from tests.schemas.conftest import Desk


def span(label: str) -> dict[str, object]:
    return {"slots": [{"start": 0, "end": 4, "label": label}]}


def test_the_later_copy_of_an_id_goes_and_names_the_line_of_the_first(desk: Desk) -> None:
    first = desk.file(desk.row(), desk.row("a", id="x"))
    second = desk.file(desk.row("b", id="x"), desk.row("c", id="x"))
    outcome = desk.run(desk.spec(first, second))
    assert [row["text"] for row in desk.good(outcome)] == ["turn it on", "a"]
    bad = desk.bad(outcome)
    assert [(row["file"], row["line"], row["reasons"]) for row in bad] == [
        (str(second), 1, ["duplicate_id"]),
        (str(second), 2, ["duplicate_id"]),
    ]
    assert all(row["messages"][0].endswith(f"{first} line 2") for row in bad)
    assert '"text": "b"' in bad[0]["raw"]


def test_equal_rows_without_an_id_all_stay_with_ids_of_their_own(desk: Desk) -> None:
    outcome = desk.judge(desk.row(), desk.row(), desk.row("other"), desk.row(id=""))
    ids = [row["id"] for row in desk.good(outcome)]
    assert ids[1] == f"{ids[0]}-2"
    assert ids[3] == f"{ids[0]}-3"
    assert len(set(ids)) == 4


def test_an_id_made_from_content_depends_on_nothing_else(desk: Desk) -> None:
    once = desk.good(desk.judge(desk.row(), desk.row("other")))
    again = desk.good(desk.judge(desk.row("first"), desk.row("other"), desk.row()))
    assert {row["text"]: row["id"] for row in once}.items() <= {row["text"]: row["id"] for row in again}.items()


def test_rows_that_come_back_with_the_ids_we_made_are_duplicates(desk: Desk) -> None:
    made = desk.good(desk.judge(desk.row(), desk.row()))
    back = [{**row, "labels": {"intent": "on"}} for row in made]
    outcome = desk.judge(desk.row(), *back, desk.row())
    assert outcome.reasons == {"duplicate_id": 2}
    assert sorted(row["id"] for row in desk.good(outcome)) == sorted(row["id"] for row in made)


def test_the_first_label_of_a_text_stays_and_conflicting_ones_go(desk: Desk) -> None:
    outcome = desk.judge(
        desk.row("turn it on"),
        desk.row("Turn  it ON", labels={"intent": "off"}),
        desk.row("turn it on"),
        desk.row("turn it on", labels={"intent": "dim"}),
    )
    assert [row["labels"]["intent"] for row in desk.good(outcome)] == ["on", "on"]
    bad = desk.bad(outcome)
    assert [(row["line"], row["reasons"]) for row in bad] == [(2, ["conflicting_labels"]), (4, ["conflicting_labels"])]
    assert all(row["messages"][0].endswith("rows.jsonl line 1") for row in bad)


def test_labels_of_different_heads_complement_each_other(desk: Desk) -> None:
    outcome = desk.judge(desk.row(), desk.row(labels=span("verb")), desk.row(labels={"topics": []}))
    assert outcome.good == 3


def test_a_rejected_row_does_not_speak_for_its_text(desk: Desk) -> None:
    outcome = desk.judge(
        desk.row(),
        desk.row(labels={"intent": "off", **span("noise")}),
        desk.row(labels=span("verb")),
        desk.row(labels=span("noise")),
    )
    assert [row["line"] for row in desk.bad(outcome)] == [2, 4]
    assert desk.bad(outcome)[1]["messages"][0].endswith("line 3")


def test_labels_in_another_order_or_another_split_are_no_conflict(desk: Desk) -> None:
    outcome = desk.judge(
        desk.row(labels={"intent": "on", "topics": ["a", "b"]}),
        desk.row(labels={"intent": "on", "topics": ["b", "a", "b"]}),
        desk.row(labels={"intent": "off"}, split="test"),
    )
    assert outcome.quarantined == 0


def test_scores_conflict_only_where_they_differ(desk: Desk) -> None:
    outcome = desk.judge(
        desk.row(labels={"intent": "on", "urgency": 1}),
        desk.row(labels={"intent": "on", "urgency": 1.0}),
        desk.row(labels={"intent": "on", "urgency": 1.5}),
    )
    assert outcome.reasons == {"conflicting_labels": 1}


hashes = st.builds(bytes.__add__, st.sampled_from([bytes(8), b"\xff" * 8]), st.binary(min_size=24, max_size=24))


@given(contents=st.lists(hashes | st.binary(min_size=32, max_size=32)))
def test_hashes_are_sorted_as_bytes_are(contents: list[bytes]) -> None:
    assert _in_order(pl.Series(contents, dtype=pl.Binary)) == b"".join(sorted(contents))
