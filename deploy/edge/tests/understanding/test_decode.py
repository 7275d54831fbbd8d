from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from trunkline_edge.understanding.decode import (
    OUTSIDE,
    best_tags,
    decode_spans,
    encode_tags,
    legal_tag_p,
    sigmoid,
    softmax,
    tag_count,
    tag_p,
)
from trunkline_edge.understanding.text import split_words

LABELS = ("device", "room")
TAGS = tag_count(LABELS)
LOG_P = st.integers(1, 4).flatmap(
    lambda words: hnp.arrays(np.float64, (words, TAGS), elements=st.floats(-20, 0, width=32))
)


def is_step(before: int, tag: int) -> bool:
    """An I (even, above 0) follows the B or I of its label."""
    return tag == OUTSIDE or tag % 2 == 1 or before in (tag - 1, tag)


def is_legal(path: tuple[int, ...]) -> bool:
    return all(is_step(before, tag) for before, tag in zip((OUTSIDE, *path), path, strict=False))


def total(log_p: np.ndarray, path: tuple[int, ...] | list[int]) -> float:
    return float(sum(log_p[i, tag] for i, tag in enumerate(path)))


@settings(max_examples=120)
@given(LOG_P)
def test_the_best_tags_are_the_best_of_all_legal_sequences(log_p: np.ndarray) -> None:
    every = itertools.product(range(TAGS), repeat=len(log_p))
    best = max(total(log_p, path) for path in every if is_legal(path))
    found = best_tags(log_p)
    assert is_legal(tuple(found))
    assert total(log_p, found) == pytest.approx(best, abs=1e-9)


def viterbi(log_p: np.ndarray) -> float:
    """The most that a legal sequence has, by plain dynamic programming over all steps."""
    tags = range(log_p.shape[1])
    may_follow = [[is_step(before, tag) for tag in tags] for before in tags]
    steps = np.where(may_follow, 0.0, -np.inf)
    score = np.where([is_legal((tag,)) for tag in tags], log_p[0], -np.inf)
    for word in log_p[1:]:
        score = (score[:, np.newaxis] + steps).max(axis=0) + word
    return float(score.max())


@settings(max_examples=100)
@given(st.integers(1, 12), st.integers(1, 20), st.integers(0, 10_000), st.sampled_from([0.0, 2.0, 6.0]))
def test_long_texts_of_many_labels_have_the_best_tags_too(n_words: int, n_labels: int, seed: int, lean: float) -> None:
    log_p = np.random.default_rng(seed).normal(0, 3, (n_words, 2 * n_labels + 1))
    log_p[:, 2::2] += lean  # to I, as nets do whose loss knows of legal sequences alone
    found = best_tags(log_p)
    assert is_legal(tuple(found))
    assert total(log_p, found) == pytest.approx(viterbi(log_p), abs=1e-9)
    shifted = log_p + np.random.default_rng(seed + 1).normal(0, 9, (n_words, 1))
    assert best_tags(shifted) == found


@settings(max_examples=100)
@given(st.lists(st.integers(0, TAGS - 1), min_size=1, max_size=8).filter(lambda path: is_legal(tuple(path))))
def test_a_legal_likeliest_sequence_is_taken_as_it_stands(path: list[int]) -> None:
    log_p = np.full((len(path), TAGS), -5.0)
    log_p[np.arange(len(path)), path] = -0.1
    assert best_tags(log_p) == path


def test_an_inside_tag_never_follows_another_label_or_nothing() -> None:
    b_device, i_room = 1, 4
    log_p = np.full((2, TAGS), -10.0)
    log_p[0, b_device], log_p[1, i_room], log_p[1, OUTSIDE] = -0.1, -0.1, -3.0
    assert best_tags(log_p) == [b_device, OUTSIDE]
    assert best_tags(log_p[1:]) == [OUTSIDE]


def test_no_words_have_no_tags_and_no_spans() -> None:
    assert best_tags(np.zeros((0, TAGS))) == []
    assert decode_spans(np.zeros((0, TAGS)), [], LABELS) == []


@st.composite
def labelled_texts(draw: st.DrawFn) -> tuple[str, list[tuple[int, int, int]]]:
    text = draw(st.text(st.sampled_from("ab é7!灯\u0301👍\u200d "), min_size=1, max_size=25))
    words = split_words(text)
    spans, position = [], 0
    while position < len(words):
        length = draw(st.integers(0, 3))
        if length and (last := min(position + length, len(words)) - 1) >= position:
            spans.append((words[position].start, words[last].end, draw(st.integers(0, len(LABELS) - 1))))
        position += max(1, length)
    return text, spans


@settings(max_examples=120)
@given(labelled_texts())
def test_spans_that_begin_and_end_at_words_survive_tagging(labelled: tuple[str, list[tuple[int, int, int]]]) -> None:
    text, spans = labelled
    words = split_words(text)
    logits = np.full((len(words), TAGS), -9.0)
    logits[np.arange(len(words)), encode_tags(words, spans)] = 9.0
    found = decode_spans(logits, words, LABELS)
    assert [(span.start, span.end, LABELS.index(span.label)) for span in found] == spans
    assert all(0.99 < span.p <= 1 for span in found)


