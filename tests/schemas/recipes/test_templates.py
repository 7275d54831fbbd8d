"""The compiled templates: what a walk may say."""

from __future__ import annotations

from random import Random

import pytest

from schemas.recipes.templates import (
    Choice,
    Closed,
    Node,
    Number,
    Open,
    Piece,
    Series,
    SlotText,
    Text,
    compile_language,
    load_intents,
)


def _walks(node: Node, times: int = 200) -> list[list[Piece]]:
    rng = Random(0)
    walks: list[list[Piece]] = []
    for _ in range(times):
        walks.append([])
        node.walk(rng, walks[-1])
    return walks


def test_an_optional_choice_is_said_in_about_half_of_the_walks() -> None:
    said = [walk for walk in _walks(Choice((Text("please"),), optional=True)) if walk]
    assert 70 < len(said) < 130


def test_the_first_alternative_is_said_most_and_the_last_one_too() -> None:
    firsts = [walk[0] for walk in _walks(Choice((Text("a"), Text("b"), Text("c"))))]
    assert firsts.count("a") > firsts.count("c") > 20


def test_a_permutation_keeps_all_its_items_in_any_order() -> None:
    orders = {tuple(walk) for walk in _walks(Series((Text("off "), Text("here ")), permutable=True))}
    assert orders == {("off ", "here "), ("here ", "off ")}


def test_a_value_with_left_out_words_has_no_outer_spaces() -> None:
    show = Series((Choice((Text("tv"),), optional=True), Text(" show")))
    assert {walk[0] for walk in _walks(Closed("media_class", ((show, "tv_show"),)))} == {
        SlotText("tv show", "media_class", "tv_show"),
        SlotText("show", "media_class", "tv_show"),
    }


def test_numbers_are_said_as_digits_and_as_words() -> None:
    spelled = {3.0: ("three",), 21.5: ("twenty one point five",)}
    said = {walk[0] for walk in _walks(Number("level", (3,), (3, 21.5), digits=True, words=lambda n: spelled[n]))}
    threes, others = ("3", "three"), ("21.5", "twenty one point five")
    assert said == {SlotText(text, "level", 3) for text in threes} | {SlotText(text, "level", 21.5) for text in others}


def test_a_number_that_counts_down_has_its_sign_in_the_value() -> None:
    (walk,) = {tuple(walk) for walk in _walks(Number("level", (3,), (3,), digits=True, words=None, times=-1))}
    assert walk == (SlotText("3", "level", -3),)


def test_a_language_without_number_words_says_digits() -> None:
    assert {walk[0] for walk in _walks(Number("level", (3,), (3,), digits=False, words=lambda _: ()))} == {
        SlotText("3", "level", 3)
    }


def test_english_is_compiled_whole_but_for_the_narrow_twins() -> None:
    language = compile_language("en")
    assert set(language.blocks) == set(load_intents("en")["intents"])
    # "turn off the {name} lamp" would label "bedside lamp" in a second way
    assert ("light",) not in {block.name_domains for block in language.blocks["HassTurnOff"]}
    assert ("light",) in {block.name_domains for block in language.blocks["HassLightSet"]}


def test_renamed_lists_yield_the_slot_but_for_free_text_in_the_place_of_a_name() -> None:
    names = {
        (piece.list_name, piece.label, piece.is_wildcard)
        for block in compile_language("en").blocks["HassStartTimer"]
        for sentence in block.sentences
        for walk in _walks(sentence, 2)
        for piece in walk
        if isinstance(piece, Open)
    }
    assert names == {("timer_name", "timer_name", True), ("timer_command", "conversation_command", True)}


def test_a_language_far_from_all_others_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="known are af, ar, bg"):
        load_intents("klingon!")
