"""Planted problems with a known truth, through real trainings: who harms whom, and who belongs together."""

from __future__ import annotations

import random
from typing import Any

import pytest

from deploy.evaluation.transfer import suspect, transfer_of
from model.data.batches import encode
from model.training.device import choose_compute
from model.training.evaluate import score_net
from model.training.finished import load_net, read_tables
from schemas.data.dataset import Dataset
from schemas.evaluation.head_grouping import choose_groups
from schemas.evaluation.matrix import Table
from schemas.evaluation.metrics import HeadScore
from schemas.spec.product import Spec
from tests.model.conftest import Workshop

ANIMALS, COLOURS = ("cat", "dog", "cow", "hen"), ("red", "blue", "green", "grey")
SEEDS = (0, 1, 2, 3, 4)


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop(tmp_path_factory.mktemp("planted"))


def _rows(count: int) -> list[dict[str, Any]]:
    """Heads a* read the animal and heads b* the colour, `against` is a1 again; every third row is a valid one."""
    rng = random.Random(0)
    rows = []
    for number in range(count):
        animal, colour = rng.choice(ANIMALS), rng.choice(COLOURS)
        labels = {
            "a1": "xy"[ANIMALS.index(animal) < 2],
            "a2": "xy"[ANIMALS.index(animal) >= 2],
            "b1": "xy"[COLOURS.index(colour) < 2],
            "b2": "xy"[COLOURS.index(colour) >= 2],
            "against": "xy"[ANIMALS.index(animal) < 2],
        }
        split = "valid" if number % 3 == 0 else "train"
        rows.append({"text": f"{animal} {colour} {rng.choice('pqrs')}{number}", "split": split, "labels": labels})
    return rows


def _trained(workshop: Workshop, spec: Spec, dataset: Dataset, head: str) -> tuple[HeadScore, list[Table]]:
    folder = workshop.train(spec, dataset)
    net, featurizer = load_net(spec, folder)
    valid = encode(dataset, "valid", featurizer, net.plans)
    return score_net(net, valid, choose_compute(spec.train)).heads[head], read_tables(folder)


def test_a_harmful_auxiliary_head_is_flagged_and_named(workshop: Workshop) -> None:
    main, other = {"a1": {"kind": "class"}}, {"a2": {"kind": "class", "auxiliary": True, "weight": 0.1}}
    against = {"against": {"kind": "class", "auxiliary": True, "adversarial": True, "weight": 50.0}}
    whole = workshop.spec(main | other | against)
    dataset = workshop.dataset(whole, _rows(300))
    shared, alone, affinities = [], [], []
    for seed in SEEDS:
        settings: dict[str, Any] = {"epochs": 4, "keep": "last", "batch_size": 16, "seed": seed}
        score, tables = _trained(
            workshop, workshop.spec(main | other | against, probe_steps=2, **settings), dataset, "a1"
        )
        shared.append(score)
        affinities += [table for table in tables if table.name == "affinity"]
        alone.append(_trained(workshop, workshop.spec(main, **settings), dataset, "a1")[0])
    found = transfer_of("a1", shared, alone, confidence=0.95, resamples=1000)
    assert found.is_negative, found
    culprit = suspect("a1", affinities)
    assert culprit is not None
    assert culprit.head == "against"


def test_two_unrelated_groups_of_heads_are_recovered_from_their_affinity(workshop: Workshop) -> None:
    heads = ("a1", "b1", "a2", "b2")
    spec = workshop.spec({head: {"kind": "class"} for head in heads}, epochs=4, batch_size=16, probe_steps=2)
    dataset = workshop.dataset(spec, _rows(300))
    affinity = next(table for table in read_tables(workshop.train(spec, dataset)) if table.name == "affinity")
    grouping = choose_groups(affinity, heads, 2)
    assert {frozenset(group.main) for group in grouping.groups} == {frozenset({"a1", "a2"}), frozenset({"b1", "b2"})}
    assert grouping.gain > choose_groups(affinity, heads, 1).gain
