from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import onnx
import onnxruntime as ort
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from model.data.batches import Batch
from model.export.graphs import export_graphs
from model.export.packed import GREATEST, GROUP, IN_7_BITS, IN_8_BITS, in_4_bits, read_rows, store_in_4_bits
from model.export.quantise import quantise_trunk
from model.training.finished import load_net
from schemas.artifacts.graphs import Graphs
from tests.model.layers.test_huggingface import LAYERS, WIDTH, folder_of

if TYPE_CHECKING:
    from tests.model.conftest import Workshop


def numbers(
    codes: NDArray[np.int8], multipliers: NDArray[np.int8], unit: NDArray[np.float32], size: int
) -> NDArray[np.float64]:
    """Return what `in_4_bits` says of a matrix, as numbers."""
    return (codes.astype(np.float64) * multipliers * unit).reshape(-1, codes.shape[-1])[:size]


def groups_of(size: int) -> int:
    """Return the length of a group: no more than `GROUP`, even, and with little left empty."""
    length = in_4_bits(np.ones((size, 1), np.float32), IN_7_BITS)[0].shape[1]
    assert length <= GROUP
    assert length % 2 == 0
    return length


@given(st.integers(1, 300), st.integers(1, 5), st.sampled_from([IN_7_BITS, IN_8_BITS]), st.integers(0, 2**32 - 1))
def test_what_has_four_bits_keeps_them_all(size: int, columns: int, most: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    length = groups_of(size)
    codes = rng.integers(-GREATEST, GREATEST + 1, (size, columns))
    multipliers = np.repeat(rng.integers(1, most + 1, (-(-size // length), columns)), length, axis=0)[:size]
    codes[0], multipliers[:length] = GREATEST, most  # the greatest number, which gives the unit
    matrix = (codes * multipliers).astype(np.float32)
    assert np.allclose(numbers(*in_4_bits(matrix, most), size), matrix, atol=1e-4)


@given(st.integers(1, 300), st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_no_number_is_further_off_than_its_groups_greatest_allows(size: int, columns: int, seed: int) -> None:
    matrix = np.random.default_rng(seed).normal(size=(size, columns)).astype(np.float32)
    codes, multipliers, unit = in_4_bits(matrix, IN_7_BITS)
    assert np.abs(codes).max() <= GREATEST
    assert 1 <= multipliers.min() <= multipliers.max() <= IN_7_BITS
    assert codes.shape[0] * codes.shape[1] < size + 2 * codes.shape[0]
    off = np.abs(numbers(codes, multipliers, unit, size) - matrix)
    length = groups_of(size)
    for start in range(0, size, length):
        part = matrix[start : start + length]
        # No worse, all together, than with the multiplier that clips nothing.
        whole = np.ceil(np.abs(part).max(axis=0) / unit / GREATEST) * unit
        allowed = np.sqrt(len(part)) * whole / 2
        assert (np.linalg.norm(off[start : start + length], axis=0) <= allowed * 1.001).all()


def test_what_one_rounding_costs_the_next_make_up_for() -> None:
    rng = np.random.default_rng(0)
    states = (rng.normal(size=(500, 6)) @ rng.normal(size=(6, 96)) + 0.1 * rng.normal(size=(500, 96))).astype(
        np.float32
    )
    matrix = rng.normal(size=(96, 40)).astype(np.float32)
    moment = states.T.astype(np.float64) @ states
    plain, careful = (
        np.linalg.norm(states @ (numbers(*in_4_bits(matrix, IN_7_BITS, each), 96) - matrix)) for each in (None, moment)
    )
    assert careful < 0.5 * plain


def small_model(table: NDArray[np.float32], matrix: NDArray[np.float32], opset: int) -> onnx.ModelProto:
    nodes = [
        helper.make_node("Gather", ["table", "ids"], ["vectors"]),
        helper.make_node("MatMul", ["vectors", "matrix"], ["hidden"]),
    ]
    inputs = [helper.make_tensor_value_info("ids", onnx.TensorProto.INT64, ["rows", "words"])]
    outputs = [helper.make_tensor_value_info("hidden", onnx.TensorProto.FLOAT, ["rows", "words", matrix.shape[1]])]
    weights = [numpy_helper.from_array(table, "table"), numpy_helper.from_array(matrix, "matrix")]
    graph = helper.make_graph(nodes, "lookup", inputs, outputs, weights)
    return helper.make_model(graph, ir_version=10, opset_imports=[helper.make_opsetid("", opset)])


@pytest.mark.parametrize("opset", [17, 21])
@pytest.mark.parametrize(("width", "columns"), [(64, 64), (137, 101), (90, 47)])
def test_a_graph_in_four_bits_answers_nearly_as_in_eight(tmp_path: Path, width: int, columns: int, opset: int) -> None:
    rng = np.random.default_rng(0)
    table = rng.normal(size=(50, width)).astype(np.float32)
    matrix = rng.normal(size=(width, columns)).astype(np.float32)
    large, small = tmp_path / "trunk.onnx", tmp_path / "trunk.int8.onnx"
    onnx.save(small_model(table, matrix, opset), large)
    quantise_trunk(onnx.load(large), small)
    ids = np.arange(50)[np.newaxis]
    read = [Batch(np.arange(1), torch.from_numpy(ids), torch.ones(1, 50, dtype=torch.bool), {})]
    eight = ort.InferenceSession(small, providers=["CPUExecutionProvider"]).run(None, {"ids": ids})[0]
    store_in_4_bits(onnx.load(large), small, read)
    four = ort.InferenceSession(small, providers=["CPUExecutionProvider"]).run(None, {"ids": ids})[0]
    exact = table @ matrix
    off_in_8, off_in_4 = (np.linalg.norm(found[0] - exact) / np.linalg.norm(exact) for found in (eight, four))
    assert off_in_8 < off_in_4 < 0.15


def test_an_export_in_four_bits_is_smaller_and_the_same_each_time(workshop: Workshop) -> None:
    wide = {"embedding_width": 64, "width": 64, "featurizer": {"buckets": 4096, "vocabulary": 100}}
    spec = workshop.spec(["slots"], trunk=wide, epochs=1)
    spec = spec.model_copy(update={"export": spec.export.model_copy(update={"bits": 4})})
    dataset = workshop.dataset(spec)
    graphs = export_graphs(workshop.train(spec, dataset), dataset, spec, workshop.folder())
    large, small = (graphs.folder / name for name in ("trunk.onnx", "trunk.int8.onnx"))
    again = workshop.folder() / "trunk.int8.onnx"
    quantise_trunk(onnx.load(large), again)
    assert small.stat().st_size < 0.7 * again.stat().st_size
    net, featurizer = load_net(spec, workshop.train(spec, dataset))
    store_in_4_bits(onnx.load(large), again, read_rows(dataset, featurizer, net.for_export()))
    assert small.read_bytes() == again.read_bytes()


def test_both_int8_forms_of_an_encoder_are_stored_in_four_bits(workshop: Workshop, tmp_path: Path) -> None:
    trunk = {"kind": "encoder", "tokenizer": "pieces", "width": WIDTH, "layers": LAYERS, "attention_heads": 2}
    spec = workshop.spec(("intent",), {**trunk, "pretrained": str(folder_of(tmp_path / "bert"))}, epochs=1)
    spec = spec.model_copy(update={"export": spec.export.model_copy(update={"bits": 4})})
    dataset = workshop.dataset(spec)
    graphs = export_graphs(workshop.train(spec, dataset), dataset, spec, workshop.folder())
    assert graphs.graphs[0].even == "trunk.even.onnx"
    packed = [
        {tensor.name for tensor in onnx.load(graphs.folder / file).graph.initializer if tensor.name.endswith(".packed")}
        for file in ("trunk.int8.onnx", "trunk.even.onnx")
    ]
    assert packed[0] == packed[1] != set()


def test_a_graph_without_8_bit_weights_is_left_as_it_is(workshop: Workshop, graphs: Graphs) -> None:
    copy = workshop.folder() / "trunk.onnx"
    shutil.copyfile(graphs.folder / "trunk.onnx", copy)
    store_in_4_bits(onnx.load(graphs.folder / "trunk.onnx"), copy, [])
    assert copy.read_bytes() == (graphs.folder / "trunk.onnx").read_bytes()
