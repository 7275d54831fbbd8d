from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from model.data.batches import IGNORE, Encoded, batch_rows, by_length, collate
from schemas.data.dataset import Dataset, rows_file
from schemas.data.heads import plan_heads
from schemas.spec.product import Spec
from trunkline_edge.understanding.decode import decode_spans
from trunkline_edge.understanding.featurizer import FIRST_WORD_ID, PAD_ID, UNKNOWN_ID
from trunkline_edge.understanding.text import split_words

if TYPE_CHECKING:
    from tests.model.conftest import Workshop

LABELLED = ("intent", "slots", "topics", "urgency")


def _texts(dataset: Dataset, split: str = "train") -> list[str]:
    return [text for frame in dataset.batches(split) for text in frame["text"]]


def _encoded(*heads: list[bool], lengths: list[int] | None = None) -> Encoded:
    """Return rows of which head `h<i>` labels those that `heads[i]` says."""
    rows = len(heads[0])
    offsets = np.concatenate([[0], np.cumsum(lengths or [1] * rows)])
    return Encoded(
        forms=np.zeros((1, 2), dtype=np.int64),
        words=np.zeros(offsets[-1], dtype=np.int32),
        offsets=offsets,
        targets={f"h{i}": np.where(labelled, 0, IGNORE) for i, labelled in enumerate(heads)},
        has_label={f"h{i}": np.asarray(labelled) for i, labelled in enumerate(heads)},
        per_word=frozenset(),
    )


@pytest.mark.parametrize("batch_size", [1, 4, 5, 26, 27, 100])
def test_every_row_comes_exactly_once_an_epoch_when_all_label_the_same_heads(
    workshop: Workshop, dataset: Dataset, batch_size: int
) -> None:
    encoded, _ = workshop.encoded(workshop.spec(LABELLED), dataset)
    steps = batch_rows(encoded, batch_size, seed=0, epoch=1)
    assert len(steps) == -(-len(encoded) // batch_size)
    assert max(map(len, steps)) <= batch_size
    assert sorted(np.concatenate(steps)) == list(range(len(encoded)))


@given(
    labelled=st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60),
    batch_size=st.integers(1, 20),
    epoch=st.integers(1, 3),
)
@settings(max_examples=200)
def test_no_labelled_row_is_ever_left_out_and_each_step_sees_every_head(
    labelled: list[tuple[bool, bool]], batch_size: int, epoch: int
) -> None:
    heads = [[row[0] for row in labelled], [row[1] for row in labelled]]
    encoded = _encoded(*heads)
    steps = batch_rows(encoded, batch_size, seed=0, epoch=epoch)
    seen = {int(row) for step in steps for row in step}
    assert seen == {row for row, labels in enumerate(labelled) if any(labels)}
    for step in steps:
        for head in heads:
            assert any(head) == any(head[row] for row in step)


def test_the_rows_of_a_smaller_data_set_come_round_within_an_epoch() -> None:
    encoded = _encoded([True] * 40 + [False] * 3, [False] * 40 + [True] * 3)
    steps = batch_rows(encoded, 4, seed=0, epoch=1)
    times = np.bincount(np.concatenate(steps))
    assert len(steps) == 11
    assert list(times[:40]) == [1] * 40
    assert sorted(times[40:]) == [3, 4, 4]


def test_the_order_is_a_function_of_seed_and_epoch(workshop: Workshop, spec: Spec, dataset: Dataset) -> None:
    encoded, _ = workshop.encoded(spec, dataset)
    again, _ = workshop.encoded(spec, dataset)

    def order(encoded: Encoded, seed: int, epoch: int) -> list[list[int]]:
        return [step.tolist() for step in batch_rows(encoded, 4, seed, epoch)]

    torch.manual_seed(1)
    first = order(encoded, 7, 2)
    torch.manual_seed(2)
    np.random.seed(3)
    assert order(again, 7, 2) == first
    assert order(encoded, 7, 3) != first
    assert order(encoded, 8, 2) != first


def test_the_order_of_a_split_in_memory_is_what_it_always_was() -> None:
    """The weights of every training hang on it, and so do the figures that the documents tell."""
    lengths = np.random.default_rng(5).integers(1, 12, 700).tolist()
    rows = np.arange(700)
    encoded = _encoded((rows % 3 != 0).tolist(), (rows % 5 == 0).tolist(), (rows % 97 == 0).tolist(), lengths=lengths)
    order = sha256()
    for seed, epoch in ((0, 1), (7, 2), (2**32 - 1, 30)):
        for step in batch_rows(encoded, 16, seed, epoch):
            order.update(step.astype("<i8").tobytes() + b"/")
    assert order.hexdigest() == "377f15a75d9c85502edf4ff0cde677bd621851b5d208e67e375153399858f9ed"


