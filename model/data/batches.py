"""Encoded rows, and the order in which training sees them.

A row is stored as indices into a table of distinct word forms: four bytes a word. Each form is featurised once,
however often it is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from torch import Tensor

from schemas.data.dataset import Dataset
from schemas.data.heads import HeadPlan
from schemas.perturb.weak_labels import weak_label, weak_spans
from schemas.spec.heads import WORD_KINDS
from trunkline_edge.understanding.decode import encode_tags
from trunkline_edge.understanding.featurizer import UNKNOWN_ID, Featurizer
from trunkline_edge.understanding.text import Word

_NO_WORD = Word(0, 0, "")
IGNORE = -1
"""Target of a word or row that carries no label of a head."""
NEXT_WORD_TARGETS = 2_000
"""Words that the auxiliary next-word head tells apart, the most frequent ones; others are ignored. The output layer
would otherwise cost more than the trunk."""
BUCKET_STEPS = 16
"""Steps' worth of shuffled rows sorted by length together: long enough to save padding, short enough to mix."""

Known = Callable[[pl.DataFrame, Sequence[Sequence[Word]]], list[NDArray[np.float32]]]
"""From rows and the words heard of each to what is known of these by name: (words, 2 x lists) a row."""


def unchanged(frame: pl.DataFrame) -> pl.DataFrame:
    """Return rows as the data set has them."""
    return frame


