from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from model.batches import IGNORE, Encoded
from model.swap import SpanSwap
from schemas.dataset import Dataset
from schemas.spec import Spec
from trunkline_edge.decode import OUTSIDE

if TYPE_CHECKING:
    from tests.model.conftest import Workshop


@pytest.fixture
def rows(workshop: Workshop, spec: Spec, dataset: Dataset) -> Encoded:
    return workshop.encoded(spec, dataset)[0]


def _swap(rows: Encoded) -> SpanSwap:
    return SpanSwap(rows, "slots", frozenset({"next_word"}))


def _lines(rows: Encoded) -> list[list[tuple[int, int]]]:
    """(tag, word) of every word, row by row."""
    pairs = list(zip(rows.targets["slots"].tolist(), rows.words.tolist(), strict=True))
    return [pairs[begin:end] for begin, end in zip(rows.offsets[:-1], rows.offsets[1:], strict=True)]


def _frame(line: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """A row with every span as its B alone, whatever its words."""
    return [(tag, word if tag == OUTSIDE else 0) for tag, word in line if tag == OUTSIDE or tag % 2]


def _values(rows: Encoded) -> set[tuple[tuple[int, int], ...]]:
    """The spans as (tag, word) sequences."""
    found: list[list[tuple[int, int]]] = []
    for line in _lines(rows):
        for tag, word in line:
            if tag % 2:
                found.append([(tag, word)])
            elif tag != OUTSIDE:
                found[-1].append((tag, word))
    return {tuple(span) for span in found}


def test_nothing_to_swap_is_nothing_changed(rows: Encoded) -> None:
    same = _swap(rows).rows(0.0, 0, 1)
    assert _lines(same) == _lines(rows)
    assert all(np.array_equal(same.targets[name], rows.targets[name], equal_nan=True) for name in rows.targets)


@pytest.mark.parametrize("epoch", range(1, 6))
def test_spans_are_exchanged_for_others_of_their_label_and_all_else_stays(rows: Encoded, epoch: int) -> None:
    swapped = _swap(rows).rows(0.6, 0, epoch)
    assert _lines(swapped) != _lines(rows)
    assert [_frame(line) for line in _lines(swapped)] == [_frame(line) for line in _lines(rows)]
    assert _values(swapped) <= _values(rows)
    assert {name: len(target) for name, target in swapped.targets.items() if name in swapped.per_word} == {
        name: len(swapped.words) for name in swapped.per_word
    }
    assert swapped.offsets[-1] == len(swapped.words)


def test_spans_of_several_words_move_whole_and_rows_change_their_length(workshop: Workshop) -> None:
    spec = workshop.spec(["slots"])
    texts = {"play one": (5, 8), "play my two songs": (5, 17), "now play the third long song please": (9, 28)}
    labels = [{"slots": [{"start": start, "end": end, "label": "title"}]} for start, end in texts.values()]
    given = [{"text": text, "split": "train", "labels": label} for text, label in zip(texts, labels, strict=True)]
    rows, _ = workshop.encoded(spec, workshop.dataset(spec, given))
    swap = SpanSwap(rows, "slots", frozenset())
    lengths = set()
    for epoch in range(1, 9):
        swapped = swap.rows(0.99, 0, epoch)
        assert _values(swapped) <= _values(rows)
        assert [_frame(line) for line in _lines(swapped)] == [_frame(line) for line in _lines(rows)]
        lengths.add(tuple(swapped.lengths.tolist()))
    assert len(lengths) > 1


def test_a_next_word_is_never_that_of_another_row(rows: Encoded) -> None:
    swapped = _swap(rows).rows(0.6, 0, 1)
    known: dict[int, int] = {}
    for encoded in (rows, swapped):
        for line in range(len(encoded)):
            span = slice(encoded.offsets[line], encoded.offsets[line + 1])
            words, wanted = encoded.words[span].tolist(), encoded.targets["next_word"][span].tolist()
            for following, target in zip(words[1:], wanted, strict=False):
                if target != IGNORE:
                    assert known.setdefault(following, target) == target
            assert wanted[-1] == IGNORE


def test_an_epoch_is_the_same_whenever_it_is_made_and_epochs_differ(rows: Encoded) -> None:
    swap = _swap(rows)
    first, again, later = (swap.rows(0.5, 0, epoch) for epoch in (1, 1, 2))
    assert _lines(first) == _lines(again)
    assert _lines(first) != _lines(later)
