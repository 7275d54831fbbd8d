"""Labels that heads get from a row's other labels: what followed it, and numbers beside a class."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from model.export.graphs import export_graphs
from model.training.finished import load_net, read_history
from schemas.data.heads import plan_heads
from schemas.spec.bounded_yaml import SpecError

if TYPE_CHECKING:
    from schemas.data.dataset import Dataset
    from schemas.spec.product import Spec
    from tests.model.conftest import Workshop

TWIN = {"kind": "score", "auxiliary": True, "twin_of": "level"}
LEVELS = {"kitchen": "10", "hall": "50", "attic": "90", "cellar": "30.5"}


def levels(workshop: Workshop, level: dict[str, Any], named: dict[str, str] = LEVELS) -> tuple[Spec, Dataset]:
    """Return a spec and rows whose `level` can be read off the room."""
    spec = workshop.spec({"level": {"kind": "class", **level}, "number": TWIN}, epochs=8)
    rows = workshop.rows()
    for row in rows:
        row["labels"] = {"level": next(label for room, label in named.items() if room in row["text"])}
    del rows[0]["labels"]["level"]
    return spec, workshop.dataset(spec, rows)


def test_a_twin_has_the_numbers_that_its_heads_labels_read_as(workshop: Workshop) -> None:
    spec, dataset = levels(workshop, {})
    encoded, _ = workshop.encoded(spec, dataset)
    plan = plan_heads(spec, dataset)[1]
    assert dict(plan.numbers) == {"10": 10, "50": 50, "90": 90, "30.5": 30.5}
    assert plan.labels == ()
    level, number = encoded.targets["level"], encoded.targets["number"]
    labels = plan_heads(spec, dataset)[0].labels
    known = encoded.has_label["number"]
    assert known.sum() == len(encoded) - 1 and np.isnan(number[~known]).all()
    assert number[known].tolist() == [float(labels[index]) for index in level[known]]


def test_labels_in_order_are_counted_and_without_an_order_they_are_refused(workshop: Workshop) -> None:
    words = {"kitchen": "low", "hall": "middle", "attic": "high", "cellar": "low"}
    spec, dataset = levels(workshop, {"labels": ["low", "middle", "high"]}, words)
    assert plan_heads(spec, dataset)[1].numbers == (("low", 0), ("middle", 1), ("high", 2))
    with pytest.raises(
        SpecError, match=r"heads\.number is a twin of level, whose labels are no numbers.*in their order"
    ):
        plan_heads(*levels(workshop, {}, words))
    with pytest.raises(SpecError, match="no finite number"):
        plan_heads(*levels(workshop, {}, {**LEVELS, "hall": "nan"}))


def test_a_twin_learns_in_its_own_unit_and_stays_out_of_the_bundle(workshop: Workshop) -> None:
    spec, dataset = levels(workshop, {})
    folder = workshop.train(spec, dataset)
    net, _ = load_net(spec, folder)
    assert net.head("number").mean.item() == pytest.approx(np.mean([10, 50, 90, 30.5]), abs=8)
    losses = [epoch.losses["number"] for epoch in read_history(folder)]
    assert losses[-1] < 0.5 * losses[0]
    graphs = export_graphs(folder, dataset, spec, workshop.folder())
    assert [graph.name for graph in graphs.graphs] == ["trunk", "level"]


def test_a_head_that_foresees_learns_from_what_followed_and_stays_out_of_the_bundle(workshop: Workshop) -> None:
    follow = {"kind": "class", "auxiliary": True, "weight": 0.3, "follows": "intent"}
    spec = workshop.spec({"intent": {"kind": "class"}, "next_intent": follow}, epochs=6)
    rows = workshop.rows()
    for row, after in pairwise(rows):
        row["next"] = {"intent": after["labels"]["intent"]}
    dataset = workshop.dataset(spec, rows)
    encoded, _ = workshop.encoded(spec, dataset)
    assert dataset.labels["next_intent"] == ("ask", "off", "on")
    assert encoded.has_label["next_intent"].sum() == len(encoded) - (rows[-1]["split"] == "train")
    folder = workshop.train(spec, dataset)
    losses = [epoch.losses["next_intent"] for epoch in read_history(folder)]
    assert losses[-1] < losses[0]
    graphs = export_graphs(folder, dataset, spec, workshop.folder())
    assert [graph.name for graph in graphs.graphs] == ["trunk", "intent"]
