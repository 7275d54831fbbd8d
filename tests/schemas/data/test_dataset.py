from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import polars as pl
import pytest

from schemas.data.contract import labels_dtype
from schemas.data.dataset import Dataset
from schemas.data.issues import label_drift

if TYPE_CHECKING:
    from tests.schemas.conftest import Desk


def test_a_data_set_survives_a_file_pickle_and_a_move(desk: Desk) -> None:
    dataset = desk.judge(desk.row(), desk.row("b", labels={"slots": [{"start": 0, "end": 1, "label": "x"}]})).dataset
    assert dataset is not None
    assert pickle.loads(pickle.dumps(dataset)) == dataset
    assert Dataset.load(dataset.folder) == dataset
    moved = dataset.folder.rename(desk.home / "moved")
    assert Dataset.load(moved).digest == dataset.digest
    assert sum(batch.height for batch in Dataset.load(moved).batches("train")) == 2


def test_a_folder_that_was_not_finished_cannot_be_loaded(desk: Desk) -> None:
    dataset = desk.judge(desk.row()).dataset
    assert dataset is not None
    (dataset.folder / "dataset.json").unlink()
    with pytest.raises(FileNotFoundError):
        Dataset.load(dataset.folder)


def test_batches_have_the_columns_of_the_contract_in_file_order_and_no_more_rows_than_asked(desk: Desk) -> None:
    spec = desk.spec(desk.file(*(desk.row(f"text {number}") for number in range(25))))
    dataset = desk.run(spec).dataset
    assert dataset is not None
    batches = list(dataset.batches("train", rows=10))
    assert [batch.height for batch in batches] == [10, 10, 5]
    assert [text for batch in batches for text in batch["text"]] == [f"text {number}" for number in range(25)]
    strings = dict.fromkeys(("id", "text", "split", "lang", "source"), pl.String())
    assert batches[0].schema == pl.Schema({**strings, "labels": labels_dtype(spec)})


def test_a_split_without_rows_gives_no_rows(desk: Desk) -> None:
    dataset = desk.judge(desk.row()).dataset
    assert dataset is not None
    assert sum(batch.height for batch in dataset.batches("test")) == 0


@pytest.mark.parametrize(
    ("now", "before", "distance"),
    [
        ({"a": 1}, {"a": 9}, 0),
        ({"a": 1}, {"b": 1}, 1),
        ({"a": 1, "b": 1}, {"a": 1}, 0.5),
        ({"a": 3, "b": 1}, {"a": 1, "b": 1}, 0.25),
        ({}, {}, 0),
        ({}, {"a": 1}, 1),
    ],
)
def test_label_drift_is_the_total_variation_distance(
    now: dict[str, int], before: dict[str, int], distance: float
) -> None:
    assert label_drift(now, before) == label_drift(before, now) == distance
