from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import schemas.data.buckets
from schemas.data.duplicates import Index, _in_order
from schemas.data.parts import write_part

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


lines = st.tuples(
    st.sampled_from([None, None, "a", "b", "c"]),
    st.sampled_from(["train", "train", "valid", "test"]),
    st.integers(0, 4),
    st.tuples(st.sampled_from([None, -1, 2]), st.sampled_from([None, 0, 3])),
)


@settings(max_examples=60)
@given(rows=st.lists(lines, max_size=30), held=st.sampled_from([2, 100]))
def test_the_index_finds_what_the_rules_say_row_by_row(
    rows: list[tuple[str | None, str, int, tuple[int | None, int | None]]], held: int
) -> None:
    parted = [rows[at : at + 7] for at in range(0, len(rows), 7)]
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(schemas.data.buckets, "HELD_ROWS", held)
        index = Index(["intent", "topic"], Path(folder) / "scratch")
        for number, part in enumerate(parted):
            frame = pl.DataFrame(
                {
                    "id": [id_ for id_, *_ in part],
                    "content": [sha256(repr(row).encode()).digest() for row in part],
                    "split": [split for _, split, *_ in part],
                    "key": [sha256(bytes([text])).digest()[:16] for *_, text, _ in part],
                    "intent": [intent for *_, (intent, _) in part],
                    "topic": [topic for *_, (_, topic) in part],
                },
                schema_overrides={"id": pl.String, "intent": pl.Int64, "topic": pl.Int64},
            )
            (path,) = write_part(frame, Path(folder) / f"{number:02}.arrow")
            index.add(path)
        repeats = index.find_repeats()
        found = list(repeats.rejected.iter_rows())

    ids: dict[str, int] = {}
    spoken: dict[tuple[str, int, int], tuple[int, int]] = {}
    expected = []
    later = {row for row, (id_, *_) in enumerate(rows) if id_ is not None and ids.setdefault(id_, row) != row}
    for row, (id_, split, text, labels) in enumerate(rows):
        said = {(split, text, head): (row, label) for head, label in enumerate(labels) if label is not None}
        earlier = [spoken[place][0] for place, (_, label) in said.items() if spoken.get(place, (0, label))[1] != label]
        if row in later:
            expected.append((row, "duplicate_id", ids[str(id_)]))
        elif earlier:
            expected.append((row, "conflicting_labels", min(earlier)))
        else:
            spoken = {**said, **spoken}
    assert found == expected
    good = [row for at, row in enumerate(rows) if at not in {row for row, *_ in expected}]
    train = {text for _, split, text, _ in good if split == "train"}
    for split, leak in repeats.leaks.items():
        assert leak.rows == sum(text in train for _, of, text, _ in good if of == split)
