from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import schemas.data.buckets
import schemas.data.sources.registry
from schemas.data.buckets import Buckets, first_byte

if TYPE_CHECKING:
    from tests.schemas.conftest import Desk

rows = st.builds(
    lambda text, id_, split, intent, topics: {
        "text": text,
        "id": id_,
        "split": split,
        "labels": {"intent": intent, "topics": topics},
    },
    st.sampled_from(["on", "ON", "off", "dim"]),
    st.sampled_from([None, None, "1", "2"]),
    st.sampled_from(["train", "train", "valid", "test"]),
    st.sampled_from(["a", "b", None]),
    st.sampled_from([None, ["x"], []]),
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(rows, max_size=25), held=st.integers(0, 9))
def test_in_buckets_on_disk_rows_are_compared_as_they_are_in_memory(
    desk: Desk, rows: list[dict[str, Any]], held: int
) -> None:
    anchor = {"text": "anchor", "split": "train", "labels": {"intent": "a"}}
    path = desk.file(anchor, *rows)
    whole = desk.run(desk.spec(path))
    bad, good = desk.bad(whole), desk.good(whole, "train", "valid", "test")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(schemas.data.buckets, "HELD_ROWS", held)
        patch.setattr(schemas.data.sources.registry, "CHUNK_LINES", 4)
        parted = desk.run(desk.spec(path))
    assert parted.dataset == whole.dataset
    assert parted.reasons == whole.reasons
    assert desk.bad(parted) == bad
    assert desk.good(parted, "train", "valid", "test") == good


def test_rows_come_out_of_buckets_sorted_by_their_byte_and_in_order_within(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schemas.data.buckets, "HELD_ROWS", 3)
    buckets = Buckets(tmp_path / "buckets", first_byte("key"))
    frame = pl.DataFrame({"row": range(10), "key": [bytes([number % 3 * 100]) for number in range(10)]})
    for part in frame.iter_slices(2):
        buckets.add(part)
    found = [rows["row"].to_list() for rows in buckets]
    assert found == [[0, 3, 6, 9], [1, 4, 7], [2, 5, 8]]
    assert [rows["row"].to_list() for rows in buckets] == found


@pytest.mark.parametrize("n_rows", [3, 4, 40, 5000])
def test_the_more_rows_the_more_buckets_and_those_parted_in_fewer_come_out_with_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n_rows: int
) -> None:
    monkeypatch.setattr(schemas.data.buckets, "HELD_ROWS", 3)
    buckets = Buckets(tmp_path / "buckets", first_byte("key"))
    frame = pl.DataFrame({"row": range(n_rows), "key": [bytes([number * 37 % 256]) for number in range(n_rows)]})
    for part in frame.iter_slices(1 + n_rows // 100):
        buckets.add(part)
    found = list(buckets)
    expected = 1 if n_rows <= 3 else min(256, 1 << (n_rows // 4).bit_length())
    assert len(found) <= expected
    assert sum(rows.height for rows in found) == n_rows
    assert sorted(row for rows in found for row in rows["row"]) == list(range(n_rows))
    for rows in found:
        assert rows["row"].is_sorted()
        firsts = {key[0] // (256 // expected) for key in rows["key"]}
        assert len(firsts) == 1


def test_few_rows_go_to_few_buckets_and_a_bucket_has_no_bytes_of_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schemas.data.buckets, "HELD_ROWS", 500)
    buckets = Buckets(tmp_path / "buckets", first_byte("key"))
    texts = ["x" * 1000 if number % 2 else "y" * 20 for number in range(1000)]
    buckets.add(pl.DataFrame({"key": [bytes([number % 2 * 200 + 10]) for number in range(1000)], "text": texts}))
    assert [rows["text"].unique().to_list() for rows in buckets] == [["y" * 20], ["x" * 1000]]
    small, large = (part.stat().st_size for part in sorted(buckets.folder.iterdir()))
    assert small < 50_000
    assert large > 500_000
