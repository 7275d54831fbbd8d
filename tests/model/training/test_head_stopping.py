from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch

from model.training.head_stopping import Stopping
from model.training.loop import train
from model.training.reports import EpochReport
from schemas.data.dataset import Dataset
from schemas.data.heads import HeadPlan
from schemas.spec.product import Spec

if TYPE_CHECKING:
    from tests.model.conftest import Workshop


def _stopping(limit: int | None = 2) -> Stopping:
    plans = [HeadPlan("intent", "class", ("a",), 1.0, False)]
    return Stopping([*plans, HeadPlan("topic", "class", ("a",), 1.0, True, stop_after=limit)])


def test_a_head_stops_after_so_many_negative_epochs_on_end() -> None:
    stopping = _stopping(2)
    series = [-0.1, 0.1, -0.1, 0.0, -0.1, -0.2, -0.3]
    assert [stopping.on_epoch_end({"topic": value}) for value in series] == [()] * 5 + [("topic",), ()]
    assert stopping.live({"intent": 1, "topic": 2}) == {"intent": 1}


def test_an_epoch_without_a_measurement_neither_counts_nor_forgives() -> None:
    stopping = _stopping(2)
    assert [stopping.on_epoch_end(found) for found in ({"topic": -1.0}, {}, {"topic": -1.0})] == [(), (), ("topic",)]


def test_a_head_without_a_limit_never_stops() -> None:
    stopping = _stopping(None)
    assert [stopping.on_epoch_end({"topic": -1.0}) for _ in range(5)] == [()] * 5


def test_a_stopped_head_stays_so_after_a_checkpoint() -> None:
    stopping, again = _stopping(1), _stopping(1)
    stopping.on_epoch_end({"topic": -1.0})
    again.load_state_dict(stopping.state_dict())
    assert again.live({"topic": 0}) == {}


@pytest.fixture(scope="module")
def harmful(workshop: Workshop) -> Spec:
    """A head that makes the trunk forget what the main head needs, beside one that teaches it."""
    harm = {"kind": "class", "auxiliary": True, "stop_after": 2}
    heads: dict[str, dict[str, Any]] = {
        "intent": {"kind": "class"},
        "harm": {**harm, "adversarial": True},
        "help": harm,
    }
    return workshop.spec(heads, epochs=5, patience=9, learning_rate=5e-3, probe_steps=3, checkpoint_steps=2)


@pytest.fixture(scope="module")
def data(workshop: Workshop, harmful: Spec) -> Dataset:
    rows = workshop.rows()
    for row in rows:
        row["labels"] |= {"harm": row["labels"]["intent"], "help": row["labels"]["intent"]}
    return workshop.dataset(harmful, rows)


def test_a_harmful_head_stops_and_leaves_the_losses_and_a_helpful_one_stays(
    workshop: Workshop, harmful: Spec, data: Dataset
) -> None:
    folder = workshop.folder()
    epochs = [report for report in train(harmful, data, folder) if isinstance(report, EpochReport)]
    (last,) = (number for number, report in enumerate(epochs) if report.stopped)
    assert 1 <= last < 4
    assert epochs[last].stopped == ("harm",)
    assert all(report.affinities["harm"] < 0 for report in epochs[last - 1 : last + 1])
    assert sum(report.affinities["help"] for report in epochs) > 0
    for number, report in enumerate(epochs):
        assert ("harm" in report.losses) == ("harm" in report.affinities) == (number <= last)
        assert report.weights.keys() == report.losses.keys() >= {"intent", "help"}

    resumed = workshop.folder()
    for reports in (1, 5, 2):  # inside an epoch, before the head stops, after it has stopped
        workshop.stop_after(reports, train(harmful, data, resumed))
    workshop.train(harmful, data, resumed)
    assert workshop.history(resumed) == workshop.history(folder)
    one, other = workshop.weights(harmful, folder), workshop.weights(harmful, resumed)
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert (resumed / "tables.json").read_bytes() == (folder / "tables.json").read_bytes()
