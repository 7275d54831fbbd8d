"""Encoded rows, and the order in which training sees them.

A row is stored as indices into a table of distinct word forms: four bytes a word. Each form is featurised once,
however often it is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from torch import Tensor

from model.data.words import Words, cut_words, heard
from schemas.data.dataset import Dataset
from schemas.data.heads import HeadPlan
from schemas.perturb.weak_labels import weak_label, weak_spans
from schemas.spec.heads import WORD_KINDS
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


_SPANS = pl.List(pl.Struct({"start": pl.Int64, "end": pl.Int64, "label": pl.String}))


def unchanged(frame: pl.DataFrame) -> pl.DataFrame:
    """Return rows as the data set has them."""
    return frame


@dataclass(frozen=True)
class Steps:
    """The steps of an epoch in their order, parted into windows: what has to be in memory at once."""

    sizes: Sequence[int]
    """Steps of each window."""
    window: Callable[[int], tuple[Encoded, list[NDArray[np.int64]]]]
    """From a window's place to its rows, and which of them each of its steps takes."""

    def __len__(self) -> int:
        return sum(self.sizes)

    def after(self, done: int) -> Iterator[tuple[Encoded, NDArray[np.int64]]]:
        """Yield the steps that are left when so many are done; windows that are over are not read."""
        for number, size in enumerate(self.sizes):
            if done < size:
                encoded, steps = self.window(number)
                for rows in steps[done:]:
                    yield encoded, rows
            done = max(0, done - size)


@dataclass(frozen=True)
class Encoded:
    """One split, or a part of it that is in memory, ready to be batched."""

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

    @cached_property
    def labelled(self) -> NDArray[np.int64]:
        """Which heads each row labels: a bit a head."""
        heads = np.zeros(len(self), dtype=np.int64)
        for bit, present in enumerate(self.has_label.values()):
            heads |= present.astype(np.int64) << bit
        return heads

    def steps(self, batch_size: int, seed: int, epoch: int) -> Steps:
        """Return the steps of an epoch."""
        steps = batch_rows(self, batch_size, seed, epoch)
        return Steps([len(steps)], lambda _: (self, steps))

    def parts(self) -> Iterator[Encoded]:
        """Yield all rows, in parts that fit into memory."""
        yield self

    def known_targets(self, head: str) -> NDArray[np.generic]:
        """Return the targets of a head with one a row, where they are known."""
        return self.targets[head][self.has_label[head]]

    def taken(self, rows: NDArray[np.int64]) -> Encoded:
        """Return some rows in another order."""
        lengths = self.lengths[rows]
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        words = np.repeat(self.offsets[rows] - offsets[:-1], lengths) + np.arange(offsets[-1])
        return Encoded(
            forms=self.forms,
            words=self.words[words],
            offsets=offsets,
            targets={name: target[words if name in self.per_word else rows] for name, target in self.targets.items()},
            has_label={name: present[rows] for name, present in self.has_label.items()},
            per_word=self.per_word,
            lexicon=None if self.lexicon is None else self.lexicon[words],
        )

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
    """Positions of the rows in what they were taken from."""
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
    forms = no_forms()
    parts = [encode_frame(frame, forms, featurizer, heads, change, known) for frame in dataset.batches(split)]
    return joined(parts, featurize(forms, featurizer))


def no_forms() -> dict[str, int]:
    """Return word forms by position before any row was read: the one word of rows that have none."""
    return {"": 0}


def featurize(forms: Iterable[str], featurizer: Featurizer) -> NDArray[np.int64]:
    """Return the feature ids of word forms. Shape: (forms, max_features)."""
    read = [featurizer.features(form) for form in forms]
    features = np.zeros((len(read), featurizer.config.max_features), dtype=np.int64)
    for index, ids in enumerate(read):
        features[index, : len(ids)] = ids
    return features


