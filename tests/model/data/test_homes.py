from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from model.data.batches import collate, encode
from model.data.homes import NO_HOME, Homes
from model.export.graphs import export_graphs
from model.training.finished import load_net
from schemas.data.dataset import Dataset
from schemas.data.heads import plan_heads
from schemas.spec.product import Spec
from trunkline_edge.understanding.text import split_words

if TYPE_CHECKING:
    from tests.model.conftest import Workshop

NAMES = {"thing": "entity", "room": "area"}


@pytest.fixture(scope="module")
def spec(workshop: Workshop) -> Spec:
    return workshop.spec(["intent", "slots"]).model_copy(update={"names": NAMES})


@pytest.fixture(scope="module")
def dataset(workshop: Workshop, spec: Spec) -> Dataset:
    return workshop.dataset(spec)


def test_names_said_are_known_in_most_homes_and_some_rows_have_no_home(spec: Spec, dataset: Dataset) -> None:
    homes = Homes(dataset, spec)
    frame = next(dataset.batches("train"))
    words = [split_words(text) for text in frame["text"]]
    known = [[row.any() for row in homes(frame, words, epoch)] for epoch in range(40)]
    assert 1 - NO_HOME - 0.08 < np.mean(known) < 1 - NO_HOME + 0.08
    for heard, marks in zip(words, homes(frame, words, 1), strict=True):
        for word, mark in zip(heard, marks, strict=True):
            # area begins, area continues, entity begins, entity continues
            if word.form in ("kitchen", "hall", "attic", "cellar"):
                assert not mark[2:].any()
            if word.form in ("lamp", "heater", "fan"):
                assert not mark[:2].any()


def test_a_home_is_a_pure_function_of_epoch_and_row(spec: Spec, dataset: Dataset) -> None:
    frame = next(dataset.batches("train"))
    words = [split_words(text) for text in frame["text"]]
    first, again = ([mark.tolist() for mark in Homes(dataset, spec)(frame, words, 3)] for _ in range(2))
    assert first == again
    assert first != [mark.tolist() for mark in Homes(dataset, spec)(frame, words, 4)]


def test_a_misspelt_name_is_known_by_the_name_that_was_meant(spec: Spec, dataset: Dataset) -> None:
    homes = Homes(dataset, spec)
    frame = next(dataset.batches("train"))
    heard = [split_words(text.replace("kitchen", "kithcen")) for text in frame["text"]]
    marks = [
        mark
        for epoch in range(20)
        for words, row in zip(heard, homes(frame, heard, epoch), strict=True)
        for word, mark in zip(words, row, strict=True)
        if word.form == "kithcen"
    ]
    assert {tuple(mark[:2]) for mark in marks} == {(0, 0), (0.5, 0)}


def test_a_net_that_reads_names_is_the_same_with_zeros_and_with_nothing(
    workshop: Workshop, spec: Spec, dataset: Dataset
) -> None:
    folder = workshop.train(spec, dataset)
    net, featurizer = load_net(spec, folder)
    rows = encode(dataset, "valid", featurizer, plan_heads(spec, dataset))
    batch = collate(rows, np.arange(len(rows)))
    with torch.inference_mode():
        bare = net(batch.ids, batch.mask)
        zeros = net(batch.ids, batch.mask, torch.zeros(*batch.mask.shape, 4))
        ones = net(batch.ids, batch.mask, torch.ones(*batch.mask.shape, 4))
    for head in bare:
        assert torch.equal(bare[head], zeros[head])
    assert not torch.allclose(bare["slots"], ones["slots"])
    graphs = export_graphs(folder, dataset, spec, workshop.folder())  # proves parity with random names
    assert graphs.graphs[0].inputs == ("ids", "mask", "lexicon")


def test_a_net_without_names_is_unchanged(workshop: Workshop, spec: Spec, dataset: Dataset) -> None:
    plain = workshop.spec(["intent", "slots"])
    assert not any("names" in name for name in workshop.net(plain, dataset).state_dict())
    assert "names" not in plain.model_dump(mode="json", by_alias=True)
    assert plain.training_digest() != spec.training_digest()
