"""Talk about things of the home: it names them, and asks for nothing."""

from __future__ import annotations

import re
from random import Random

import pytest

from schemas.recipes.about import ABOUT, about
from schemas.recipes.home_assistant import HomeAssistantOptions, home_assistant_rows
from schemas.recipes.languages import VOCABULARIES

LANGUAGES = pytest.mark.parametrize("lang", sorted(ABOUT))


def is_about(text: str, lang: str) -> bool:
    """Does a text talk about a thing?"""
    said = (re.escape(each.replace("the {}", "{}")) for part in ABOUT[lang].values() for each in part)
    return re.fullmatch("|".join(each.replace(r"\{\}", "(the )?.+") for each in said), text) is not None


def test_every_language_with_words_of_its_own_has_them_and_train_has_others_than_test() -> None:
    assert ABOUT.keys() == {"en", *VOCABULARIES}
    assert all(not set(said[True]) & set(said[False]) for said in ABOUT.values())
    assert all(each.count("{}") == 1 for said in ABOUT.values() for part in said.values() for each in part)


def test_the_name_is_the_slot_and_has_no_article_twice() -> None:
    for seed in range(300):
        for name in ("desk lamp", "emma's radio"):
            text, ((start, end, label, value),) = about("name", name, "en", "train", Random(seed))
            assert (text[start:end], label, value) == (name, "name", None)
            assert "the emma's" not in text


@LANGUAGES
def test_a_share_of_what_is_for_nobody_is_talk_about_a_thing(lang: str) -> None:
    rows = list(home_assistant_rows(HomeAssistantOptions(language=lang, rows=3_000, outside_share=0.2)))
    outside = [row for row in rows if row["labels"]["intent"] == "oos"]
    # A forbidden command may read like it ("y entonces ..."), with other slots.
    found = [row for row in outside if is_about(row["text"], lang) and len(row["labels"]["slots"]) == 1]
    named = [row for row in found if row["labels"]["slots"][0]["label"] in ("name", "area")]
    assert 0.05 < len(named) / len(outside) < 0.2
    assert all(row["labels"]["domain"] is None for row in named)
