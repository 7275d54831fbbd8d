from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import helper, numpy_helper

from model.data.batches import collate
from model.export.quantise import GREATEST, quantise_trunk, store_in_8_bits
from schemas.artifacts.graphs import Graphs

if TYPE_CHECKING:
    from tests.model.conftest import Finished, Workshop


def test_the_int8_trunk_is_smaller(graphs: Graphs) -> None:
    trunk = graphs.graphs[0]
    assert trunk.int8 is not None
    small, large = ((graphs.folder / file).stat().st_size for file in (trunk.int8, trunk.fp32))
    assert small < 0.75 * large
    assert [graph.int8 for graph in graphs.graphs[1:]] == [None] * 4


def test_the_int8_trunk_holds_the_facts_of_the_fp32_one(graphs: Graphs) -> None:
    fp32, int8 = (onnx.load(graphs.folder / file) for file in ("trunk.onnx", "trunk.int8.onnx"))
    assert _facts(int8) == _facts(fp32) == {"trunk_id": graphs.trunk_id}
    assert int8.ir_version <= 10
    assert {entry.domain: entry.version for entry in int8.opset_import}[""] <= 21
    assert {entry.domain for entry in int8.opset_import} <= {"", "ai.onnx", "com.microsoft", "ai.onnx.ml"}
    assert [value.name for value in int8.graph.output] == [value.name for value in fp32.graph.output]


def _facts(model: onnx.ModelProto) -> dict[str, str]:
    return {prop.key: prop.value for prop in model.metadata_props}


def test_the_int8_trunk_keeps_nearly_all_answers(workshop: Workshop, finished: Finished, graphs: Graphs) -> None:
    encoded, _ = workshop.encoded(finished.spec, finished.dataset)
    sessions = {
        graph: ort.InferenceSession(graphs.folder / graph, providers=["CPUExecutionProvider"])
        for graph in ("trunk.onnx", "trunk.int8.onnx", "intent.onnx", "slots.onnx")
    }
    kept: dict[str, list[bool]] = {"intent": [], "slots": []}
    for row in range(len(encoded)):
        batch = collate(encoded, np.array([row]))
        feeds = {"ids": batch.ids.numpy(), "mask": batch.mask.numpy()}
        fp32, int8 = (sessions[file].run(None, feeds)[0] for file in ("trunk.onnx", "trunk.int8.onnx"))
        assert not np.array_equal(fp32, int8)
        for head in kept:
            inputs = {value.name for value in sessions[f"{head}.onnx"].get_inputs()}
            answers = [
                sessions[f"{head}.onnx"]
                .run(None, {name: states if name == "hidden" else feeds[name] for name in inputs})[0]
                .argmax(-1)
                for states in (fp32, int8)
            ]
            kept[head].append(np.array_equal(*answers))
    assert np.mean(kept["intent"]) > 0.9
    assert np.mean(kept["slots"]) > 0.8


def test_the_mixed_trunk_answers_as_fp32_does_but_for_its_tables(
    finished: Finished, workshop: Workshop, graphs: Graphs
) -> None:
    batch = workshop.random_batch(finished.featurizer, [1, 7, 12])
    feeds = {"ids": batch.ids.numpy(), "mask": batch.mask.numpy()}
    answers = [
        ort.InferenceSession(graphs.folder / file, providers=["CPUExecutionProvider"]).run(None, feeds)[0]
        for file in ("trunk.onnx", "trunk.mixed.onnx", "trunk.int8.onnx")
    ]
    mixed, int8 = (float(np.abs(answer - answers[0]).mean()) for answer in answers[1:])
    assert 0 < mixed < int8
    small, large = ((graphs.folder / file).stat().st_size for file in ("trunk.mixed.onnx", "trunk.onnx"))
    assert small < large


def test_quantising_twice_gives_the_same_file(
    graphs: Graphs, workshop: Workshop, capfd: pytest.CaptureFixture[str]
) -> None:
    target = workshop.folder() / "again.onnx"
    quantise_trunk(onnx.load(graphs.folder / "trunk.onnx"), target)
    assert target.read_bytes() == (graphs.folder / "trunk.int8.onnx").read_bytes()
    assert capfd.readouterr() == ("", "")