def test_a_span_that_cuts_a_word_claims_all_of_it_and_the_first_claim_holds() -> None:
    words = split_words("kitchen lamp")
    assert encode_tags(words, [(3, 7, 1)]) == [3, OUTSIDE]
    assert encode_tags(words, [(0, 9, 1), (9, 12, 0)]) == [3, 4]


def test_adjacent_spans_of_one_label_stay_apart() -> None:
    words = split_words("lamp fan")
    tags = encode_tags(words, [(0, 4, 0), (5, 8, 0)])
    assert tags == [1, 1]


def test_the_probability_of_a_span_is_the_mean_of_its_tags() -> None:
    words = split_words("guest room")
    p = np.asarray([[0.1, 0, 0, 0.9, 0], [0.3, 0, 0, 0, 0.7]])
    (span,) = decode_spans(np.log(p + 1e-12), words, LABELS)
    assert (span.start, span.end, span.label) == (0, 10, "room")
    # O I is no legal sequence: what is left are O O, B O and B I.
    legal = 0.1 * 0.3 + 0.9 * 0.3 + 0.9 * 0.7
    assert span.p == pytest.approx((0.9 / legal + 0.9 * 0.7 / legal) / 2)


@settings(max_examples=120)
@given(LOG_P)
def test_the_probability_of_a_tag_is_the_share_of_the_legal_sequences_that_have_it(log_p: np.ndarray) -> None:
    weights = {
        path: np.exp(total(log_p, path)) for path in itertools.product(range(TAGS), repeat=len(log_p)) if is_legal(path)
    }
    found = legal_tag_p(np.exp(log_p))
    for word, tag in itertools.product(range(len(log_p)), range(TAGS)):
        share = sum(weight for path, weight in weights.items() if path[word] == tag) / sum(weights.values())
        assert found[word, tag] == pytest.approx(share, abs=1e-9)


def forward_backward(log_p: np.ndarray) -> np.ndarray:
    """The probability of each tag among legal sequences, by plain dynamic programming over all steps."""
    tags = range(log_p.shape[1])
    may_follow = np.array([[is_step(before, tag) for tag in tags] for before in tags])
    p = np.exp(log_p - log_p.max(axis=1, keepdims=True))
    before, after = np.zeros_like(p), np.ones_like(p)
    before[0] = np.where([is_legal((tag,)) for tag in tags], p[0], 0)
    for i in range(1, len(p)):
        before[i] = (before[i - 1] @ may_follow) * p[i]
        before[i] /= before[i].sum()
    for i in range(len(p) - 1, 0, -1):
        after[i - 1] = may_follow @ (after[i] * p[i])
        after[i - 1] /= after[i - 1].max()
    both = before * after
    return np.asarray(both / both.sum(axis=1, keepdims=True))


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 64), st.integers(1, 40), st.integers(0, 2**32 - 1), st.floats(-8, 4), st.sampled_from([1, 4, 8]))
def test_long_texts_of_many_labels_have_the_same_probabilities(
    n_words: int, n_labels: int, seed: int, lean: float, spread: float
) -> None:
    logits = spread * np.random.default_rng(seed).normal(size=(n_words, 2 * n_labels + 1))
    logits[:, 2::2] += lean
    np.testing.assert_allclose(tag_p(logits), forward_backward(logits), atol=1e-6)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 64), st.integers(1, 9), st.integers(0, 2**32 - 1), st.sampled_from([50.0, 1e3, 1e38]))
def test_whatever_logits_there_are_a_word_has_one_tag(n_words: int, n_labels: int, seed: int, spread: float) -> None:
    logits = np.random.default_rng(seed).uniform(-spread, spread, size=(n_words, 2 * n_labels + 1)).astype(np.float32)
    p = tag_p(logits)
    assert ((p >= 0) & (p <= 1 + 1e-9)).all()
    np.testing.assert_allclose(p.sum(axis=1), 1.0, rtol=1e-6)


@settings(max_examples=100)
@given(hnp.arrays(np.float64, (2, 3), elements=st.floats(-1e300, 1e300)))
def test_probabilities_are_safe_for_huge_logits(logits: np.ndarray) -> None:
    p = softmax(logits)
    np.testing.assert_allclose(p.sum(axis=-1), 1.0)
    assert ((p >= 0) & (p <= 1)).all()
    q = sigmoid(logits)
    assert ((q >= 0) & (q <= 1)).all()


def test_huge_logits_still_decode() -> None:
    words = split_words("lamp")
    logits = np.asarray([[-1e38, 1e38, 0, 0, 0]], dtype=np.float32)
    (span,) = decode_spans(logits, words, LABELS)
    assert (span.label, span.p) == ("device", 1.0)


def test_sigmoid_and_softmax_agree_on_two_classes() -> None:
    logits = np.linspace(-30, 30, 13)
    np.testing.assert_allclose(sigmoid(logits), softmax(np.stack([logits, 0 * logits], axis=-1))[:, 0], atol=1e-15)
