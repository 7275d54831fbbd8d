"""Commands that correct themselves: what is labelled is what is meant."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.recipes.compounds import share_unnamed
from schemas.recipes.corrections import corrected
from schemas.recipes.home_assistant import CORRECTED, HomeAssistantOptions, home_assistant_rows
from schemas.recipes.names import SPLITS, Split
from schemas.recipes.taken_back import TAKEN_BACK

SAID = ("turn off the desk lamp", [(13, 22, "name", None)])
OTHER = ("set the volume to 20", [(18, 20, "volume_level", 20)])


@given(st.integers(), st.sampled_from(SPLITS))
def test_what_is_meant_comes_last_and_keeps_its_spans(seed: int, split: Split) -> None:
    made = corrected(SAID, OTHER, lambda slot: "ceiling fan", "en", split, Random(seed))
    if made is None:
        return
    text, spans = made
    assert [text[start:end] for start, end, *_ in spans] == ["desk lamp"]
    assert text.endswith("desk lamp")
    assert any(back in text for back in TAKEN_BACK["en"][split == "train"])


@pytest.mark.parametrize("language", sorted(TAKEN_BACK))
def test_what_is_taken_back_in_training_and_in_measurement_have_nothing_in_common(language: str) -> None:
    assert not set(TAKEN_BACK[language][True]) & set(TAKEN_BACK[language][False])


def test_a_share_of_the_rows_corrects_itself_in_each_split() -> None:
    rows = list(home_assistant_rows(HomeAssistantOptions(rows=400, corrected_share=0.1)))
    for split, count in (("train", 32), ("valid", 3), ("test", 5)):
        assert sum(row["source"] == CORRECTED for row in rows if row["split"] == split) == count
    assert all(0 <= span["start"] < span["end"] <= len(row["text"]) for row in rows for span in row["labels"]["slots"])


@pytest.mark.parametrize(
    ("text", "begins"),
    [("turn off the lamp", "turn off the lamp and "), ("fan on", "fan and ")],
)
def test_things_without_a_name_are_two_things_all_the_same(text: str, begins: str) -> None:
    said, spans = share_unnamed((text, []), Random(0)) or ("", [])
    assert said.startswith(begins) and not spans


def test_what_has_a_name_or_is_spoken_of_twice_is_not_shared_so() -> None:
    assert share_unnamed(SAID, Random(0)) is None
    assert share_unnamed(("turn off the lamp", [(13, 17, "name", None)]), Random(0)) is None