def test_a_small_row_of_the_embedding_keeps_its_digits_beside_a_great_one(workshop: Workshop) -> None:
    rng = np.random.default_rng(0)
    table = rng.normal(size=(4, 16)).astype(np.float32) * np.asarray([[1.0], [1e-3], [0.0], [1e3]], dtype=np.float32)
    model = helper.make_model(
        helper.make_graph(
            [helper.make_node("Gather", ["table", "ids"], ["hidden"])],
            "lookup",
            [helper.make_tensor_value_info("ids", onnx.TensorProto.INT64, ["words"])],
            [helper.make_tensor_value_info("hidden", onnx.TensorProto.FLOAT, ["words", 16])],
            [numpy_helper.from_array(table, "table")],
        ),
        ir_version=10,
        opset_imports=[helper.make_opsetid("", 20)],
    )
    folder = workshop.folder()
    onnx.save(model, folder / "lookup.onnx")
    quantise_trunk(onnx.load(folder / "lookup.onnx"), folder / "lookup.int8.onnx")
    session = ort.InferenceSession(folder / "lookup.int8.onnx", providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {"ids": np.arange(4)})
    half_step = np.abs(table).max(axis=1, keepdims=True) / 127 / 2
    assert (np.abs(found - table) <= half_step * 1.001).all()


def test_rounded_weights_in_8_bits_answer_as_they_did_in_32() -> None:
    rng = np.random.default_rng(0)
    weights = rng.normal(size=(64, 29)).astype(np.float32)
    unit = np.abs(weights).max(axis=0) / GREATEST
    weights = (np.rint(weights / unit) * unit).astype(np.float32)
    model = helper.make_model(
        helper.make_graph(
            [helper.make_node("MatMul", ["hidden", "weights"], ["logits"])],
            "tags",
            [helper.make_tensor_value_info("hidden", onnx.TensorProto.FLOAT, ["words", 64])],
            [helper.make_tensor_value_info("logits", onnx.TensorProto.FLOAT, ["words", 29])],
            [numpy_helper.from_array(weights, "weights")],
        ),
        ir_version=10,
        opset_imports=[helper.make_opsetid("", 20)],
    )
    large = model.SerializeToString()
    small = store_in_8_bits(model).SerializeToString()
    assert len(small) < 0.35 * len(large)
    hidden = rng.normal(size=(9, 64)).astype(np.float32)
    wanted, found = (
        ort.InferenceSession(raw, providers=["CPUExecutionProvider"]).run(None, {"hidden": hidden})[0]
        for raw in (large, small)
    )
    assert np.allclose(found, wanted, atol=1e-4)


def test_layers_with_the_same_weights_are_quantised_alike(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    weights = {
        name: rng.normal(size=shape).astype(np.float32) for name, shape in (("w", (1, 16, 4)), ("r", (1, 16, 4)))
    }
    layers = [helper.make_node("LSTM", ["x", "w", "r"], [said], hidden_size=4) for said in ("first", "second")]
    graph = helper.make_graph(
        layers,
        "twins",
        [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [3, 1, 4])],
        [helper.make_tensor_value_info(said, onnx.TensorProto.FLOAT, None) for said in ("first", "second")],
        [numpy_helper.from_array(values, name) for name, values in weights.items()],
    )
    quantise_trunk(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10), tmp_path / "int8.onnx"
    )
    assert [node.op_type for node in onnx.load(tmp_path / "int8.onnx").graph.node] == ["DynamicQuantizeLSTM"] * 2
    session = ort.InferenceSession(tmp_path / "int8.onnx", providers=["CPUExecutionProvider"])
    first, second = session.run(None, {"x": rng.normal(size=(3, 1, 4)).astype(np.float32)})
    assert np.array_equal(first, second) and np.abs(first).max() > 0