def test_rows_of_like_length_share_a_step() -> None:
    lengths = np.random.default_rng(0).integers(1, 40, 256).tolist()
    encoded = _encoded([True] * 256, lengths=lengths)
    steps = batch_rows(encoded, 16, seed=0, epoch=1)
    padded = sum(len(step) * encoded.lengths[step].max() for step in steps)
    assert padded < 1.15 * sum(lengths)


def test_scoring_sees_every_row_once_in_order_of_length(workshop: Workshop, spec: Spec, dataset: Dataset) -> None:
    encoded, _ = workshop.encoded(spec, dataset)
    rows = np.concatenate(list(by_length(encoded, 5)))
    assert sorted(rows) == list(range(len(encoded)))
    assert list(encoded.lengths[rows]) == sorted(encoded.lengths)
    some = np.asarray([7, 2, 5])
    assert sorted(np.concatenate(list(by_length(encoded, 2, some)))) == [2, 5, 7]


def test_ids_are_those_that_the_device_reads(workshop: Workshop, spec: Spec, dataset: Dataset) -> None:
    encoded, featurizer = workshop.encoded(spec, dataset)
    batch = collate(encoded, np.arange(len(encoded)))
    for row, text in enumerate(_texts(dataset)):
        encoding = featurizer.read(text)
        length = len(encoding.words)
        np.testing.assert_array_equal(batch.ids[row, :length], encoding.ids)
        assert batch.mask[row].tolist() == [True] * length + [False] * (batch.mask.shape[1] - length)
        assert not batch.ids[row, length:].any()


def test_padding_and_unlabelled_rows_are_ignored_in_every_target(workshop: Workshop, spec: Spec) -> None:
    rows = workshop.rows()[:3]
    rows.append({"text": "of all words here not one is labelled by anyone", "split": "train", "labels": {}})
    rows[0]["labels"].pop("slots")
    dataset = workshop.dataset(spec, rows)
    encoded, _ = workshop.encoded(spec, dataset)
    batch = collate(encoded, np.arange(4))
    mask = batch.mask.numpy()
    slots = batch.targets["slots"].numpy()
    assert (slots[~mask] == IGNORE).all()
    assert (slots[[0, 3]] == IGNORE).all()
    assert (slots[1][mask[1]] != IGNORE).all()
    assert (batch.targets["next_word"].numpy()[~mask] == IGNORE).all()
    assert batch.targets["intent"].tolist() == [0, 0, 0, IGNORE]
    assert batch.targets["topics"][3].isnan().all()
    assert batch.targets["urgency"].isnan().tolist() == [False, False, False, True]
    assert encoded.has_label["slots"].tolist() == [False, True, True, False]


def test_no_topic_at_all_is_a_label_and_not_the_lack_of_one(workshop: Workshop, spec: Spec, dataset: Dataset) -> None:
    encoded, _ = workshop.encoded(spec, dataset)
    none = [row for row, text in enumerate(_texts(dataset)) if "fan" in text]
    assert encoded.has_label["topics"][none].all()
    assert (encoded.targets["topics"][none] == 0).all()


def test_a_head_that_no_row_of_a_batch_labels_has_no_target(workshop: Workshop, spec: Spec) -> None:
    rows = workshop.rows()[:4]
    rows[0]["labels"], rows[1]["labels"] = {"intent": "on"}, {"urgency": 3.0}
    encoded, _ = workshop.encoded(spec, workshop.dataset(spec, rows))
    heads = {"intent", "slots", "topics", "urgency"}
    assert collate(encoded, np.array([0])).targets.keys() & heads == {"intent"}
    assert collate(encoded, np.array([1])).targets.keys() & heads == {"urgency"}
    assert collate(encoded, np.array([0, 1])).targets.keys() & heads == {"intent", "urgency"}
    assert collate(encoded, np.array([0, 2])).targets.keys() & heads == heads


def test_a_text_without_words_has_one_position_that_no_head_is_taught_to_tag(
    workshop: Workshop, spec: Spec, dataset: Dataset
) -> None:
    # Validation refuses such texts; devices still hear them.
    silent = replace(dataset, folder=workshop.folder())
    for frame in dataset.batches("train"):
        path = rows_file(silent.folder, "train")
        path.parent.mkdir()
        frame.with_columns(text=pl.when(pl.int_range(pl.len()) == 3).then(pl.lit("")).otherwise("text")).write_parquet(
            path
        )
    encoded, _ = workshop.encoded(spec, silent)
    assert encoded.lengths[3] == 1
    batch = collate(encoded, np.array([3]))
    assert batch.ids[0, 0].tolist() == [UNKNOWN_ID] + [PAD_ID] * (batch.ids.shape[2] - 1)
    assert batch.targets.keys() == {"intent", "topics", "urgency"}
    together = collate(encoded, np.arange(5))
    assert (together.targets["slots"][3] == IGNORE).all()
    assert (together.targets["next_word"][3] == IGNORE).all()


