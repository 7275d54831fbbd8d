"""Strangers' sentences and several commands in one breath, as the home recipe makes them."""

from __future__ import annotations

import re
from collections import Counter
from random import Random
from typing import Any

import pytest
from pydantic import ValidationError

from schemas.perturb.outside import OUTSIDE
from schemas.recipes.compounds import join, may_begin, share
from schemas.recipes.forbidden import FORBIDDING
from schemas.recipes.home_assistant import HomeAssistantOptions, home_assistant_rows
from schemas.recipes.languages import VOCABULARIES
from schemas.recipes.names import SPLITS
from schemas.recipes.outside import outside_text
from schemas.recipes.strangers import STRANGERS
from tests.schemas.recipes.test_about import is_about

LANGUAGES = pytest.mark.parametrize("lang", STRANGERS)


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    return list(home_assistant_rows(HomeAssistantOptions(rows=2_000, outside_share=0.1, several_share=0.1)))


def test_shares_of_every_split_are_for_nobody_and_several_commands(rows: list[dict[str, Any]]) -> None:
    found = Counter((row["split"], row["labels"]["intent"]) for row in rows)
    assert len(rows) == 2_000
    assert [found[split, "oos"] for split in ("train", "valid", "test")] == [160, 16, 24]
    assert [found[split, "several"] for split in ("train", "valid", "test")] == [160, 16, 24]
    assert len({row["text"].rstrip(".?").casefold() for row in rows}) == len(rows)


def test_what_is_for_nobody_has_no_slots_but_where_it_names_a_thing_and_several_commands_keep_theirs_in_place(
    rows: list[dict[str, Any]],
) -> None:
    forbids = re.compile(
        "|".join(
            said
            for words in (FORBIDDING["en"].words, FORBIDDING["en"].spared)
            for each in words.values()
            for said in each
        )
    )
    named = 0
    for row in rows:
        labels = row["labels"]
        if labels["intent"] not in ("oos", "several"):
            continue
        assert labels["domain"] is None
        assert labels["unspoken"] is None
        if labels["intent"] == "oos" and not forbids.search(row["text"].lower()) and not is_about(row["text"], "en"):
            assert labels["slots"] == []
        places = [(span["start"], span["end"]) for span in labels["slots"]]
        assert places == sorted(places)
        for start, end in places:
            assert row["text"][start:end] == row["text"][start:end].strip() != ""
        named += any(span["label"] in ("name", "area") for span in labels["slots"])
    assert named > 50


@LANGUAGES
def test_valid_and_test_have_no_sentence_of_train(lang: str) -> None:
    rng = Random(0)
    train, valid, test = ({outside_text(lang, split, rng) for _ in range(2_000)} for split in SPLITS)
    assert not train & (valid | test)
    assert not {text for texts in OUTSIDE["held_out"].values() for text in texts} & train


@LANGUAGES
def test_every_open_word_of_a_frame_has_a_list_with_entries_for_all_splits(lang: str) -> None:
    strangers = STRANGERS[lang]
    for split in SPLITS:
        rng = Random(1)
        assert not any("{" in outside_text(lang, split, rng) for _ in range(1_000))
    for entries in (*strangers.words.values(), *strangers.frames.values()):
        assert len(set(entries)) == len(entries)
        assert all(entry == entry.lower() for entry in entries)
    said = {slot for frames in strangers.frames.values() for frame in frames for slot in re.findall(r"{(\w+)}", frame)}
    assert said == strangers.words.keys()


def test_all_languages_have_the_same_kinds_of_sentences() -> None:
    assert STRANGERS.keys() == {"en", *VOCABULARIES}
    assert all(strangers.frames.keys() == STRANGERS["en"].frames.keys() for strangers in STRANGERS.values())


def test_each_language_has_what_is_for_nobody_in_its_own_words() -> None:
    rows = list(home_assistant_rows(HomeAssistantOptions(languages=("de", "fr"), rows=600, outside_share=0.2)))
    for lang, own in (("de", "der die das ist ich nicht du wie was wir"), ("fr", "le la est je pas que de tu on un")):
        outside = [
            row["text"].lower().split() for row in rows if (row["lang"], row["labels"]["intent"]) == (lang, "oos")
        ]
        assert len(outside) == 120
        assert sum(bool(set(words) & set(own.split())) for words in outside) > 60


def test_two_things_share_all_words_but_their_own() -> None:
    text = "turn off the lamp to 20"
    made = share((text, [(13, 17, "name", None), (21, 23, "brightness", 20)]), lambda label: "fan", "en", Random(0))
    assert made is not None
    said, spans = made
    assert said in ("turn off the lamp and the fan to 20", "turn off the lamp and fan to 20")
    assert [(said[start:end], label, value) for start, end, label, value in spans] == [
        ("lamp", "name", None), ("fan", "name", None), ("20", "brightness", 20),
    ]  # fmt: skip
    assert share((text, []), lambda label: "fan", "en", Random(0)) is None


def test_three_things_are_a_list() -> None:
    others = iter(("fan", "tv"))
    made = share(("lamp off", [(0, 4, "name", None)]), lambda label: next(others), "en", Random(0), things=3)
    assert made is not None
    said, spans = made
    assert said in ("lamp, fan and tv off", "lamp fan and tv off")
    assert [said[start:end] for start, end, *_ in spans] == ["lamp", "fan", "tv"]
    assert share(("lamp off", [(0, 4, "name", None)]), lambda label: "fan", "en", Random(0), things=3) is None


def test_nothing_follows_free_text_and_joined_spans_cut_the_text() -> None:
    assert not may_begin([(0, 4, "message", None)])
    said, spans = join(("Lamp on.", [(0, 4, "name", None)]), ("Open door", [(5, 9, "name", None)]), "en", Random(0))
    assert [said[start:end] for start, end, *_ in spans] == ["Lamp", "door"]
    assert said.startswith("Lamp on")
    assert ". " not in said


def test_a_language_without_such_words_is_refused() -> None:
    with pytest.raises(ValidationError, match="words in en, de, fr, es, nl; found it, sv"):
        HomeAssistantOptions(languages=("sv", "it"), outside_share=0.1)
    assert HomeAssistantOptions(languages=("en", "sv"), outside_share=0.1).outside_share
    with pytest.raises(ValidationError, match="words in en, de, fr, es, nl; found sv"):
        HomeAssistantOptions(languages=("en", "sv"), several_share=0.1)
