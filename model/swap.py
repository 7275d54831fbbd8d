"""Augmentation: a span's words exchanged for those of another span with its label, from any train row.

Names and titles are open sets of which train rows show a few; swapping them shows each in many more sentences
(cf. Dai & Adel 2020, arXiv 2010.11683, "mention replacement").
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from model.batches import IGNORE, Encoded


class SpanSwap:
    """Makes an epoch's rows of the rows as they are."""

    def __init__(self, encoded: Encoded, tag_head: str, next_word_heads: frozenset[str]) -> None:
        self.encoded, self.next_word_heads = encoded, next_word_heads
        tags = encoded.targets[tag_head]
        self.begins = np.flatnonzero((tags > 0) & (tags % 2 == 1))
        """First word of every span."""
        is_last = np.zeros(len(tags), dtype=np.bool_)
        is_last[encoded.offsets[1:] - 1] = True
        goes_on = np.append(tags[1:], 0) % 2 == 0
        goes_on &= (np.append(tags[1:], 0) > 0) & ~is_last
        stops = np.flatnonzero(~goes_on)
        self.ends = stops[np.searchsorted(stops, self.begins)] + 1
        """One past the last word of every span."""
        values: dict[int, dict[bytes, int]] = defaultdict(dict)
        for span, (begin, end) in enumerate(zip(self.begins, self.ends, strict=True)):
            values[int(tags[begin])].setdefault(encoded.words[begin:end].tobytes(), span)
        # Each value once: drawn as often as they occur, the frequent ones would come back for the rare.
        self._values = {tag: np.asarray(list(spans.values())) for tag, spans in values.items()}
        self._tags = tags[self.begins]

    def rows(self, share: float, seed: int, epoch: int) -> Encoded:
        """Return the rows with about this share of their spans exchanged; a pure function of its arguments."""
        rng = np.random.default_rng((seed, epoch, 1))
        donor = np.arange(len(self.begins))
        for tag, spans in self._values.items():
            chosen = np.flatnonzero((self._tags == tag) & (rng.random(len(self.begins)) < share))
            donor[chosen] = rng.choice(spans, len(chosen))
        return self._with(donor)

    def _with(self, donor: NDArray[np.int64]) -> Encoded:
        """Exchange span i for span donor[i]: every word of the result is a word of the train rows, found by place."""
        pieces, position = [], 0
        for span in np.flatnonzero(donor != np.arange(len(donor))):
            pieces += [
                np.arange(position, self.begins[span]),
                np.arange(self.begins[donor[span]], self.ends[donor[span]]),
            ]
            position = self.ends[span]
        source = np.concatenate([*pieces, np.arange(position, len(self.encoded.words))])
        grown = np.zeros(len(self.encoded.words) + 1, dtype=np.int64)
        grown[self.ends] = (self.ends - self.begins)[donor] - (self.ends - self.begins)
        offsets = self.encoded.offsets + np.cumsum(grown)[self.encoded.offsets]
        targets = {
            name: target[source] if name in self.encoded.per_word else target
            for name, target in self.encoded.targets.items()
        }
        seam = np.append(np.diff(source) != 1, False)
        for name in self.next_word_heads:
            targets[name] = np.where(seam, IGNORE, targets[name])  # the word that follows is another now
        return replace(self.encoded, words=self.encoded.words[source], offsets=offsets, targets=targets)
