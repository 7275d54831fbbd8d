"""int8 forms of a graph: a trunk's embeddings alone, or its weights too with dynamically quantised activations; a
head's rounded weights."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Collection
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

from trunkline_edge.bundle.files import write_atomic

GREATEST = 127
"""Of a symmetric 8-bit number."""


def quantise_trunk(model: onnx.ModelProto, target: Path) -> None:
    """Write the int8 form of a trunk graph, which is changed.

    Embeddings use all 8 bits: they are only looked up. Matrix weights use 7 (`reduce_range`): with 8, CPUs
    without VNNI saturate in their 16-bit sums and answer differently (measured here on AVX2: hidden states off by
    0.8 against 0.04, docs/adr/0003).
    """
    level = logging.root.manager.disable
    logging.disable(logging.WARNING)  # onnxruntime advises a pre-processing pass that changes nothing here
    facts = {prop.key: prop.value for prop in model.metadata_props}
    try:
        with tempfile.TemporaryDirectory() as scratch:
            lookup, whole = Path(scratch) / "lookup.onnx", Path(scratch) / "whole.onnx"
            onnx.save(_with_own_weights(_quantise_lookups(model)), lookup)
            quantize_dynamic(
                lookup,
                whole,
                weight_type=QuantType.QInt8,
                per_channel=True,
                reduce_range=True,
                op_types_to_quantize=["MatMul", "LSTM"],
            )
            model = onnx.load(whole)
    finally:
        logging.disable(level)
    del model.metadata_props[:]
    for key, value in facts.items():
        model.metadata_props.add(key=key, value=value)
    write_atomic(target, model.SerializeToString())


def quantise_embeddings(source: Path, target: Path) -> None:
    """Write the mixed form of a trunk graph: most of its bytes in 8 bits, all of its arithmetic in fp32."""
    write_atomic(target, _quantise_lookups(onnx.load(source)).SerializeToString())


def store_in_8_bits(model: onnx.ModelProto) -> onnx.ModelProto:
    """Store each matrix that a MatMul multiplies by as 8 bits with a unit a column; as fp32 when it is loaded.

    Exact where the columns were rounded to 127 parts of their greatest number. Changes the model, and returns it. With
    DequantizeLinear a head of tags answered otherwise by 6e-3, likely as onnxruntime joins it with the MatMul.
    """
    graph = model.graph
    matrices = _take_matrices(graph, {node.input[1] for node in graph.node if node.op_type == "MatMul"})
    nodes = []
    for name, matrix in matrices.items():
        codes, unit = _in_8_bits(matrix, axis=0)
        graph.initializer.append(numpy_helper.from_array(codes, f"{name}.int8"))
        graph.initializer.append(numpy_helper.from_array(unit[0], f"{name}.unit"))
        nodes.append(helper.make_node("Cast", [f"{name}.int8"], [f"{name}.fp32"], to=onnx.TensorProto.FLOAT))
        nodes.append(helper.make_node("Mul", [f"{name}.fp32", f"{name}.unit"], [name]))
    nodes += graph.node
    del graph.node[:]
    graph.node.extend(nodes)
    return model


def _quantise_lookups(model: onnx.ModelProto) -> onnx.ModelProto:
    """Store embedding tables as 8 bits with a scale a row.

    onnxruntime's own pass has one scale a table: that of its greatest number, which is a frequent word's, and n-grams
    ten times smaller keep three bits (docs/adr/0006).
    """
    graph = model.graph
    tables = _take_matrices(graph, {node.input[0] for node in graph.node if node.op_type == "Gather"})
    for name, table in tables.items():
        codes, scale = _in_8_bits(table, axis=1)
        graph.initializer.append(numpy_helper.from_array(codes, f"{name}.int8"))
        graph.initializer.append(numpy_helper.from_array(scale, f"{name}.scale"))
    nodes = []
    for node in graph.node:
        if node.op_type != "Gather" or node.input[0] not in tables:
            nodes.append(node)
            continue
        (table, ids), (looked_up,) = node.input, node.output
        nodes += [
            helper.make_node("Gather", [f"{table}.int8", ids], [f"{looked_up}.int8"]),
            helper.make_node("Gather", [f"{table}.scale", ids], [f"{looked_up}.scale"]),
            helper.make_node("Cast", [f"{looked_up}.int8"], [f"{looked_up}.fp32"], to=onnx.TensorProto.FLOAT),
            helper.make_node("Mul", [f"{looked_up}.fp32", f"{looked_up}.scale"], [looked_up]),
        ]
    del graph.node[:]
    graph.node.extend(nodes)
    return model


def _with_own_weights(model: onnx.ModelProto) -> onnx.ModelProto:
    """Give each LSTM weights of its own; the exporter stores equal ones once, as towers have that nothing told apart.

    onnxruntime's pass quantises only the first LSTM of shared weights and leaves the others a graph that cannot run.
    """
    weights, used = {tensor.name: tensor for tensor in model.graph.initializer}, set[str]()
    for number, node in enumerate(model.graph.node):
        if node.op_type != "LSTM":
            continue
        for place in (1, 2):
            name = node.input[place]
            if name in used:
                own = model.graph.initializer.add()
                own.CopyFrom(weights[name])
                own.name = node.input[place] = f"{name}.{number}"
            used.add(name)
    return model


def _take_matrices(graph: onnx.GraphProto, names: Collection[str]) -> dict[str, NDArray[np.float32]]:
    """Take the matrices of these names out of a graph's weights, and return them."""
    taken = {
        tensor.name: numpy_helper.to_array(tensor)
        for tensor in graph.initializer
        if tensor.name in names and len(tensor.dims) == 2
    }
    kept = [tensor for tensor in graph.initializer if tensor.name not in taken]
    del graph.initializer[:]
    graph.initializer.extend(kept)
    return taken


def _in_8_bits(matrix: NDArray[np.float32], axis: int) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Return a matrix as 8 bits, and their scale along an axis, which has one place left of it."""
    scale = np.maximum(np.abs(matrix).max(axis=axis, keepdims=True), np.float32(1e-12)) / np.float32(GREATEST)
    return np.rint(matrix / scale).astype(np.int8), scale
