from __future__ import annotations

from random import Random

import pytest

from schemas.recipes.forbidden import FORBIDDEN, SPARED, forbidden
from schemas.recipes.home_assistant import HomeAssistantOptions, home_assistant_rows
from schemas.recipes.names import SPLITS, Split


@pytest.mark.parametrize("split", SPLITS)
def test_a_command_is_forbidden_whole_or_in_part(split: Split) -> None:
    before, spared = FORBIDDEN[split == "train"], SPARED[split == "train"]
    whole = {f"{said} turn off the lamp." for said in before}
    part = {f"turn off the lamp {said} the fan" for said in spared}
    seen = set()
    for seed in range(400):
        made = forbidden(("Turn off the lamp.", [(13, 17, "name", None)]), lambda slot: "fan", split, Random(seed))
        assert made is not None
        text, spans = made
        named = [(text[start:end], label) for start, end, label, _ in spans]
        assert named == [("lamp", "name")] if text in whole else named[0][0] == "lamp" and named[1][0] == "fan"
        seen.add(text)
    assert seen == whole | part


def test_what_is_no_order_is_not_forbidden() -> None:
    assert forbidden(("is the lamp on", []), lambda slot: "fan", "train", Random(0)) is None


def test_words_that_forbid_in_training_and_in_measurement_have_nothing_in_common() -> None:
    for words in (FORBIDDEN, SPARED):
        assert not set(words[True]) & set(words[False])


def test_some_of_what_is_for_nobody_is_a_forbidden_command() -> None:
    rows = list(home_assistant_rows(HomeAssistantOptions(rows=3_000, outside_share=0.2)))
    for split in SPLITS:
        outside = [row["text"] for row in rows if row["split"] == split and row["labels"]["intent"] == "oos"]
        begun = [text for text in outside if text.lower().startswith(FORBIDDEN[split == "train"])]
        assert 0.02 < len(begun) / len(outside) < 0.15
