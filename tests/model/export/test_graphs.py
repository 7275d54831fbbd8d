from __future__ import annotations

import copy
import inspect
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import onnxruntime as ort
import pytest
import torch
from numpy.typing import NDArray
from onnx import TensorProto, numpy_helper

from model.data.batches import Batch, collate
from model.export.graphs import TrunkGraph, export_graphs, export_trunk
from model.export.parity import TOLERANCE, ParityBroken, answer, check_parity, parity_inputs, units_of
from schemas.artifacts.graphs import Graphs
from trunkline_edge.understanding.decode import tag_count

if TYPE_CHECKING:
    from tests.model.conftest import Finished, Workshop

CPU = ["CPUExecutionProvider"]
FILES = (
    "trunk.onnx",
    "trunk.int8.onnx",
    "trunk.mixed.onnx",
    "intent.onnx",
    "slots.onnx",
    "topics.onnx",
    "urgency.onnx",
)


class Device:
    """Runs the graphs as a device does: each once, wired by tensor names."""

    def __init__(self, graphs: Graphs) -> None:
        self.graphs = [
            (graph, ort.InferenceSession(graphs.folder / graph.fp32, providers=CPU)) for graph in graphs.graphs
        ]

    def run(self, batch: Batch) -> dict[str, NDArray[Any]]:
        tensors: dict[str, NDArray[Any]] = {"ids": batch.ids.numpy(), "mask": batch.mask.numpy()}
        for graph, session in self.graphs:
            found = session.run(list(graph.outputs), {name: tensors[name] for name in graph.inputs})
            tensors |= zip(graph.outputs, found, strict=True)
        return tensors


@pytest.fixture(scope="module")
def device(graphs: Graphs) -> Device:
    return Device(graphs)


def _agree(device: Device, finished: Finished, batch: Batch) -> None:
    with torch.inference_mode():
        wanted = finished.net(batch.ids, batch.mask)
    found = device.run(batch)
    for name in finished.spec.main_heads:
        unit = 100.0 if name == "urgency" else 1.0
        np.testing.assert_allclose(found[f"{name}.logits"], wanted[name], atol=TOLERANCE * unit, rtol=0)


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize(
    "lengths",
    [[1], [2], [12], [1, 1, 1], [12, 12], [5, 1, 12, 3], [1, 12], [3] * 40],
    ids=lambda lengths: f"{len(lengths)}x{max(lengths)}",
)
def test_every_graph_answers_as_torch_does(
    workshop: Workshop, finished: Finished, device: Device, lengths: list[int], seed: int
) -> None:
    _agree(device, finished, workshop.random_batch(finished.featurizer, lengths, seed))


def test_every_graph_answers_as_torch_does_on_recorded_rows(
    workshop: Workshop, finished: Finished, device: Device
) -> None:
    encoded, _ = workshop.encoded(finished.spec, finished.dataset, "valid")
    _agree(device, finished, collate(encoded, np.arange(len(encoded))))


def test_padding_never_changes_an_answer_of_a_graph(workshop: Workshop, finished: Finished, device: Device) -> None:
    batch = workshop.random_batch(finished.featurizer, [5, 1, 12, 3])
    together = device.run(batch)
    for row, length in enumerate(batch.mask.sum(1).tolist()):
        cut = slice(row, row + 1), slice(0, length)
        alone = device.run(Batch(batch.rows[row : row + 1], batch.ids[cut], batch.mask[cut], {}))
        for name in finished.spec.main_heads:
            padded = together[f"{name}.logits"][row]
            expected = alone[f"{name}.logits"][0]
            np.testing.assert_allclose(padded[:length] if name == "slots" else padded, expected, atol=1e-3, rtol=0)


def test_the_parity_that_is_written_down_was_measured(graphs: Graphs) -> None:
    assert all(0 < graph.parity <= TOLERANCE * (100 if graph.name == "urgency" else 1) for graph in graphs.graphs)


def test_the_index_wires_the_graphs_in_running_order(graphs: Graphs, finished: Finished) -> None:
    assert Graphs.load(graphs.folder) == graphs
    known = {"ids", "mask"}
    for graph in graphs.graphs:
        assert set(graph.inputs) <= known
        known |= set(graph.outputs)
    assert [graph.name for graph in graphs.graphs] == ["trunk", *finished.spec.main_heads]
    assert {f"{name}.logits" for name in finished.spec.main_heads} <= known
    assert graphs.featurizer == finished.featurizer.config
    assert (graphs.folder / "vocabulary.txt").read_text("utf-8").split("\n") == list(finished.featurizer.vocabulary)


