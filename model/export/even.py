"""What an encoder's matrices multiply, brought to one size before it is rounded to eight bits.

onnxruntime rounds all that a product reads to one scale, that of its greatest number. In encoders a few columns of what
a layer norm gives are many times the others, and so are the rows of marks among those that a gelu gives: words would
keep three bits of eight, or one. Columns are divided by what the layer norm's own weights say of them, and the matrix's
rows multiplied by it (as SmoothQuant does by measured sizes, Xiao et al. 2022, arXiv 2211.10438); rows are divided by
their greatest number, and what the product gives is multiplied by it. Exact in fp32, but for rounding. Other trunks
have no gelu, and stay as they are: the one layer norm of a compact one is even, as it was learned from the start.
"""

from __future__ import annotations

import numpy as np
import onnx
from onnx import NodeProto, helper, numpy_helper

REACH = 3.0
"""Standard deviations from the mean that a column of a layer norm is expected to go, before its weight and bias."""
MOST = 1e4
"""Times that one column may be another's."""
LEAST = 0.2
"""Nothing is divided by less. No number of a gelu is below -0.17, so a row's greatest number is its greatest size, or
the row is small."""


def evened(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return the model with even columns and rows before its products; the one given is changed."""
    graph = model.graph
    if all(node.op_type != "Gelu" for node in graph.node):
        return model
    made_by = {output: node for node in graph.node for output in node.output}
    weights = {tensor.name: tensor for tensor in graph.initializer}
    nodes: list[NodeProto] = []
    for node in graph.node:
        before = made_by.get(node.input[0]) if node.op_type == "MatMul" and node.input[1] in weights else None
        if before is not None and before.op_type == "LayerNormalization":
            nodes += _with_even_columns(graph, node, before, weights)
        elif before is not None and before.op_type == "Gelu":
            nodes += _with_even_rows(node)
        else:
            nodes.append(node)
    _add(graph, "even.axes", np.asarray([-1], np.int64))
    _add(graph, "even.least", np.asarray(LEAST, np.float32))
    del graph.node[:]
    graph.node.extend(nodes)
    return model


def _with_even_columns(
    graph: onnx.GraphProto, product: NodeProto, norm: NodeProto, weights: dict[str, onnx.TensorProto]
) -> list[NodeProto]:
    """Return the nodes of a product that reads what a layer norm gives; its matrix and their sizes are changed."""
    read, matrix = product.input
    weight, bias = (np.abs(numpy_helper.to_array(weights[name])) for name in norm.input[1:])
    size = REACH * weight + bias
    size = np.maximum(size, size.max() / MOST)
    size /= np.exp(np.log(size).mean())  # the matrix keeps its own size
    values = numpy_helper.to_array(weights[matrix]) * size[:, np.newaxis]
    weights[matrix].CopyFrom(numpy_helper.from_array(values.astype(np.float32), matrix))
    _add(graph, f"{matrix}.size", size.astype(np.float32))
    even = f"{matrix}.even"
    return [
        helper.make_node("Div", [read, f"{matrix}.size"], [even]),
        helper.make_node("MatMul", [even, matrix], product.output, name=product.name),
    ]


def _with_even_rows(product: NodeProto) -> list[NodeProto]:
    """Return the nodes of a product that reads what a gelu gives."""
    (read, matrix), (found,) = product.input, product.output
    size, even, small = f"{matrix}.size", f"{matrix}.even", f"{found}.small"
    return [
        helper.make_node("ReduceMax", [read, "even.axes"], [f"{matrix}.most"]),
        helper.make_node("Max", [f"{matrix}.most", "even.least"], [size]),
        helper.make_node("Div", [read, size], [even]),
        helper.make_node("MatMul", [even, matrix], [small], name=product.name),
        helper.make_node("Mul", [small, size], [found]),
    ]


def _add(graph: onnx.GraphProto, name: str, value: np.ndarray) -> None:
    graph.initializer.append(numpy_helper.from_array(value, name))
