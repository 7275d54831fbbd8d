"""From logits to labels: probabilities, spans from BIO tags.

Training finds its best epoch with `best_tags`, `softmax` and `sigmoid` of here; the whole runtime scores bundles.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from trunkline_edge.understanding.text import Word

OUTSIDE = 0
"""Tag id of "no span"; label k has B = 2k + 1 and I = 2k + 2."""

Floats = NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class DecodedSpan:
    """A labelled piece of text."""

    start: int
    """First character."""
    end: int
    """One past the last character."""
    label: str
    p: float
    """Mean probability of its tags, among all legal sequences."""


def softmax(logits: Floats) -> Floats:
    """Softmax over the last axis, safe for large logits."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True))


def sigmoid(logits: Floats) -> Floats:
    """Logistic function, safe for large logits."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * logits)))


def tag_count(labels: Sequence[str]) -> int:
    """Return the number of BIO tags for a label set."""
    return 2 * len(labels) + 1


def tag_name(tag: int, labels: Sequence[str]) -> str:
    """Return a tag as people write it: "O", "B-area", "I-area"."""
    return "O" if tag == OUTSIDE else f"{'B' if tag % 2 else 'I'}-{labels[(tag - 1) // 2]}"


def lean_of(labels: Sequence[str], leaning: Container[str], lean: float) -> NDArray[np.float32]:
    """Return what leans a head's logits to some of its labels: `lean` at their tags, 0 at all others; (tags,)."""
    added = np.zeros(tag_count(labels), dtype=np.float32)
    for i, label in enumerate(labels):
        if label in leaning:
            added[2 * i + 1 : 2 * i + 3] = lean
    return added


def encode_tags(words: Sequence[Word], spans: Sequence[tuple[int, int, int]]) -> list[int]:
    """Return one tag id a word for spans of (start, end, label index), in characters.

    A word belongs to the span in which it begins or which begins inside it, so a span that cuts a word claims
    all of it.
    """
    tags = [OUTSIDE] * len(words)
    for start, end, label in spans:
        inside = [i for i, word in enumerate(words) if word.start < end and word.end > start and tags[i] == OUTSIDE]
        for rank, i in enumerate(inside):
            tags[i] = 2 * label + (1 if rank == 0 else 2)
    return tags


def best_tags(log_p: Floats) -> list[int]:
    """Return the likeliest tag sequence in which every I follows a B or I of its label (Viterbi).

    `log_p` has shape (words, tags). The only forbidden steps are into I, so one step costs O(tags).
    """
    n, tags = log_p.shape
    likeliest: list[int] = log_p.argmax(axis=1).tolist()
    if all(
        tag == OUTSIDE or tag % 2 or before in (tag, tag - 1)
        for before, tag in zip([OUTSIDE, *likeliest], likeliest, strict=False)
    ):
        # Nothing forbidden in it, so it is the best sequence; true of nearly all utterances, at a tenth of the time.
        return likeliest
    score = log_p[0].copy()
    score[2::2] = -np.inf
    back = np.zeros((n, tags), dtype=np.int64)
    for i in range(1, n):
        best = int(score.argmax())
        step = np.full(tags, score[best])
        back[i] = best
        begin, inner = score[1::2], score[2::2]
        from_begin = begin >= inner
        step[2::2] = np.where(from_begin, begin, inner)
        back[i, 2::2] = np.where(from_begin, np.arange(1, tags, 2), np.arange(2, tags, 2))
        score = step + log_p[i]
    path = [int(score.argmax())]
    for i in range(n - 1, 0, -1):
        path.append(int(back[i, path[-1]]))
    return path[::-1]


def legal_tag_p(p: Floats) -> Floats:
    """Return the probability of every tag of every word when only legal sequences count (forward-backward).

    `p` has shape (words, tags): each word's own probabilities. A sequence weighs as much as the product of its tags'.
    O and every B may follow anything, so all that one word tells the next is how much of the weight has each label.
    """
    n = len(p)
    begin, inner = p[:, 1::2], p[:, 2::2]
    free = p[:, OUTSIDE] + begin.sum(axis=1)
    # before: the weight of each I with all that may come before it, where all sequences of the words before weigh 1.
    # after: the weight of all that may follow each label's B or I, where what may follow O weighs 1.
    before, after = np.zeros_like(inner), np.ones_like(inner)
    for i in range(1, n):
        total = free[i - 1] + before[i - 1].sum()
        before[i] = (begin[i - 1] + before[i - 1]) * (inner[i] / total)
    for i in range(n - 1, 0, -1):
        after[i - 1] += inner[i] * after[i] / (p[i, OUTSIDE] + begin[i] @ after[i])
    legal = np.empty_like(p)
    legal[:, OUTSIDE], legal[:, 1::2], legal[:, 2::2] = p[:, OUTSIDE], begin * after, before * after
    return np.asarray(legal / legal.sum(axis=1, keepdims=True))


def read_tags(logits: Floats) -> tuple[list[int], Floats]:
    """Return the likeliest legal tags, and the probability of every tag among all legal sequences.

    `logits` has shape (words, tags), at least one word; so have the probabilities.
    """
    p = softmax(logits.astype(np.float64)) + 1e-30
    return best_tags(np.log(p)), legal_tag_p(p)


def decode_spans(logits: Floats, words: Sequence[Word], labels: Sequence[str]) -> list[DecodedSpan]:
    """Return the spans of one utterance; `logits` has shape (words, 2 * labels + 1)."""
    if not words:
        return []
    path, likely = read_tags(logits)
    spans: list[DecodedSpan] = []
    position = 0
    while position < len(path):
        tag = path[position]
        if tag == OUTSIDE:
            position += 1
            continue
        last = position
        while last + 1 < len(path) and path[last + 1] == (tag + 1 if tag % 2 else tag):
            last += 1
        mean_p = float(np.mean([likely[i, path[i]] for i in range(position, last + 1)]))
        spans.append(DecodedSpan(words[position].start, words[last].end, labels[(tag - 1) // 2], mean_p))
        position = last + 1
    return spans
