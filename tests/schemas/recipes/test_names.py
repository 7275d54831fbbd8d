"""Vocabularies: what belongs to which split, and how many names there are."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.recipes import words
from schemas.recipes.names import NAMED_DOMAINS, SPLITS, invented, pool, proper, split_of

KINDS = [*sorted(NAMED_DOMAINS), "area", "floor", "shopping_list_item", "todo_list_item", "search_query", "message"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_names_in_every_split_and_none_in_two(kind: str) -> None:
    names = {split: {name for names in pool(kind, split).patterns for name in names} for split in SPLITS}
    assert min(map(len, names.values())) >= 10
    assert len(set.union(*names.values())) == sum(map(len, names.values()))
    assert all(split_of(name) == split for split in SPLITS for name in names[split])


def test_devices_have_thousands_of_names() -> None:
    assert all(sum(len(names) for names in pool(kind, "train").patterns) > 2_000 for kind in ("light", "cover", "area"))


def test_a_first_name_or_an_invented_word_decides_the_split_of_all_its_names() -> None:
    for word in (*words.OWNERS[:20], *invented()[:20]):
        assert {split_of(name) for name in (word, f"{word}'s lamp", f"the {word} tv", word.title())} == {split_of(word)}


def test_kinds_of_one_domain_are_not_kinds_of_another() -> None:
    kinds = [kind for table in words.KINDS.values() for kind in table]
    assert len(kinds) == len(set(kinds))


def test_no_modifier_of_a_device_is_a_room() -> None:
    assert not set(words.KIND_MODIFIERS) & {*words.ROOMS, *words.RARE_ROOMS, *words.FLOORS}


def test_invented_words_are_no_words_of_the_tables() -> None:
    assert len(invented()) > 1_000
    assert not set(invented()) & {word for name in (*words.ROOMS, *words.GOODS, *words.OWNERS) for word in name.split()}


def test_proper_names_have_capitals_and_other_words_have_not() -> None:
    assert proper("lena's floor lamp") == "Lena's floor lamp"
    assert proper("berlin") == "Berlin"


def test_a_pool_draws_only_its_own_names() -> None:
    rng = Random(0)
    assert {split_of(pool("area", "test").draw(rng)) for _ in range(200)} == {"test"}


@given(st.text("abcdefghij' ", max_size=30))
def test_any_text_has_one_split_whatever_its_case(text: str) -> None:
    assert split_of(text) == split_of(text.upper())
