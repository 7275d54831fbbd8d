from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from schemas.artifacts.states import States

LENGTHS = st.lists(st.integers(0, 4), min_size=1, max_size=8)


def rows_of(lengths: list[int]) -> list[tuple[np.ndarray, np.ndarray]]:
    rng = np.random.default_rng(0)
    return [(rng.normal(size=(length, 3)).astype(np.float32), rng.integers(1, 9, (length, 2))) for length in lengths]


@given(LENGTHS)
def test_rows_come_back_as_they_were_put_in_and_one_without_words_is_a_state_of_zeros(lengths: list[int]) -> None:
    states = States.of(rows_of(lengths), 3, 2)
    assert len(states) == len(lengths)
    for number, (row, ids) in enumerate(rows_of(lengths)):
        assert np.array_equal(states.row(number), row if len(row) else np.zeros((1, 3)))
        assert np.array_equal(states.ids_of(number), ids if len(row) else np.zeros((1, 2)))


@given(LENGTHS, st.data())
def test_padding_is_zero_and_told_by_the_mask(lengths: list[int], data: st.DataObject) -> None:
    states = States.of(rows_of(lengths), 3, 2)
    rows = np.asarray(data.draw(st.lists(st.integers(0, len(lengths) - 1), min_size=1, max_size=5)))
    hidden, mask, ids = states.padded(rows)
    assert mask.sum(1).tolist() == [max(1, lengths[row]) for row in rows]
    assert not hidden[~mask].any() and not ids[~mask].any()
    for line, row in enumerate(rows):
        assert np.array_equal(hidden[line][mask[line]], states.row(row))
        assert np.array_equal(ids[line][mask[line]], states.ids_of(row))


def test_a_file_gives_back_what_was_saved(tmp_path: Path) -> None:
    states = States.joined([States.of(rows_of([2, 3]), 3, 2), States.of(rows_of([1]), 3, 2)])
    states.save(tmp_path / "states")
    found = States.load(tmp_path / "states")
    assert np.array_equal(found.hidden, states.hidden) and found.offsets.tolist() == [0, 2, 5, 6]
    assert np.array_equal(found.ids, states.ids)
