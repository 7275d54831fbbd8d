"""Data that is nearly right is refused with what seems to be meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import pytest

from schemas.data.sources.hints import find_inclusive_ends
from schemas.data.sources.records import DataRefused

if TYPE_CHECKING:
    from tests.schemas.conftest import Desk

STRICT = {"validate": {"max_reject_share": 0.2}}


def test_another_name_for_the_text_is_told(desk: Desk) -> None:
    outcome = desk.judge(*({"utterance": f"on {number}", "labels": {"intent": "a"}} for number in range(3)), **STRICT)
    assert "3 of 3 rows are bad" in (outcome.refused or "")
    assert "`utterance` looks like our `text` in 3 rows" in (outcome.refused or "")
    assert "`utterance` looks like our `text`" in desk.bad(outcome)[0]["messages"][0]


@pytest.mark.parametrize("name", ["rows.csv", "rows.parquet", "rows.arrow"])
def test_another_name_for_the_column_of_texts_is_told(desk: Desk, name: str) -> None:
    path = desk.file(b"id,Sentence", b"1,on", name=name)
    frame = pl.DataFrame({"id": ["1"], "Sentence": ["on"]})
    if name.endswith("parquet"):
        frame.write_parquet(path)
    if name.endswith("arrow"):
        frame.write_ipc(path)
    with pytest.raises(DataRefused, match=r"Sentence; `Sentence` looks like our `text`"):
        desk.run(desk.spec(path))


def test_other_names_in_spans_are_told(desk: Desk) -> None:
    for span, said in (
        ({"start": 0, "end": 2, "entity": "x"}, "`entity` looks like our `label`"),
        ({"start": 0, "stop": 2, "label": "x"}, "`stop` looks like our `end`"),
    ):
        rows = [desk.row(f"on {number}", labels={"intent": "a", "slots": [span]}) for number in range(5)]
        outcome = desk.judge(*rows, **STRICT)
        assert f"{said} in 5 rows" in (outcome.refused or "")
        assert said in desk.bad(outcome)[0]["messages"][0]


def test_inclusive_ends_are_refused_with_what_was_counted(desk: Desk) -> None:
    def row(number: int, end: int) -> dict[str, object]:
        spans = [{"start": 2, "end": end, "label": "drink"}]
        return desk.row(f"a latte {number}", labels={"intent": "a", "slots": spans})

    rows = [row(number, 7 if number < 2 else 6) for number in range(200)]
    refused = desk.judge(*rows).refused or ""
    assert "head `slots`: ends look inclusive: 198 of 200 spans stop one character before a word's end" in refused
    assert "add 1 to each `end`" in refused
    assert desk.judge(*(row(number, 7) for number in range(200))).refused is None


def test_stems_words_in_the_middle_and_a_handful_of_spans_are_left_alone() -> None:
    few = [(0, 2, 6)] * 9
    assert find_inclusive_ends(few, ["a latte"]) is None
    assert find_inclusive_ends(few * 2, ["a latte"]) is not None
    assert find_inclusive_ends([(0, 2, 5)] * 50, ["a latte"]) is None  # two characters are missing
    assert find_inclusive_ends([(0, 2, 6)] * 8 + [(0, 2, 7)] * 2, ["a latte"]) is None
    assert find_inclusive_ends([(0, 5, 90), (0, -3, 2)] * 20, ["a latte"]) is None
