"""The words of many texts at once, as `split_words` cuts them one by one: by columns, at a tenth of the time.

Only texts of printable ASCII are cut by columns, which nearly all are in many languages' commands; the others are left
to `split_words`. `tests/model/data/test_words.py` compares the two.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from trunkline_edge.understanding.decode import OUTSIDE
from trunkline_edge.understanding.featurizer import Featurizer
from trunkline_edge.understanding.text import Word, split_words

_SPACE, _LETTER, _DIGIT, _SYMBOL = range(4)
_KINDS = np.full(256, _SYMBOL, dtype=np.uint8)
_KINDS[[ord(" "), ord("\n")]] = _SPACE
for _first, _last, _kind in (("a", "z", _LETTER), ("A", "Z", _LETTER), ("0", "9", _DIGIT)):
    _KINDS[ord(_first) : ord(_last) + 1] = _kind
_SMALL = np.arange(256, dtype=np.uint8)
_SMALL[ord("A") : ord("Z") + 1] += ord("a") - ord("A")
_ROW = 1 << 32
"""More than a text has characters, so that a place in a text and its row make one number."""


@dataclass(frozen=True)
class Words:
    """The words of some texts, in order."""

    texts: int
    rows: NDArray[np.int64]
    """Text of each word. Shape: (words,), as of all arrays here."""
    starts: NDArray[np.int64]
    """First character."""
    ends: NDArray[np.int64]
    """One past the last."""
    spelled: NDArray[np.int64]
    """Position of each word's form in `forms`."""
    forms: Sequence[str]
    """Distinct forms, as they come first."""

    @cached_property
    def offsets(self) -> NDArray[np.int64]:
        """Text i has the words from offsets[i] to before offsets[i + 1]. Shape: (texts + 1,)."""
        return np.searchsorted(self.rows, np.arange(self.texts + 1))

    def first(self, most: int) -> Words:
        """Return the first words of each text, at most so many; `forms` stay."""
        kept = np.arange(len(self.rows)) - self.offsets[self.rows] < most
        rows, spelled = self.rows[kept], self.spelled[kept]
        return Words(self.texts, rows, self.starts[kept], self.ends[kept], spelled, self.forms)

    def listed(self) -> list[list[Word]]:
        """Return the words of each text."""
        columns = (self.starts.tolist(), self.ends.tolist(), self.spelled.tolist())
        words = [Word(start, end, self.forms[form]) for start, end, form in zip(*columns, strict=True)]
        bounds = self.offsets.tolist()
        return [words[first:last] for first, last in pairwise(bounds)]

    def tags(
        self, rows: NDArray[np.int64], starts: NDArray[np.int64], ends: NDArray[np.int64], labels: NDArray[np.int64]
    ) -> NDArray[np.int64]:  # fmt: skip
        """Return the tag of each word for spans sorted by row and start, as `encode_tags` does for those of a row."""
        tags = np.full(len(self.rows), OUTSIDE, dtype=np.int64)
        first = np.searchsorted(self.rows * _ROW + self.ends, rows * _ROW + starts, "right")
        after = np.searchsorted(self.rows * _ROW + self.starts, rows * _ROW + ends)
        if len(after):  # a word that two spans cut belongs to the first
            first[1:] = np.maximum(first[1:], np.maximum.accumulate(after)[:-1])
        sizes = np.maximum(after - first, 0)
        words = np.repeat(first - np.cumsum(sizes) + sizes, sizes) + np.arange(sizes.sum())
        tags[words] = 2 * np.repeat(labels, sizes) + 2
        tags[first[sizes > 0]] = 2 * labels[sizes > 0] + 1
        return tags


def cut_words(texts: pl.Series) -> Words:
    """Cut texts into words as `split_words` does each."""
    is_plain = ~texts.str.contains(r"[^\x20-\x7e]")
    plain = texts.filter(is_plain)
    rows, starts, ends, forms = _cut_ascii(plain)
    if len(plain) == len(texts):
        return _spelled(len(texts), rows, starts, ends, forms)
    import pyarrow as pa  # takes 60 MiB, so only where rows are read

    odd = (~is_plain).arg_true().to_numpy().astype(np.int64)
    others = [(row, word) for row, text in zip(odd, texts.filter(~is_plain), strict=True) for word in split_words(text)]
    rows = np.concatenate([is_plain.arg_true().to_numpy().astype(np.int64)[rows], _integers(row for row, _ in others)])
    order = np.argsort(rows, kind="stable")
    starts = np.concatenate([starts, _integers(word.start for _, word in others)])
    ends = np.concatenate([ends, _integers(word.end for _, word in others)])
    forms = pa.concat_arrays([forms, pa.array([word.form for _, word in others], pa.large_string())])
    return _spelled(len(texts), rows[order], starts[order], ends[order], forms.take(pa.array(order)))


def heard(texts: pl.Series, featurizer: Featurizer) -> pl.Series:
    """Return what a featurizer hears of texts: `Featurizer.heard` of each."""
    skips = featurizer.config.skips
    if not skips:
        return texts
    # Beyond ASCII, letters have other small forms than those that a search through bytes knows.
    may_have = texts.str.contains_any(list(skips), ascii_case_insensitive=True) | texts.str.contains(r"[^\x00-\x7f]")
    at = may_have.arg_true()
    if not len(at):
        return texts
    said: list[str] = texts.to_list()
    for place in at:
        said[place] = featurizer.heard(said[place])
    return pl.Series(said, dtype=pl.String)


def _integers(values: Iterable[int]) -> NDArray[np.int64]:
    return np.fromiter(values, dtype=np.int64)


def _cut_ascii(texts: pl.Series) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], Any]:
    """Return row, start, end and Arrow's array of forms of the words of texts of printable ASCII."""
    import pyarrow as pa

    joined: str = texts.str.join("\n").item() if len(texts) else ""
    characters = np.frombuffer(joined.encode(), dtype=np.uint8)
    kinds = _KINDS[characters]
    is_word, is_alone = kinds != _SPACE, kinds == _SYMBOL
    changes = np.ones(len(kinds) + 1, dtype=np.bool_)
    changes[1:-1] = kinds[1:] != kinds[:-1]
    begins = np.flatnonzero(is_word & (is_alone | changes[:-1]))
    ends = np.flatnonzero(is_word & (is_alone | changes[1:])) + 1
    sizes = texts.str.len_bytes().to_numpy().astype(np.int64) + 1
    text_starts = np.cumsum(sizes) - sizes
    rows = np.searchsorted(text_starts, begins, "right") - 1
    offsets = np.concatenate([[0], np.cumsum(ends - begins)])
    spelling = _SMALL[characters[is_word]]
    forms = pa.LargeStringArray.from_buffers(len(begins), pa.py_buffer(offsets), pa.py_buffer(spelling))
    return rows, begins - text_starts[rows], ends - text_starts[rows], forms


def _spelled(
    texts: int, rows: NDArray[np.int64], starts: NDArray[np.int64], ends: NDArray[np.int64], forms: Any
) -> Words:  # fmt: skip
    table = forms.dictionary_encode()
    return Words(texts, rows, starts, ends, table.indices.to_numpy().astype(np.int64), table.dictionary.to_pylist())
