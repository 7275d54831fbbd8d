"""What an encoder's matrices multiply, brought to one size before it is rounded to eight bits.

onnxruntime rounds all that a product reads to one scale, that of its greatest number. In encoders a few columns of what
a layer norm gives are many times the others, and so are the rows of marks among those that a gelu gives: words would
keep three bits of eight, or one. Columns are divided by what the layer norm's own weights say of them, and the matrix's
rows multiplied by it (as SmoothQuant does by measured sizes, Xiao et al. 2022, arXiv 2211.10438); rows are divided by
their greatest number, and what the product gives is multiplied by it. Exact in fp32, but for rounding. Other trunks
have no gelu, and no need: the one layer norm of a compact trunk is even, as it was learned from the start.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import NodeProto, helper, numpy_helper

REACH = 3.0
"""Standard deviations from the mean that a column of a layer norm is expected to go, before its weight and bias."""
MOST = 1e4
"""Times that one column may be another's."""
LEAST = 0.2
"""Nothing is divided by less. No number of a gelu is below -0.17, so a row's greatest number is its greatest size, or
the row is small."""


def evened(model: onnx.ModelProto) -> onnx.ModelProto | None:
    """Return the model, which is changed, with even columns and rows before its products; None: it has no gelu."""
    graph = model.graph
    if all(node.op_type != "Gelu" for node in graph.node):
        return None
    made_by = {output: node for node in graph.node for output in node.output}
    weights = {tensor.name: tensor for tensor in graph.initializer}
    norms = _norms(graph, made_by)
    nodes: list[NodeProto] = []
    for node in graph.node:
        before = made_by.get(node.input[0]) if node.op_type == "MatMul" else None
        if before is not None and before.op_type == "Gelu":
            nodes += _with_even_rows(node)
        elif node.op_type == "MatMul" and node.input[1] in norms:
            nodes += _with_even_columns(node)
        else:
            nodes.append(node)
    for matrix, norm in norms.items():
        size = _sizes(*(numpy_helper.to_array(weights[name]) for name in norm))
        _add(graph, f"{matrix}.size", size)
        values = numpy_helper.to_array(weights[matrix]) * size[:, np.newaxis]
        weights[matrix].CopyFrom(numpy_helper.from_array(values, matrix))
    _add(graph, "even.axes", np.asarray([-1], np.int64))
    _add(graph, "even.least", np.asarray(LEAST, np.float32))
    del graph.node[:]
    graph.node.extend(nodes)
    return model


def _norms(graph: onnx.GraphProto, made_by: Mapping[str, NodeProto]) -> dict[str, tuple[str, ...]]:
    """Return the weights of the layer norm before each matrix; of one that several nodes use, before all of them."""
    weights = {tensor.name for tensor in graph.initializer}
    found: dict[str, set[tuple[str, ...]]] = {}
    for node in graph.node:
        for place, name in enumerate(node.input):
            if name in weights:
                before = made_by.get(node.input[0]) if (node.op_type, place) == ("MatMul", 1) else None
                norm = before.input[1:] if before is not None and before.op_type == "LayerNormalization" else ()
                found.setdefault(name, set()).add(tuple(norm))
    return {name: norm for name, (norm, *others) in found.items() if len(norm) == 2 and not others}


def _sizes(weight: NDArray[np.float32], bias: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how great each column of what a layer norm gives may be, against their geometric mean."""
    size = REACH * np.abs(weight) + np.abs(bias)
    size = np.maximum(size, size.max() / MOST)
    return np.asarray(size / np.exp(np.log(size).mean()), dtype=np.float32)


def _with_even_columns(product: NodeProto) -> list[NodeProto]:
    """Return the nodes of a product whose matrix has the sizes of the columns that it reads."""
    (read, matrix), (found,) = product.input, product.output
    return [
        helper.make_node("Div", [read, f"{matrix}.size"], [f"{found}.even"]),
        helper.make_node("MatMul", [f"{found}.even", matrix], [found], name=product.name),
    ]


def _with_even_rows(product: NodeProto) -> list[NodeProto]:
    """Return the nodes of a product that reads what a gelu gives."""
    (read, matrix), (found,) = product.input, product.output
    size, even, small = f"{found}.size", f"{found}.even", f"{found}.small"
    return [
        helper.make_node("ReduceMax", [read, "even.axes"], [f"{found}.most"]),
        helper.make_node("Max", [f"{found}.most", "even.least"], [size]),
        helper.make_node("Div", [read, size], [even]),
        helper.make_node("MatMul", [even, matrix], [small], name=product.name),
        helper.make_node("Mul", [small, size], [found]),
    ]


def _add(graph: onnx.GraphProto, name: str, value: NDArray[np.generic]) -> None:
    graph.initializer.append(numpy_helper.from_array(value, name))
