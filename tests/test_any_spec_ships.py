"""Whatever a spec says, as long as it passes: it is trained, exported, bundled, and answers on the device runtime."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from deploy.bundle.build import build_bundle
from model.export.graphs import export_graphs
from model.export.parity import TOLERANCE, ParityBroken
from model.training.finished import read_history
from schemas.data.dataset import Dataset
from schemas.spec.load import parse_spec
from schemas.spec.product import ExportSpec, RejectSpec
from tests.model.conftest import Workshop
from tests.model.test_any_spec import any_spec, passes, section, trained
from trunkline_edge.understanding.result import Result
from trunkline_edge.understanding.session import open_folder

WILD = 0.05
"""Learning rate above which a net may be one that cannot be exported."""
TEXTS = ("stop", "please dim the lamp in the kitchen", "", "uh", "été 7 !" * 30)


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop(tmp_path_factory.mktemp("any"))


@pytest.fixture(scope="module")
def dataset(workshop: Workshop) -> Dataset:
    return workshop.dataset(workshop.spec())


@pytest.mark.slow
@settings(max_examples=8)
@given(raw=any_spec().filter(passes), export=section(ExportSpec), reject=section(RejectSpec))
def test_any_spec_that_can_be_trained_ships(
    workshop: Workshop, dataset: Dataset, raw: dict[str, Any], export: dict[str, Any], reject: dict[str, Any]
) -> None:
    raw |= {"export": export, "reject": reject}
    spec, folder = parse_spec(raw), trained(workshop, dataset, raw)
    if folder is None:
        return
    try:
        graphs = export_graphs(folder, dataset, spec, workshop.folder())
    except ParityBroken as error:  # weights that grew wild make much of roundings, and the message says so
        assert "train.learning_rate" in str(error)
        assert spec.train.learning_rate * max(1, spec.train.trunk_rate) > WILD
        return
    built = build_bundle(graphs, dataset, spec, run_id="run", created="2026-11-28T12:00:00Z", out=workshop.folder())
    assert max(graph.parity for graph in graphs.graphs) <= TOLERANCE
    runtime = open_folder(built.folder)
    for text in TEXTS:
        answer = runtime.parse(text, ranking=True)
        assert Result.from_json(answer.to_json()).to_line() == answer.to_line()
    if spec.train.precision == "fp32":  # else training asked a net in bf16
        epochs = read_history(folder)
        kept = max(epochs, key=lambda epoch: epoch.score) if spec.train.keep == "best" else epochs[-1]
        for head, found in built.scores["fp32"].items():
            assert found == pytest.approx(kept.valid[head], abs=1e-4), head
