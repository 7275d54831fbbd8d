from __future__ import annotations

from random import Random

import pytest

from schemas.recipes.forbidden import FORBIDDING, forbidden
from schemas.recipes.home_assistant import HomeAssistantOptions, home_assistant_rows
from schemas.recipes.languages import VOCABULARIES
from schemas.recipes.names import SPLITS, Split
from tests.schemas.recipes.test_about import is_about
from trunkline_edge.understanding.text import split_words

SHARES = pytest.mark.parametrize("lang", FORBIDDING)


def all_of(text: str, lang: str, split: Split = "train", spans: int = 0) -> set[str]:
    """Return all ways to forbid a command whose last word is a thing, or whose `spans` it has."""
    start = text.rindex(" ") + 1
    made = (
        forbidden((text, [(start, len(text), "name", None)][:spans]), str, lang, split, Random(n)) for n in range(500)
    )
    return {said[0] for said in made if said is not None}


@pytest.mark.parametrize("split", SPLITS)
def test_a_command_is_forbidden_whole_or_in_part(split: Split) -> None:
    before, spared = FORBIDDING["en"].words[split == "train"], FORBIDDING["en"].spared[split == "train"]
    whole = {f"{said} turn off the lamp." for said in before}
    part = {f"turn off the lamp {said} the fan" for said in spared}
    seen = set()
    for seed in range(3000):
        made = forbidden(
            ("Turn off the lamp.", [(13, 17, "name", None)]), lambda slot: "fan", "en", split, Random(seed)
        )
        assert made is not None
        text, spans = made
        named = [(text[start:end], label) for start, end, label, _ in spans]
        assert named == [("lamp", "name")] if text in whole else named[0][0] == "lamp" and named[1][0] == "fan"
        seen.add(text)
    assert seen == whole | part


@pytest.mark.parametrize(
    ("lang", "command", "said"),
    [
        ("de", "Schalte die Lampe aus", "schalte die Lampe bitte nicht aus"),
        ("de", "schalte die lampe aus bitte", "schalte die lampe nicht aus bitte"),
        ("de", "stelle die heizung auf 20 grad.", "stelle die heizung auf 20 grad nicht."),
        ("fr", "allume la lampe", "n'allume pas la lampe"),
        ("fr", "mets la lampe", "ne mets surtout pas la lampe"),
        ("es", "apaga la luz", "no apagues la luz"),
        ("es", "apague la luz", "no quiero que apague la luz"),
        ("nl", "doe de lamp uit", "doe de lamp niet uit"),
        ("nl", "doe de lamp uit", "ik wil niet dat je doe de lamp uit"),
    ],
)
def test_each_language_forbids_in_its_own_way(lang: str, command: str, said: str) -> None:
    assert said in all_of(command, lang)


@SHARES
def test_what_a_forbidden_command_names_stays_named(lang: str) -> None:
    verb = next(iter(FORBIDDING[lang].verbs))
    command = (f"{verb} xx {verb} an", [(len(verb) + 1, len(verb) + 3, "name", None)])
    for split in SPLITS:
        for seed in range(300):
            made = forbidden(command, lambda slot: "yy", lang, split, Random(seed))
            assert made is not None
            assert {made[0][start:end] for start, end, *_ in made[1]} in ({"xx"}, {"xx", "yy"})


def test_what_ends_with_a_name_is_forbidden_behind_it() -> None:
    assert "schalte die Lampe nicht" in all_of("schalte die Lampe", "de", spans=1)


@pytest.mark.parametrize(("lang", "question"), [("en", "is the lamp on"), ("de", "ist die lampe an")])
def test_what_is_no_order_is_not_forbidden(lang: str, question: str) -> None:
    assert forbidden((question, []), str, lang, "train", Random(0)) is None


@SHARES
def test_words_that_forbid_in_training_and_in_measurement_have_nothing_in_common(lang: str) -> None:
    for words in (FORBIDDING[lang].words, FORBIDDING[lang].spared):
        assert not set(words[True]) & set(words[False])


def test_every_language_with_words_of_its_own_forbids() -> None:
    assert FORBIDDING.keys() == {"en", *VOCABULARIES}


@SHARES
def test_some_of_what_is_for_nobody_is_a_forbidden_command(lang: str) -> None:
    rows = list(home_assistant_rows(HomeAssistantOptions(language=lang, rows=3_000, outside_share=0.2)))
    for splits in (("train",), ("valid", "test")):
        outside = [row for row in rows if row["split"] in splits and row["labels"]["intent"] == "oos"]
        named = [row for row in outside if row["labels"]["slots"] and not is_about(row["text"], lang)]
        assert 0.1 < len(named) / len(outside) < 0.3


@SHARES
def test_verbs_are_in_the_form_in_which_words_are_compared(lang: str) -> None:
    for word in (*FORBIDDING[lang].verbs, *FORBIDDING[lang].ends):
        assert [each.form for each in split_words(word)] == [word]
