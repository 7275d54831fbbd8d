from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from deploy.skills.build import fitting

LINES = st.lists(st.binary(min_size=1, max_size=9), min_size=1, max_size=40)


@given(LINES, st.integers(0, 400))
def test_golden_answers_fit_and_there_is_always_one(lines: list[bytes], most: int) -> None:
    kept = fitting(lines, most)
    assert len(kept) == 1 or sum(map(len, kept)) <= most
    assert kept[0] == lines[0]


@given(LINES)
def test_where_there_is_room_all_are_kept(lines: list[bytes]) -> None:
    assert fitting(lines, sum(map(len, lines))) == lines


def test_they_are_from_all_over() -> None:
    assert fitting([b"a", b"b", b"c", b"d", b"e"], 3) == [b"a", b"c", b"e"]