@dataclass(frozen=True)
class Encoded:
    """One split, ready to be batched."""

    forms: NDArray[np.int64]
    """Distinct word forms as feature ids. Shape: (forms, max_features)."""
    words: NDArray[np.int32]
    """All rows' words one after the other, as positions in `forms`."""
    offsets: NDArray[np.int64]
    """Row i has words[offsets[i]:offsets[i + 1]]."""
    targets: Mapping[str, NDArray[np.generic]]
    """Head -> targets. class: (rows,) int64; multilabel: (rows, labels) float32, NaN unknown; score: (rows,) float32,
    NaN unknown; tag and `WORD_KINDS`: (words,) int64."""
    has_label: Mapping[str, NDArray[np.bool_]]
    """Head -> (rows,): does the row carry a label of it?"""
    per_word: frozenset[str]
    """Heads with a target a word; the others have one a row."""
    lexicon: NDArray[np.float32] | None = None
    """What is known by name of each word, in the homes of this epoch. Shape: (words, 2 x lists)."""

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @cached_property
    def lengths(self) -> NDArray[np.int64]:
        """Words of each row."""
        return np.diff(self.offsets)

    def places(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
        """Return where some rows have words, and where among all words these stand; 0 on padding. Shapes: (B, N)."""
        lengths = self.lengths[rows]
        position = np.arange(int(lengths.max()))
        mask = position < lengths[:, np.newaxis]
        return mask, np.where(mask, self.offsets[rows][:, np.newaxis] + position, 0)


@dataclass(frozen=True)
class Batch:
    """One step's rows. Shapes: B rows, N words, K features."""

    rows: NDArray[np.int64]
    """Positions of the rows in their split."""
    ids: Tensor
    """(B, N, K) int64."""
    mask: Tensor
    """(B, N) bool, True on words."""
    targets: Mapping[str, Tensor]
    """Heads with at least one label here: class (B,), multilabel (B, C), score (B,), tag and kinds of words (B, N)."""
    lexicon: Tensor | None = None
    """(B, N, 2 x lists) float32, for nets that read names."""

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        """What a net's `forward` takes."""
        return (self.ids, self.mask) if self.lexicon is None else (self.ids, self.mask, self.lexicon)

    def to(self, device: torch.device) -> Batch:
        """Copy to a device; from pinned memory the copy overlaps with work on the GPU."""

        def move(tensor: Tensor) -> Tensor:
            return tensor.to(device, non_blocking=True)

        targets = {head: move(target) for head, target in self.targets.items()}
        lexicon = None if self.lexicon is None else move(self.lexicon)
        return Batch(self.rows, move(self.ids), move(self.mask), targets, lexicon)


def encode(
    dataset: Dataset,
    split: str,
    featurizer: Featurizer,
    heads: Sequence[HeadPlan],
    change: Callable[[pl.DataFrame], pl.DataFrame] = unchanged,
    known: Known | None = None,
) -> Encoded:
    """Read a split into arrays, each frame after `change`.

    `known` is asked with each frame as the data set has it and with the words that `change` left.

    Rows without a word get one unknown word, so that every row has a position.
    """
    form_index: dict[str, int] = {"": 0}  # the one word of rows that have none
    words: list[NDArray[np.int32]] = []
    lengths: list[NDArray[np.int64]] = []
    targets: dict[str, list[NDArray[np.generic]]] = {head.name: [] for head in heads}
    has_label: dict[str, list[NDArray[np.bool_]]] = {head.name: [] for head in heads}
    lexicon: list[NDArray[np.float32]] = []
    for given in dataset.batches(split):
        frame = change(given)
        cut = [featurizer.words(text)[: featurizer.config.max_words] for text in frame["text"]]
        row_words = [[form_index.setdefault(word.form, len(form_index)) for word in row] or [0] for row in cut]
        lengths.append(np.asarray([len(row) for row in row_words], dtype=np.int64))
        words.append(np.asarray([index for row in row_words for index in row], dtype=np.int32))
        if known is not None:
            lexicon += known(given, [row or [_NO_WORD] for row in cut])
        for head in heads:
            target, present = _targets(head, frame, cut, featurizer)
            targets[head.name].append(target)
            has_label[head.name].append(present)
    features = np.zeros((len(form_index), featurizer.config.max_features), dtype=np.int64)
    for form, index in form_index.items():
        ids = featurizer.features(form)
        features[index, : len(ids)] = ids
    return Encoded(
        forms=features,
        words=np.concatenate(words) if words else np.zeros(0, dtype=np.int32),
        offsets=np.concatenate([[0], np.cumsum(np.concatenate(lengths))]) if lengths else np.zeros(1, dtype=np.int64),
        targets={name: np.concatenate(parts) for name, parts in targets.items() if parts},
        has_label={name: np.concatenate(parts) for name, parts in has_label.items() if parts},
        per_word=frozenset(head.name for head in heads if head.kind in ("tag", *WORD_KINDS)),
        lexicon=np.concatenate(lexicon) if lexicon else None,
    )


def _targets(
    head: HeadPlan, frame: pl.DataFrame, cut: Sequence[Sequence[Word]], featurizer: Featurizer
) -> tuple[NDArray[np.generic], NDArray[np.bool_]]:
    """Return the targets of one head for a frame, and which rows carry any."""
    if head.kind in WORD_KINDS:
        if head.kind == "next_word":
            words = [
                [*(word.form for word in row[1:]), after] for row, after in zip(cut, _after(head, frame), strict=True)
            ]
            rows = [
                [IGNORE if each is None else _word_target(featurizer.word_id(each)) for each in row] for row in words
            ]
        else:  # a hidden word is told by its id, which is that of the word meant
            rows = [[_word_target(featurizer.features(word.form)[0]) for word in row] for row in cut]
        rows = [row or [IGNORE] for row in rows]
        flat = np.asarray([target for row in rows for target in row], dtype=np.int64)
        return flat, np.asarray([any(t != IGNORE for t in row) for row in rows], dtype=np.bool_)
    labels: list[Any]
    if head.weak_label is not None:
        by_rule = weak_spans if head.kind == "tag" else weak_label
        labels = [by_rule(head.weak_label, text) for text in frame["text"]]
    elif head.reads is not None:
        labels = frame[head.reads].to_list()
    elif head.twin_of is not None:
        number_of = dict(head.numbers)
        labels = [number_of.get(label) for label in frame["labels"].struct.field(head.twin_of)]
    else:
        labels = frame["labels"].struct.field(head.name).to_list()
    index = {label: i for i, label in enumerate(head.labels)}
    present = np.asarray([label is not None for label in labels], dtype=np.bool_)
    if head.kind == "class":
        # A label that train has never seen cannot be learned; it counts as a miss when scored.
        found = [index.get(label, IGNORE) if label is not None else IGNORE for label in labels]
        target = np.asarray(found, dtype=np.int64)
        return target, target != IGNORE
    if head.kind == "score":
        return np.asarray([np.nan if label is None else label for label in labels], dtype=np.float32), present
    if head.kind == "multilabel":
        many = np.full((len(labels), len(head.labels)), np.nan, dtype=np.float32)
        for i, label in enumerate(labels):
            if label is not None:
                many[i] = 0
                many[i, [index[item] for item in label if item in index]] = 1
        return many, present
    tags: list[int] = []
    for row, spans in zip(cut, labels, strict=True):
        if spans is None or not row:
            tags.extend([IGNORE] * max(len(row), 1))
        else:
            known = [(s["start"], s["end"], index[s["label"]]) for s in spans if s["label"] in index]
            tags.extend(encode_tags(row, known))
    return np.asarray(tags, dtype=np.int64), present & np.asarray([len(row) > 0 for row in cut], dtype=np.bool_)


def _after(head: HeadPlan, frame: pl.DataFrame) -> Sequence[str | None]:
    """Return the word after each text, where the rows say any: of a next-word head that ships they may."""
    return [None] * len(frame) if head.auxiliary else frame["labels"].struct.field(head.name).to_list()


def _word_target(word_id: int) -> int:
    """Target 0 is the most frequent word; the rare and unknown are ignored."""
    index = word_id - UNKNOWN_ID - 1
    return index if 0 <= index < NEXT_WORD_TARGETS else IGNORE


def batch_rows(encoded: Encoded, batch_size: int, seed: int, epoch: int) -> list[NDArray[np.int64]]:
    """Return the rows of each step of an epoch; a pure function of its arguments, so a resumed epoch is the same one.

    Rows are grouped by which heads they label. Every step takes its share of every group, so that heads labelled in
    different data sets meet in each step; a group smaller than the number of steps comes round again.
    """
    rng = np.random.default_rng((seed, epoch))
    steps = max(1, -(-len(encoded) // batch_size))
    signature = np.zeros(len(encoded), dtype=np.int64)
    for bit, present in enumerate(encoded.has_label.values()):
        signature |= present.astype(np.int64) << bit
    per_step: list[list[NDArray[np.int64]]] = [[] for _ in range(steps)]
    for group in np.unique(signature):
        if group == 0:
            continue  # rows that label nothing teach nothing
        rows = rng.permutation(np.flatnonzero(signature == group))
        if len(rows) < steps:
            rows = np.resize(rows, steps)
        bounds = np.linspace(0, len(rows), steps + 1).round().astype(np.int64)
        for first in range(0, steps, BUCKET_STEPS):
            last = min(first + BUCKET_STEPS, steps)
            window = rows[bounds[first] : bounds[last]]
            window = window[np.argsort(encoded.lengths[window], kind="stable")]
            for step in range(first, last):
                per_step[step].append(window[bounds[step] - bounds[first] : bounds[step + 1] - bounds[first]])
    order = rng.permutation(steps)
    return [rows for step in order if per_step[step] for rows in [np.concatenate(per_step[step])] if len(rows)]


def by_length(encoded: Encoded, batch_size: int, rows: NDArray[np.int64] | None = None) -> Iterator[NDArray[np.int64]]:
    """Yield all rows, or those at some positions, once, in batches of like length: where order is free."""
    rows = np.arange(len(encoded)) if rows is None else rows
    order = rows[np.argsort(encoded.lengths[rows], kind="stable")]
    for first in range(0, len(order), batch_size):
        yield order[first : first + batch_size]


def collate(encoded: Encoded, rows: NDArray[np.int64], *, pin: bool = False) -> Batch:
    """Gather rows into padded tensors; heads without any label among the rows are absent from `targets`."""
    mask, source = encoded.places(rows)
    ids = encoded.forms[encoded.words[source]] * mask[..., np.newaxis]
    targets: dict[str, Tensor] = {}
    for name, target in encoded.targets.items():
        if not encoded.has_label[name][rows].any():
            continue
        picked = np.where(mask, target[source], IGNORE) if name in encoded.per_word else target[rows]
        targets[name] = torch.from_numpy(np.ascontiguousarray(picked))
    lexicon = None
    if encoded.lexicon is not None:
        lexicon = torch.from_numpy(encoded.lexicon[source] * mask[..., np.newaxis])
    batch = Batch(rows, torch.from_numpy(ids), torch.from_numpy(mask), targets, lexicon)
    if not pin:
        return batch
    return Batch(
        rows,
        batch.ids.pin_memory(),
        batch.mask.pin_memory(),
        {k: v.pin_memory() for k, v in targets.items()},
        None if lexicon is None else lexicon.pin_memory(),
    )
