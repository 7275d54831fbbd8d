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

    `log_p` has shape (words, tags), and may be logits: what all tags of a word have more or less changes nothing.
    """
    log_p = log_p.astype(np.float64)
    begin, inner = log_p[:, 1::2], log_p[:, 2::2]
    if not inner.size:
        return [OUTSIDE] * len(log_p)
    # O and every B may follow anything, so each word may have the best of these. A run of B and I's is better where it
    # gains, and it gains at no word whose I is not better than that best: few labels have any such word.
    likeliest = begin.argmax(axis=1)
    free = np.maximum(log_p[:, OUTSIDE], begin[np.arange(len(log_p)), likeliest])
    path: list[int] = np.where(free > log_p[:, OUTSIDE], 2 * likeliest + 1, OUTSIDE).tolist()
    by_going_on = inner - free[:, np.newaxis]
    labels = (by_going_on[1:] > 0).any(axis=0).nonzero()[0]
    if not len(labels):
        return path
    by_beginning = begin[:, labels] - free[:, np.newaxis]
    gains = zip(by_beginning.tolist(), by_going_on[:, labels].tolist(), strict=True)
    # Of each label: the most that the words so far gain where they end in a run of it, and where that run begins.
    runs = [(-np.inf, 0)] * len(labels)
    best, ends = 0.0, []
    for word, (at_begin, going_on) in enumerate(gains):
        before, end = best, None
        for label, (gained, first) in enumerate(runs):
            begun, longer = before + at_begin[label], gained + going_on[label]
            runs[label] = run = (begun, word) if begun >= longer else (longer, first)
            if run[0] > best:
                best, end = run[0], (label, run[1])
        ends.append(end)
    word = len(path) - 1
    while word >= 0:
        if end := ends[word]:
            label, first = end
            tag = 2 * int(labels[label]) + 1
            path[first : word + 1] = [tag] + [tag + 1] * (word - first)
            word = first
        word -= 1
    return path


def tag_p(logits: Floats) -> Floats:
    """Return the probability of every tag of every word when only legal sequences count; (words, tags), as `logits`."""
    return legal_tag_p(softmax(logits.astype(np.float64)) + 1e-30)


def legal_tag_p(p: Floats) -> Floats:
    """Return the same from each word's own probabilities, `p` (words, tags), by forward-backward.

    A sequence weighs as much as the product of its tags'. O and every B may follow anything, so all that one word tells
    the next is how much of the weight has each label.
    """
    outside, begin, inner = p[:, OUTSIDE].tolist(), np.ascontiguousarray(p[:, 1::2]), np.ascontiguousarray(p[:, 2::2])
    # before: the weight of each I with all that may come before it, where all sequences of the words before weigh 1.
    # after: the weight of all that may follow each label's B or I, where what may follow O weighs 1.
    before, after = np.zeros_like(inner), np.ones_like(inner)
    ones = np.ones(inner.shape[1])
    for i in range(1, len(p)):
        last = begin[i - 1] + before[i - 1]
        before[i] = last * inner[i] / (outside[i - 1] + last.dot(ones))
    for i in range(len(p) - 1, 0, -1):
        after[i - 1] += inner[i] * after[i] / (outside[i] + begin[i].dot(after[i]))
    legal = np.empty_like(p)
    legal[:, OUTSIDE], legal[:, 1::2], legal[:, 2::2] = p[:, OUTSIDE], begin * after, before * after
    return np.asarray(legal / legal.sum(axis=1, keepdims=True))


def decode_spans(logits: Floats, words: Sequence[Word], labels: Sequence[str]) -> list[DecodedSpan]:
    """Return the spans of one utterance; `logits` has shape (words, 2 * labels + 1)."""
    path = best_tags(logits)
    if not any(path):
        return []
    likely = tag_p(logits)
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
        mean_p = float(sum(likely[i, path[i]] for i in range(position, last + 1))) / (last + 1 - position)
        spans.append(DecodedSpan(words[position].start, words[last].end, labels[(tag - 1) // 2], mean_p))
        position = last + 1
    return spans