def test_a_text_that_is_too_long_is_cut_where_the_device_cuts_it(workshop: Workshop, spec: Spec) -> None:
    rows = workshop.rows()[:2]
    text = " ".join(["lamp"] * 20)
    spans = [{"start": 0, "end": 4, "label": "thing"}, {"start": len(text) - 4, "end": len(text), "label": "thing"}]
    rows.append({"text": text, "split": "train", "labels": {"intent": "on", "slots": spans}})
    encoded, featurizer = workshop.encoded(spec, workshop.dataset(spec, rows))
    assert encoded.lengths[2] == len(featurizer.read(text).words) == 12
    tags = collate(encoded, np.array([2])).targets["slots"][0].tolist()
    assert tags[0] % 2 == 1
    assert tags[1:] == [0] * 11


def test_tags_decode_back_to_the_spans_they_came_from(workshop: Workshop, spec: Spec, dataset: Dataset) -> None:
    encoded, _ = workshop.encoded(spec, dataset)
    labels = dataset.labels["slots"]
    gold = [spans for frame in dataset.batches("train") for spans in frame["labels"].struct.field("slots").to_list()]
    for row, text in enumerate(_texts(dataset)):
        tags = encoded.targets["slots"][encoded.offsets[row] : encoded.offsets[row + 1]]
        certain = np.full((len(tags), 2 * len(labels) + 1), -30.0)
        certain[np.arange(len(tags)), tags] = 30.0
        found = [(span.start, span.end, span.label) for span in decode_spans(certain, split_words(text), labels)]
        assert found == [(span["start"], span["end"], span["label"]) for span in gold[row]]


def test_the_next_word_target_is_the_word_that_follows(workshop: Workshop, spec: Spec, dataset: Dataset) -> None:
    encoded, featurizer = workshop.encoded(spec, dataset)
    words = dict(enumerate(featurizer.vocabulary))
    for row, text in enumerate(_texts(dataset)):
        targets = encoded.targets["next_word"][encoded.offsets[row] : encoded.offsets[row + 1]].tolist()
        following = [word.form for word in split_words(text)][1:]
        assert [words.get(target) for target in targets] == [*following, None]
        assert targets[-1] == IGNORE


def test_a_next_word_outside_the_vocabulary_is_ignored(workshop: Workshop, spec: Spec) -> None:
    rows = workshop.rows()
    rows.append({"text": "turn on the zeppelin in the hall", "split": "train", "labels": {"intent": "on"}})
    encoded, featurizer = workshop.encoded(spec, workshop.dataset(spec, rows))
    assert featurizer.word_id("zeppelin") == UNKNOWN_ID
    targets = encoded.targets["next_word"][encoded.offsets[-2] :].tolist()
    expected = [featurizer.word_id(word) - FIRST_WORD_ID for word in ("on", "the", "in", "the", "hall")]
    assert targets == [*expected[:2], IGNORE, *expected[2:], IGNORE]


def test_a_class_that_train_has_never_seen_is_ignored(workshop: Workshop) -> None:
    spec = workshop.spec(["intent"])
    rows = workshop.rows()
    unseen: dict[str, Any] = {"text": "sing a song", "split": "valid", "labels": {"intent": "sing"}}
    dataset = workshop.dataset(spec, [*rows, unseen])
    encoded, _ = workshop.encoded(spec, dataset, "valid")
    row = _texts(dataset, "valid").index("sing a song")
    assert plan_heads(spec, dataset)[0].labels == ("ask", "off", "on")
    assert encoded.targets["intent"][row] == IGNORE
    assert not encoded.has_label["intent"][row]
    assert encoded.has_label["intent"].sum() == len(encoded) - 1


def test_a_tag_head_learns_which_words_a_weak_rule_means(workshop: Workshop) -> None:
    heads = {"intent": {"kind": "class"}, "names": {"kind": "tag", "auxiliary": True, "weak_label": "has_name"}}
    spec = workshop.spec(heads)
    rows = [{"text": "call mom now", "split": "train", "labels": {"intent": "call"}}, *workshop.rows()]
    dataset = workshop.dataset(spec, rows)
    encoded, _ = workshop.encoded(spec, dataset)
    assert {plan.name: plan.labels for plan in plan_heads(spec, dataset)}["names"] == ("name",)
    texts = [text for frame in dataset.batches("train") for text in frame["text"]]
    batch = collate(encoded, np.asarray([texts.index("call mom now")]))
    assert batch.targets["names"].tolist() == [[0, 1, 0]]  # outside, first word of a name, outside
