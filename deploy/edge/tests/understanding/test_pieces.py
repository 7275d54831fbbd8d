from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline_edge.understanding.pieces import UNKNOWN_PENALTY, Pieces


def _spelled(lines: list[str], form: str) -> list[str | None]:
    return [None if number is None else lines[number].split("\t")[0] for number in Pieces(lines).cut(form)]


def test_a_word_falls_into_its_longest_pieces_where_these_have_no_scores() -> None:
    lines = ["un", "unlock", "##lock", "##ed", "##e", "##d"]
    assert _spelled(lines, "unlocked") == ["unlock", "##ed"]
    assert _spelled(lines, "unqed") == ["un", None, "##ed"]


def test_a_word_falls_into_its_likeliest_pieces_where_these_have_scores() -> None:
    lines = ["▁\t-3", "▁un\t-2", "▁unlo\t-1", "lock\t-2", "cked\t-9", "ed\t-2"]
    assert _spelled(lines, "unlocked") == ["▁un", "lock", "ed"]
    assert _spelled(lines, "unqed") == ["▁un", None, "ed"]


LETTERS = "abc"
_pieces = st.dictionaries(st.text(LETTERS, min_size=1, max_size=3), st.floats(-20, -0.1), min_size=1, max_size=12)


@given(_pieces, st.booleans(), st.text(LETTERS, min_size=1, max_size=8))
def test_no_other_cut_is_likelier(scores: dict[str, float], starts: bool, form: str) -> None:
    scores = {"▁": -1.0, **scores, **({"▁a": -0.5} if starts else {})}
    lines = [f"{piece}\t{score}" for piece, score in scores.items()]
    unknown = min(scores.values()) - UNKNOWN_PENALTY
    marked = f"▁{form}"

    def worth(parts: list[str]) -> float:
        return sum(scores.get(part, unknown if len(part) == 1 else -1e9) for part in parts)

    places = range(1, len(marked))
    every = (
        [marked[a:b] for a, b in zip((0, *cuts), (*cuts, len(marked)), strict=True)]
        for count in range(len(marked))
        for cuts in combinations(places, count)
    )
    found = sum(unknown if number is None else list(scores.values())[number] for number in Pieces(lines).cut(form))
    assert found == pytest.approx(max(worth(parts) for parts in every))


@pytest.mark.parametrize("lines", [["a\t-1", "b"], ["a\t-1\t2"], ["a\tnan"], ["a\tx"]])
def test_lines_that_are_no_pieces_are_refused(lines: list[str]) -> None:
    with pytest.raises(ValueError, match=r"score|float"):
        Pieces(lines)