def test_auxiliary_heads_are_not_exported(graphs: Graphs) -> None:
    assert sorted(path.name for path in graphs.folder.glob("*.onnx")) == sorted(FILES)
    assert [head.name for head in graphs.heads] == ["intent", "slots", "topics", "urgency"]


@pytest.mark.parametrize("file", FILES)
def test_a_graph_is_whole_and_old_enough_for_devices(graphs: Graphs, file: str) -> None:
    model = onnx.load(graphs.folder / file, load_external_data=False)
    onnx.checker.check_model(model, full_check="int8" not in file)
    assert model.ir_version <= 10
    assert {entry.domain: entry.version for entry in model.opset_import}[""] == graphs.opset == 20
    assert not model.functions
    used = {node.domain for node in model.graph.node}
    assert used <= ({"", "com.microsoft"} if "int8" in file else {""})
    assert all(tensor.data_location != TensorProto.EXTERNAL for tensor in model.graph.initializer)
    assert not [path for path in graphs.folder.iterdir() if path.suffix == ".data"]


@pytest.mark.parametrize("file", FILES)
def test_rows_and_words_are_dynamic_and_nothing_else_is(graphs: Graphs, file: str) -> None:
    model = onnx.load(graphs.folder / file)
    for value in model.graph.input:
        rows, words, *rest = value.type.tensor_type.shape.dim
        assert (rows.dim_param, words.dim_param) == ("rows", "words")
        assert all(size.dim_value > 0 for size in rest)
    for value in model.graph.output:
        assert value.type.tensor_type.shape.dim[0].dim_param == "rows"


@pytest.mark.parametrize("file", FILES)
def test_a_graph_tells_nothing_of_the_machine_it_was_made_on(graphs: Graphs, file: str) -> None:
    raw = (graphs.folder / file).read_bytes()
    found = [
        word
        for word in (b"/work/", b"/tmp", b"/home/", b".py", b"site-packages", b"stack_trace", b"torch.export")
        if word in raw
    ]
    assert found == []


def test_a_head_graph_names_its_labels_and_the_trunk_it_belongs_to(graphs: Graphs, finished: Finished) -> None:
    assert len(graphs.trunk_id) == 64
    for head in graphs.heads:
        model = onnx.load(graphs.folder / f"{head.name}.onnx")
        facts = {prop.key: prop.value for prop in model.metadata_props}
        assert facts.pop("trunk_id") == graphs.trunk_id
        assert json.loads(facts.pop("labels")) == list(finished.dataset.labels.get(head.name, ()))
        assert facts == {"head": head.name, "kind": head.kind}
        sizes = {"class": len(head.labels), "multilabel": len(head.labels), "tag": tag_count(head.labels), "score": 1}
        assert model.graph.output[0].type.tensor_type.shape.dim[-1].dim_value == sizes[head.kind]


def _nudged(model: onnx.ModelProto, by: float) -> onnx.ModelProto:
    """Return the graph with noise on its largest weight."""
    changed = onnx.ModelProto()
    changed.CopyFrom(model)
    floats = [t for t in changed.graph.initializer if t.data_type == TensorProto.FLOAT]
    largest = max(floats, key=lambda tensor: int(np.prod(tensor.dims)))
    values = numpy_helper.to_array(largest).copy()
    values += by * np.random.default_rng(0).standard_normal(values.shape, dtype=np.float32)
    largest.CopyFrom(numpy_helper.from_array(values, largest.name))
    return changed


@pytest.mark.parametrize(("by", "says"), [(0.1, r"differs from torch by \d\.\de"), (float("nan"), "by nan")])
def test_a_graph_with_other_weights_is_refused_and_the_message_says_where(
    workshop: Workshop, finished: Finished, graphs: Graphs, by: float, says: str
) -> None:
    model = onnx.load(graphs.folder / "trunk.onnx")
    batch = workshop.random_batch(finished.featurizer, [3, 5])
    feeds = {"ids": batch.ids, "mask": batch.mask}
    with torch.inference_mode():
        wanted = (finished.net.states(batch.ids, batch.mask)["intent"],)
    assert check_parity("trunk", model, feeds, wanted) <= TOLERANCE
    where = r"at \(\d, \d, \d+\), allowed 1e-04, for input shapes \[\(2, 5, 8\), \(2, 5\)\]"
    with pytest.raises(ParityBroken, match=rf"trunk\.onnx output 0 .*{says}.*{where}"):
        check_parity("trunk", _nudged(model, by), feeds, wanted)


