"""The benchmark of scores that turn down what is strange."""

from __future__ import annotations

import numpy as np

from bench.rejection import Read, judge, references, scores

NAMES = "lamp", "music", "oos"
STRANGE = 2


def _read(rows_of: tuple[int, int, int], seed: int) -> Read:
    """Labels 0 and 1 lie around two directions, strangers between and beside them; the logits know half of it."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(3), rows_of)
    centres = np.asarray([[1.0, 0, 0], [0, 1, 0], [0, 0, 1]])
    states = centres[labels] + 0.1 * rng.normal(size=(len(labels), 3))
    logits = 4 * np.eye(3)[np.where(rng.random(len(labels)) < 0.6, labels, labels % 2)]
    logits += rng.normal(size=logits.shape)
    unit = states / np.linalg.norm(states, axis=1, keepdims=True)
    return Read(unit.astype(np.float32), logits.astype(np.float32), labels)


def test_what_lies_apart_is_told_by_distance_and_at_a_price_that_is_kept() -> None:
    train, valid, test = _read((60, 60, 0), 0), _read((200, 200, 20), 1), _read((200, 200, 90), 2)
    means = references(train, STRANGE)
    asked = scores(means, valid, NAMES), scores(means, test, NAMES)
    name = "cosine to the nearest of 1 mean a label"
    near = judge((asked[0][name], valid), (asked[1][name], test), STRANGE)
    said = judge((asked[0]["greatest probability"], valid), (asked[1]["greatest probability"], test), STRANGE)
    assert near.auroc > 0.99 > said.auroc
    assert near.recall_given > 0.95
    whole = float((test.logits.argmax(1) == test.labels)[test.labels != STRANGE].mean())
    assert abs(near.accuracy_given - whole) < 0.03
    assert means[name].size == 2 * 3


def test_a_score_that_says_nothing_turns_down_no_more_than_it_was_given() -> None:
    valid, test = _read((300, 300, 30), 3), _read((300, 300, 130), 4)
    blind = np.random.default_rng(5)
    found = judge((blind.random(len(valid.labels)), valid), (blind.random(len(test.labels)), test), STRANGE)
    assert 0.4 < found.auroc < 0.6
    argmax = float((test.logits.argmax(1) == STRANGE)[test.labels == STRANGE].mean())
    assert found.recall_given < argmax + 0.1
