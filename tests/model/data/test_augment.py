from __future__ import annotations

import numpy as np

from model.data.augment import Augmenter
from model.training.loop import Training
from schemas.data.heads import plan_heads
from schemas.perturb import Perturber
from tests.model.conftest import Workshop


def test_labels_follow_a_perturbed_text_and_the_rest_stays(workshop: Workshop) -> None:
    spec = workshop.spec(augment=1.0)
    dataset = workshop.dataset(spec)
    augmenter = Augmenter(dataset, plan_heads(spec, dataset), spec.train)
    (frame,) = dataset.batches("train")
    seen = augmenter(frame, epoch=1)
    assert seen.schema == frame.schema
    assert (seen["text"] != frame["text"]).all()
    assert seen.drop("text", "labels").equals(frame.drop("text", "labels"))
    moved = 0
    for before, after in zip(frame.to_dicts(), seen.to_dicts(), strict=True):
        others = [{k: v for k, v in row["labels"].items() if k != "slots"} for row in (before, after)]
        assert others[0] == others[1]
        assert [s["label"] for s in before["labels"]["slots"]] == [s["label"] for s in after["labels"]["slots"]]
        for old, new in zip(before["labels"]["slots"], after["labels"]["slots"], strict=True):
            moved += old["start"] != new["start"]
            assert new["end"] <= len(after["text"])
    assert moved


def test_each_epoch_sees_other_copies_and_a_resumed_one_the_same(workshop: Workshop) -> None:
    spec = workshop.spec(augment=0.5)
    dataset = workshop.dataset(spec)
    (frame,) = dataset.batches("train")
    plans = plan_heads(spec, dataset)
    first, again = (Augmenter(dataset, plans, spec.train)(frame, epoch=1) for _ in range(2))
    assert first.equals(again)
    assert not first.equals(Augmenter(dataset, plans, spec.train)(frame, epoch=2))
    share = (first["text"] != frame["text"]).mean()
    assert 0.4 < share < 0.95  # of 27 rows; a half, and half of the others


def test_one_row_may_be_perturbed_and_have_a_word_replaced(workshop: Workshop) -> None:
    spec = workshop.spec(augment=1.0)
    dataset = workshop.dataset(spec)
    (frame,) = dataset.batches("train")
    augmenter = Augmenter(dataset, plan_heads(spec, dataset), spec.train)
    first = [word for text in frame["text"] for word in text.lower().split() if word.isalpha() and word.isascii()]
    plain = augmenter(frame, epoch=1)
    # To a vocabulary where every word has one that sounds alike.
    augmenter.perturbers = {"en": Perturber("train", [*first, *(f"{word}e" for word in first)])}
    more = augmenter(frame, epoch=1)
    assert plain.filter(plain["text"] != more["text"]).height > len(frame) / 4


def test_training_sees_perturbed_rows_only_when_asked(workshop: Workshop) -> None:
    for augment in (0.0, 1.0):
        spec = workshop.spec(augment=augment, epochs=1)
        training = Training(spec, workshop.dataset(spec), workshop.folder())
        before = training.rows
        for _ in training.run():
            pass
        assert len(training.rows) == len(before)
        is_same = np.array_equal(training.rows.words, before.words)
        assert is_same == (augment == 0.0)
