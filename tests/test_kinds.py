"""Every sharing system goes the whole way: trained, exported, quantised, bundled, answering on the device runtime."""

from __future__ import annotations

from collections import Counter
from typing import Any, get_args

import numpy as np
import onnxruntime as ort
import pytest

from deploy.bundle.build import build_bundle
from model.export.graphs import export_graphs
from model.export.parity import TOLERANCE
from model.training.finished import read_history, read_tables
from schemas.spec.sharing import Prior, SharingSpec
from tests.model.conftest import Workshop
from trunkline_edge.understanding.session import open_folder

SETTINGS: dict[str, dict[str, Any]] = {
    "tensor_factor": {"solo_epochs": 1},
    "grouped": {"groups": [["intent", "next_word"], ["slots"]]},
}
"""Where a system's default would need more epochs than a test has, or where it has none."""
ON_ENCODERS = ("low_rank",)
KINDS = [section.model_fields["kind"].default for section in get_args(get_args(SharingSpec)[0])]
PRIORS = [section.model_fields["kind"].default for section in get_args(get_args(Prior)[0])]
SYSTEMS = {kind: {"kind": kind, **SETTINGS.get(kind, {})} for kind in KINDS} | {
    f"hard with {prior}": {"kind": "hard", "prior": {"kind": prior}} for prior in PRIORS
}


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop(tmp_path_factory.mktemp("kinds"))


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_bundle_of_every_kind_answers_as_its_net_and_runs_each_graph_once(
    system: str, workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    heads, trunk = ("intent", "slots", "next_word"), None
    if system in ON_ENCODERS:
        heads, trunk = ("intent", "slots"), workshop.encoder()
    spec = workshop.spec(heads, trunk, sharing=SYSTEMS[system], epochs=3)
    spec = spec.model_copy(update={"export": spec.export.model_copy(update={"int8_drop": 1.0})})  # so that int8 ships
    dataset = workshop.dataset(spec)
    trained = workshop.train(spec, dataset)
    graphs = export_graphs(trained, dataset, spec, workshop.folder())
    built = build_bundle(graphs, dataset, spec, run_id="run", created="2026-11-05T12:00:00Z", out=workshop.folder())

    runs: Counter[int] = Counter()
    original = ort.InferenceSession.run

    def counted(self: ort.InferenceSession, *arguments: Any) -> Any:
        runs[id(self)] += 1
        return original(self, *arguments)

    monkeypatch.setattr(ort.InferenceSession, "run", counted)
    runtime = open_folder(built.folder)
    manifest = runtime.manifest
    assert manifest.provenance.cost is not None
    assert manifest.provenance.cost.graphs == len(manifest.graphs)
    for text in ("stop", "please dim the lamp in the kitchen", "start the heater"):
        runs.clear()
        assert runtime.parse(text).intents
        assert list(runs.values()) == [1] * len(manifest.graphs)
    # The fp32 graphs answer all valid rows on the device runtime as the net did in training.
    best = max(read_history(trained), key=lambda epoch: epoch.score)
    for head, metrics in best.valid.items():
        assert built.scores["fp32"][head] == pytest.approx(metrics, abs=1e-4), head
        # int8 may change the answer to one of the nine valid rows.
        assert built.scores["int8"][head] == pytest.approx(built.scores["fp32"][head], abs=0.12), head
    assert built.shipped["trunk"] == "int8"
    assert max(graph.parity for graph in graphs.graphs) <= TOLERANCE
    for table in read_tables(trained):
        assert np.isfinite(table.values).all(), table.name