def test_the_place_that_is_named_is_the_one_that_differs(
    workshop: Workshop, finished: Finished, graphs: Graphs
) -> None:
    model = onnx.load(graphs.folder / "trunk.onnx")
    batch = workshop.random_batch(finished.featurizer, [3, 5])
    with torch.inference_mode():
        wanted = finished.net.states(batch.ids, batch.mask)["intent"].clone()
    for wrong in (1.0, float("nan")):
        broken = wanted.clone()
        broken[1, 4, 7] += wrong
        with pytest.raises(ParityBroken, match=r"at \(1, 4, 7\)"):
            check_parity("trunk", model, {"ids": batch.ids, "mask": batch.mask}, (broken,))


def test_an_export_with_the_gates_in_a_wrong_order_is_refused(
    workshop: Workshop, finished: Finished, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("model.export.lstm._reorder", lambda weights: weights)
    out = workshop.folder()
    with pytest.raises(ParityBroken, match=r"trunk\.onnx"):
        export_graphs(finished.folder, finished.dataset, finished.spec, out)
    assert not (out / "graphs.json").exists()


def test_a_trunk_that_makes_much_of_roundings_may_differ_by_more_and_one_that_is_wrong_may_not(
    workshop: Workshop, finished: Finished, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs = parity_inputs(finished.dataset, finished.featurizer, finished.net)
    trunk = TrunkGraph(copy.deepcopy(finished.net), finished.net.sharing.hidden_names()).eval()
    assert units_of(trunk, inputs, [answer(trunk, *batch.inputs) for batch in inputs]) == 1
    with torch.no_grad():
        for name, weights in trunk.named_parameters():
            if "weight_hh" in name:
                weights.mul_(200)
    assert 1 < units_of(trunk, inputs, [answer(trunk, *batch.inputs) for batch in inputs]) <= 10
    monkeypatch.setattr("model.export.lstm._reorder", lambda weights: weights)
    with pytest.raises(ParityBroken, match=r"trunk\.onnx"):
        export_trunk(trunk, inputs, finished.spec, "wrong", workshop.folder())


def test_large_scores_export_and_exporting_prints_nothing(
    workshop: Workshop, capfd: pytest.CaptureFixture[str]
) -> None:
    # Around 60,000 two neighbouring fp32 numbers lie 4e-3 apart.
    spec = workshop.spec(["urgency"], epochs=2)
    rows = workshop.rows()
    for row in rows:
        row["labels"]["urgency"] = 1000 * row["labels"]["urgency"] + 0.5
    dataset = workshop.dataset(spec, rows)
    trained = workshop.train(spec, dataset)
    capfd.readouterr()
    graphs = export_graphs(trained, dataset, spec, workshop.folder())
    assert capfd.readouterr() == ("", "")
    assert [graph.name for graph in graphs.graphs] == ["trunk", "urgency"]


def test_the_exporter_reads_its_operators_once_a_process_and_writes_the_same_bytes(
    workshop: Workshop, finished: Finished, graphs: Graphs, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[object] = []
    original = inspect.getsource

    def counted(of: Any) -> str:
        read.append(of)
        return original(of)

    monkeypatch.setattr(inspect, "getsource", counted)
    again = export_graphs(finished.folder, finished.dataset, finished.spec, workshop.folder())
    assert len(read) < 50  # of 500 for each graph
    for file in FILES:
        assert (again.folder / file).read_bytes() == (graphs.folder / file).read_bytes(), file


@pytest.mark.slow
@pytest.mark.parametrize("opset", [17, 21])
def test_the_opset_of_the_spec_is_that_of_the_graphs(workshop: Workshop, finished: Finished, opset: int) -> None:
    export = finished.spec.export.model_copy(update={"opset": opset})
    spec = finished.spec.model_copy(update={"export": export})
    graphs = export_graphs(finished.folder, finished.dataset, spec, workshop.folder())
    for graph in graphs.graphs:
        model = onnx.load(graphs.folder / graph.fp32)
        assert {entry.domain: entry.version for entry in model.opset_import}[""] == opset
