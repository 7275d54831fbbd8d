"""The featurizer: text to the ids that the trunk looks up.

One position a word. A word is read as a handful of features: its own id when the vocabulary has it, and hashed
character n-grams (Bojanowski et al. 2017, arXiv 1607.04606), so that a name never seen still has a face: the device
needs `zlib.crc32` and a word list. Under a pre-trained encoder that reads its own pieces a word's features are these.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, islice

import numpy as np
from numpy.typing import NDArray

from trunkline_edge.bundle.manifest import PIECES, FeaturizerConfig
from trunkline_edge.understanding.edits import Mender
from trunkline_edge.understanding.pieces import Pieces
from trunkline_edge.understanding.text import Word, split_words

PAD_ID = 0
"""Empty feature slot; its row in the embedding table is zero."""
UNKNOWN_ID = 1
"""Feature of a word outside the vocabulary."""
FIRST_WORD_ID = 2
MIN_MENDED = 3
"""Letters of a word that may be mended, and of what it may become; chosen by measurement: docs/adr/0016-slips.md."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """One utterance, read."""

    words: tuple[Word, ...]
    ids: NDArray[np.int64]
    """Shape: (words, max_features); unused slots hold `PAD_ID`."""
    is_cut: bool
    """True when words past `max_words` were left out."""


class Featurizer:
    """Turns text into ids; equal text gives equal ids on every machine.

    Raises `ValueError` where the vocabulary of a `kind: pieces` is none of pieces.
    """

    def __init__(self, config: FeaturizerConfig, vocabulary: Iterable[str]) -> None:
        self.config = config
        self.vocabulary = tuple(vocabulary)
        self._pieces = Pieces(self.vocabulary) if config.kind == PIECES else None
        self._word_ids = {word: FIRST_WORD_ID + i for i, word in enumerate(self.vocabulary)}
        self._mender = Mender(self.vocabulary[: config.mends], MIN_MENDED) if self._pieces is None else None
        # A comma after a hesitation belongs to it.
        self._skipped = re.compile(
            rf"(?<![\w'-])(?:{'|'.join(map(re.escape, config.skips))})(?![\w'\u0300-\u036f-])(?:\s*,)?", re.IGNORECASE
        )
        # Devices hear the same few hundred words again and again; a bounded cache keeps hashing off the hot path.
        self.features = lru_cache(maxsize=8192)(self._features)

    @property
    def size(self) -> int:
        """Number of ids: pad, unknown, words and buckets, or pieces."""
        return FIRST_WORD_ID + len(self.vocabulary) + (0 if self._pieces else self.config.buckets)

    def heard(self, text: str) -> str:
        """Return a text with spaces in place of hesitations, of the same length: `config.skips` are not read."""
        if not self.config.skips:
            return text
        return self._skipped.sub(lambda found: " " * len(found.group()), text)

    def words(self, text: str) -> list[Word]:
        """Return all words that count, where they stand in the text."""
        return split_words(self.heard(text))

    def read(self, text: str) -> Encoding:
        """Read one utterance. An utterance without words has ids of shape (0, max_features)."""
        words = self.words(text)
        kept = tuple(words[: self.config.max_words])
        ids = np.zeros((len(kept), self.config.max_features), dtype=np.int64)
        for position, word in enumerate(kept):
            features = self.features(word.form)
            ids[position, : len(features)] = features
        return Encoding(kept, ids, len(words) > len(kept))

    def word_id(self, form: str) -> int:
        """Return the id of a word form, or `UNKNOWN_ID`."""
        return self._word_ids.get(form, UNKNOWN_ID)

    def meant(self, form: str) -> str:
        """Return the word as which a word form is read: itself, or a known one that is one slip away."""
        return form if self._mender is None or form in self._word_ids else self._mender.mended(form)

    def _features(self, form: str) -> tuple[int, ...]:
        if self._pieces is not None:
            pieces = self._pieces.cut(form)[: self.config.max_features]
            return tuple(UNKNOWN_ID if piece is None else FIRST_WORD_ID + piece for piece in pieces)
        form = self.meant(form)
        first_bucket = FIRST_WORD_ID + len(self.vocabulary)
        # "<" and ">" mark the ends, so that prefixes and suffixes have n-grams of their own.
        marked = f"<{form}>"
        grams: Iterable[str] = (
            marked[start : start + length]
            for length in range(self.config.ngram_min, self.config.ngram_max + 1)
            for start in range(len(marked) - length + 1)
        )
        if form.isdigit():
            # How many digits says more about a number than which ones.
            grams = chain(["#" * len(form)], grams)
        # No more are made than are kept: a text may be one word, of thousands of characters in NFKC.
        kept = islice(grams, self.config.max_features - 1)
        return (self.word_id(form), *(first_bucket + zlib.crc32(gram.encode()) % self.config.buckets for gram in kept))
