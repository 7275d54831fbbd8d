from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from schemas.data.leaks import find_leaks
from trunkline_edge.understanding.text import normalise

TEXTS = st.lists(st.sampled_from(["lamp on", "Lamp  ON", "fan off", "rain?", "ĺamp on", "off"]), max_size=12)


def frames(texts: list[str], size: int = 5) -> list[pl.DataFrame]:
    return [pl.DataFrame({"text": texts[begin : begin + size]}) for begin in range(0, len(texts), size)]


def test_a_text_that_was_learned_is_found_in_whatever_case_and_form_it_is_written() -> None:
    leaks = find_leaks(frames(["fan off", "Lamp on", "Café?", "lamp ON"]), frames(["lamp  on", "cafe\u0301?"]))
    assert leaks.tolist() == [1, 2, 3]


def test_nothing_learned_leaks_nothing() -> None:
    assert find_leaks(frames(["lamp on"]), []).tolist() == []
    assert find_leaks([], frames(["lamp on"])).tolist() == []


@given(TEXTS, TEXTS, st.integers(1, 4))
def test_a_row_leaks_if_and_only_if_its_text_is_among_the_learned(held: list[str], learned: list[str], n: int) -> None:
    forms = {normalise(text) for text in learned}
    expected = [place for place, text in enumerate(held) if normalise(text) in forms]
    assert find_leaks(frames(held, n), frames(learned)).tolist() == expected