def encode_frame(
    given: pl.DataFrame,
    forms: dict[str, int],
    featurizer: Featurizer,
    heads: Sequence[HeadPlan],
    change: Callable[[pl.DataFrame], pl.DataFrame] = unchanged,
    known: Known | None = None,
) -> Encoded:
    """Read one frame as `encode` does; words that are new go into `forms`, whose features the result does not have."""
    frame = change(given)
    words = cut_words(heard(frame["text"], featurizer)).first(featurizer.config.max_words)
    of_form = np.zeros(len(words.forms), dtype=np.int32)
    for each in dict.fromkeys(words.spelled.tolist()):
        of_form[each] = forms.setdefault(words.forms[each], len(forms))
    lexicon = known(given, [row or [_NO_WORD] for row in words.listed()]) if known is not None else []
    # A row without words is read as one that nobody knows.
    gaps = words.offsets[:-1][np.diff(words.offsets) == 0]
    targets = {head.name: _targets(head, frame, words, gaps, featurizer) for head in heads}
    return Encoded(
        forms=np.zeros((0, featurizer.config.max_features), dtype=np.int64),
        words=np.insert(of_form[words.spelled], gaps, 0),
        offsets=np.cumsum([0, *np.maximum(np.diff(words.offsets), 1)], dtype=np.int64),
        targets={name: target for name, (target, _) in targets.items()},
        has_label={name: present for name, (_, present) in targets.items()},
        per_word=frozenset(head.name for head in heads if head.kind in ("tag", *WORD_KINDS)),
        lexicon=np.concatenate(lexicon) if lexicon else None,
    )


def joined(parts: Sequence[Encoded], forms: NDArray[np.int64]) -> Encoded:
    """Put parts together whose words are positions in one table of forms."""
    if not parts:
        return Encoded(forms, np.zeros(0, dtype=np.int32), np.zeros(1, dtype=np.int64), {}, {}, frozenset())
    lexicon = [part.lexicon for part in parts if part.lexicon is not None]
    return Encoded(
        forms=forms,
        words=np.concatenate([part.words for part in parts]),
        offsets=np.concatenate([[0], np.cumsum(np.concatenate([part.lengths for part in parts]))]),
        targets={name: np.concatenate([part.targets[name] for part in parts]) for name in parts[0].targets},
        has_label={name: np.concatenate([part.has_label[name] for part in parts]) for name in parts[0].has_label},
        per_word=parts[0].per_word,
        lexicon=np.concatenate(lexicon) if lexicon else None,
    )


def _targets(
    head: HeadPlan, frame: pl.DataFrame, words: Words, gaps: NDArray[np.int64], featurizer: Featurizer
) -> tuple[NDArray[np.generic], NDArray[np.bool_]]:
    """Return the targets of one head for a frame, and which rows carry any; at `gaps` are rows without words."""
    if head.kind in WORD_KINDS:
        if head.kind == "next_word":
            of_form = [_word_target(featurizer.word_id(form)) for form in words.forms]
        else:  # a hidden word is told by its id, which is that of the word meant
            of_form = [_word_target(featurizer.features(form)[0]) for form in words.forms]
        flat = np.insert(np.asarray(of_form, dtype=np.int64)[words.spelled], gaps, IGNORE)
        lasts = np.cumsum(np.maximum(np.diff(words.offsets), 1)) - 1
        if head.kind == "next_word":
            after = [IGNORE if each is None else _word_target(featurizer.word_id(each)) for each in _after(head, frame)]
            flat = np.roll(flat, -1)
            flat[lasts] = after
        told = np.concatenate([[0], np.cumsum(flat != IGNORE)])[np.concatenate([[0], lasts + 1])]
        return flat, np.diff(told) > 0
    column = _labels(head, frame)
    index = {label: i for i, label in enumerate(head.labels)}
    present = column.is_not_null().to_numpy()
    if head.kind == "tag":
        rows = pl.DataFrame({"row": np.arange(len(column)), "span": column}).filter(pl.col("span").list.len() > 0)
        number = pl.col("label").replace_strict(index, default=None, return_dtype=pl.Int64)
        spans = rows.explode("span").unnest("span").select("row", "start", "end", number).drop_nulls("label")
        tags = words.tags(*spans.to_numpy().T)
        tags[~present[words.rows]] = IGNORE
        return np.insert(tags, gaps, IGNORE), present & (np.diff(words.offsets) > 0)
    labels = column.to_list()
    if head.kind == "class":
        # A label that train has never seen cannot be learned; it counts as a miss when scored.
        found = [index.get(label, IGNORE) if label is not None else IGNORE for label in labels]
        target = np.asarray(found, dtype=np.int64)
        return target, target != IGNORE
    if head.kind == "score":
        return np.asarray([np.nan if label is None else label for label in labels], dtype=np.float32), present
    many = np.full((len(labels), len(head.labels)), np.nan, dtype=np.float32)
    for i, label in enumerate(labels):
        if label is not None:
            many[i] = 0
            many[i, [index[item] for item in label if item in index]] = 1
    return many, present


