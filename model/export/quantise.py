"""int8 forms of a graph: a trunk's embeddings alone, or its weights too with dynamically quantised activations; a
head's rounded weights."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

from trunkline_edge.bundle.files import write_atomic

GREATEST = 127
"""Of a symmetric 8-bit number."""


def quantise_trunk(source: Path, target: Path) -> None:
    """Write the int8 form of a trunk graph.

    Embeddings use all 8 bits: they are only looked up. Matrix weights use 7 (`reduce_range`): with 8, CPUs
    without VNNI saturate in their 16-bit sums and answer differently (measured here on AVX2: hidden states off by
    0.8 against 0.04, docs/adr/0003).
    """
    level = logging.root.manager.disable
    logging.disable(logging.WARNING)  # onnxruntime advises a pre-processing pass that changes nothing here
    model = onnx.load(source)
    facts = {prop.key: prop.value for prop in model.metadata_props}
    try:
        with tempfile.TemporaryDirectory() as scratch:
            lookup, whole = Path(scratch) / "lookup.onnx", Path(scratch) / "whole.onnx"
            onnx.save(_quantise_lookups(model), lookup)
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

    Exact where the columns were rounded to 127 parts of their greatest number. Changes the model, and returns it. Not
    with DequantizeLinear: onnxruntime fuses that with the MatMul, and rounds what is multiplied too.
    """
    graph = model.graph
    factors = {node.input[1] for node in graph.node if node.op_type == "MatMul"}
    matrices = {
        tensor.name: numpy_helper.to_array(tensor)
        for tensor in graph.initializer
        if tensor.name in factors and len(tensor.dims) == 2
    }
    kept = [tensor for tensor in graph.initializer if tensor.name not in matrices]
    nodes = []
    for name, matrix in matrices.items():
        unit = np.maximum(np.abs(matrix).max(axis=0), 1e-12).astype(np.float32) / np.float32(GREATEST)
        kept.append(numpy_helper.from_array(np.rint(matrix / unit).astype(np.int8), f"{name}.int8"))
        kept.append(numpy_helper.from_array(unit, f"{name}.unit"))
        nodes.append(helper.make_node("Cast", [f"{name}.int8"], [f"{name}.fp32"], to=onnx.TensorProto.FLOAT))
        nodes.append(helper.make_node("Mul", [f"{name}.fp32", f"{name}.unit"], [name]))
    nodes += graph.node
    del graph.initializer[:], graph.node[:]
    graph.initializer.extend(kept)
    graph.node.extend(nodes)
    return model


def _quantise_lookups(model: onnx.ModelProto) -> onnx.ModelProto:
    """Store embedding tables as 8 bits with a scale a row.

    onnxruntime's own pass has one scale a table: that of its greatest number, which is a frequent word's, and n-grams
    ten times smaller keep three bits (docs/adr/0006).
    """
    graph = model.graph
    looked_up_in = {node.input[0] for node in graph.node if node.op_type == "Gather"}
    tables = {
        tensor.name: numpy_helper.to_array(tensor)
        for tensor in graph.initializer
        if len(tensor.dims) == 2 and tensor.name in looked_up_in
    }
    kept = [tensor for tensor in graph.initializer if tensor.name not in tables]
    for name, table in tables.items():
        scale = np.maximum(np.abs(table).max(axis=1, keepdims=True), 1e-12) / GREATEST
        kept.append(numpy_helper.from_array(np.rint(table / scale).astype(np.int8), f"{name}.int8"))
        kept.append(numpy_helper.from_array(scale.astype(np.float32), f"{name}.scale"))
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
    del graph.initializer[:], graph.node[:]
    graph.initializer.extend(kept)
    graph.node.extend(nodes)
    return model
