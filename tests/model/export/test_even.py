"""What an encoder's matrices multiply: even in int8, the same in fp32."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from model.export.even import evened
from model.export.quantise import quantise_trunk
from schemas.artifacts.graphs import Graphs

Rows = NDArray[np.float32]
K, N = 64, 16


def a_product(op: str, *norm: Rows) -> onnx.ModelProto:
    """Return a graph of what `op` gives, multiplied by a matrix."""
    weights = {"matrix": np.random.default_rng(0).normal(size=(K, N)).astype(np.float32)}
    weights |= dict(zip(("weight", "bias"), norm, strict=False))
    graph = helper.make_graph(
        [
            helper.make_node(op, ["rows", *[name for name in weights if name != "matrix"]], ["inner"]),
            helper.make_node("MatMul", ["inner", "matrix"], ["hidden"], name="product"),
            helper.make_node("Gelu", ["hidden"], ["next"]),  # an encoder is known by one
        ],
        "encoder",
        [helper.make_tensor_value_info("rows", onnx.TensorProto.FLOAT, [1, "words", K])],
        [helper.make_tensor_value_info("hidden", onnx.TensorProto.FLOAT, [1, "words", N])],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    return helper.make_model(graph, ir_version=10, opset_imports=[helper.make_opsetid("", 20)])


def uneven(rng: np.random.Generator) -> Rows:
    """Return weights of columns, some of which are a hundred times the others."""
    sizes = np.ones(K)
    sizes[:3] = 100
    return (rng.normal(size=K) * sizes).astype(np.float32)


def answers(model: onnx.ModelProto, rows: Rows) -> Rows:
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    found: Rows = session.run(None, {"rows": rows})[0][0]
    return found


def made_even(model: onnx.ModelProto) -> onnx.ModelProto:
    even = evened(model)
    assert even is not None
    return even


def in_int8(model: onnx.ModelProto, folder: Path, rows: Rows) -> Rows:
    quantise_trunk(made_even(model), folder / "product.int8.onnx")
    return answers(onnx.load(folder / "product.int8.onnx"), rows)


def far_off(found: Rows, wanted: Rows) -> NDArray[np.float64]:
    """Return by how much of its length each row is off."""
    return np.asarray(np.linalg.norm(found - wanted, axis=1) / np.linalg.norm(wanted, axis=1))


def test_a_small_row_that_a_gelu_gives_keeps_its_digits_beside_a_great_one(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    sizes = np.asarray([[1.0], [100.0], [0.3]])  # a mark between two words
    rows = (np.abs(rng.normal(size=(1, 3, K))) * sizes).astype(np.float32)
    off = far_off(in_int8(a_product("Gelu"), tmp_path, rows), answers(a_product("Gelu"), rows))
    assert 0 < off.min() < off.max() < 0.03


def test_a_row_of_zeros_stays_one(tmp_path: Path) -> None:
    rows = np.zeros((1, 2, K), np.float32)
    rows[0, 1] = 1
    found = in_int8(a_product("Gelu"), tmp_path, rows)
    assert (found[0] == 0).all()
    assert np.isfinite(found).all()


def test_small_columns_of_a_layer_norm_keep_their_digits_beside_great_ones(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    weight, bias = uneven(rng), uneven(rng)
    model = a_product("LayerNormalization", weight, bias)
    matrix = numpy_helper.to_array(model.graph.initializer[0]).copy()
    matrix[:3] = 0  # so that the great columns say nothing
    model.graph.initializer[0].CopyFrom(numpy_helper.from_array(matrix, "matrix"))
    rows = rng.normal(size=(1, 5, K)).astype(np.float32)
    wanted = answers(model, rows)
    assert far_off(in_int8(model, tmp_path, rows), wanted).max() < 0.05  # unevened it is 0.3


@pytest.mark.parametrize("op", ["Gelu", "LayerNormalization"])
def test_in_fp32_nothing_changes_but_rounding(op: str) -> None:
    rng = np.random.default_rng(1)
    norm = () if op == "Gelu" else (uneven(rng), uneven(rng))
    rows = rng.normal(size=(1, 5, K)).astype(np.float32)
    wanted = answers(a_product(op, *norm), rows)
    model = made_even(a_product(op, *norm))
    assert "Div" in {node.op_type for node in model.graph.node}
    assert far_off(answers(model, rows), wanted).max() < 1e-5


@pytest.mark.parametrize("other", ["same norm", "other norm", "no norm"])
def test_a_matrix_that_two_products_share_gives_what_it_gave(other: str) -> None:
    """As where adapters of each head are beside one layer."""
    rng = np.random.default_rng(1)
    model = a_product("LayerNormalization", uneven(rng), uneven(rng))
    again = {"same norm": "weight", "other norm": "weights"}.get(other)
    model.graph.initializer.append(numpy_helper.from_array(uneven(rng), "weights"))
    node = helper.make_node("LayerNormalization", ["rows", again, "bias"], ["second"]) if again else None
    model.graph.node.insert(0, node or helper.make_node("Abs", ["rows"], ["second"]))
    model.graph.node.extend(
        [
            helper.make_node("MatMul", ["second", "matrix"], ["more"], name="second product"),
            helper.make_node("Add", ["hidden", "more"], ["sum"]),
        ]
    )
    model.graph.output[0].name = "sum"
    rows = rng.normal(size=(1, 5, K)).astype(np.float32)
    wanted = answers(model, rows)
    assert far_off(answers(made_even(model), rows), wanted).max() < 1e-5
    assert ("Div" in {node.op_type for node in model.graph.node}) == (other == "same norm")


def test_a_trunk_without_a_gelu_has_no_other_form(graphs: Graphs) -> None:
    assert evened(onnx.load(graphs.folder / "trunk.onnx")) is None
    assert graphs.graphs[0].even is None