def _labels(head: HeadPlan, frame: pl.DataFrame) -> pl.Series:
    """Return what the rows, or a rule, say of a head."""
    if head.weak_label is not None:
        by_rule = weak_spans if head.kind == "tag" else weak_label
        dtype = _SPANS if head.kind == "tag" else pl.String
        return pl.Series([by_rule(head.weak_label, text) for text in frame["text"]], dtype=dtype)
    if head.reads is not None:
        return frame[head.reads]
    if head.twin_of is not None:
        number_of = dict(head.numbers)
        numbers = [number_of.get(label) for label in frame["labels"].struct.field(head.twin_of)]
        return pl.Series(numbers, dtype=pl.Float64)
    return frame["labels"].struct.field(head.name)


def _after(head: HeadPlan, frame: pl.DataFrame) -> Sequence[str | None]:
    """Return the word after each text, where the rows say any: of a next-word head that ships they may."""
    return [None] * len(frame) if head.auxiliary else frame["labels"].struct.field(head.name).to_list()


def _word_target(word_id: int) -> int:
    """Target 0 is the most frequent word; the rare and unknown are ignored."""
    index = word_id - UNKNOWN_ID - 1
    return index if 0 <= index < NEXT_WORD_TARGETS else IGNORE


def batch_rows(
    encoded: Encoded, batch_size: int, seed: int, epoch: int, window: int = 0
) -> list[NDArray[np.int64]]:  # fmt: skip
    """Return the rows of each step of an epoch; a pure function of its arguments, so a resumed epoch is the same one.

    Rows are grouped by which heads they label. Every step takes its share of every group, so that heads labelled in
    different data sets meet in each step; a group smaller than the number of steps comes round again.
    """
    rng = np.random.default_rng((seed, epoch, window))  # window 0's is that of (seed, epoch), to which numpy adds zeros
    steps = max(1, -(-len(encoded) // batch_size))
    per_step: list[list[NDArray[np.int64]]] = [[] for _ in range(steps)]
    for group in np.unique(encoded.labelled):
        if group == 0:
            continue  # rows that label nothing teach nothing
        rows = rng.permutation(np.flatnonzero(encoded.labelled == group))
        if len(rows) < steps:
            rows = np.resize(rows, steps)
        bounds = np.linspace(0, len(rows), steps + 1).round().astype(np.int64)
        for first in range(0, steps, BUCKET_STEPS):
            last = min(first + BUCKET_STEPS, steps)
            bucket = rows[bounds[first] : bounds[last]]
            bucket = bucket[np.argsort(encoded.lengths[bucket], kind="stable")]
            for step in range(first, last):
                per_step[step].append(bucket[bounds[step] - bounds[first] : bounds[step + 1] - bounds[first]])
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
