"""Bundles that are validly signed and bad: what a thief of the pipeline's key, or a broken pipeline, could ship."""

from __future__ import annotations

from dataclasses import replace

from onnx import TensorProto, helper

from deploy.edge.tests.tiny_bundle import INTENT, TinyHead, endless_model, head_model
from trunkline_edge.errors import GoldenFailed, HealthFailed, LoadFailed, TooMuchMemory, TooSlow
from trunkline_edge.update.health import Limits


def many_bytes(head: TinyHead) -> bytes:
    """A graph that asks for 8 GB on its way to an answer."""
    model = head_model(head)
    logits = f"{head.name}.logits"
    model.graph.node[-1].output[0] = "sum"
    fill = helper.make_tensor("fill", TensorProto.FLOAT, [1], [0.0])
    model.graph.node.extend([
        helper.make_node("ConstantOfShape", ["size"], ["much"], value=fill),
        helper.make_node("ReduceMax", ["much"], ["most"], keepdims=0),
        helper.make_node("Add", ["sum", "most"], [logits]),
    ])  # fmt: skip
    model.graph.initializer.append(helper.make_tensor("size", TensorProto.INT64, [1], [2_000_000_000]))
    return bytes(model.SerializeToString())


def giant_shape(head: TinyHead) -> bytes:
    """A graph whose weights are said to have 2^62 rows."""
    model = head_model(head)
    model.graph.initializer[0].dims[0] = 2**62
    return bytes(model.SerializeToString())


def outside_data(head: TinyHead) -> bytes:
    """A graph whose weights lie in a file outside the bundle."""
    model = head_model(head)
    weights = model.graph.initializer[0]
    weights.ClearField("raw_data")
    weights.data_location = TensorProto.EXTERNAL
    weights.external_data.add(key="location", value="../../../../../etc/passwd")
    return bytes(model.SerializeToString())


def own_operator(head: TinyHead) -> bytes:
    """A graph with an operator of somebody's own."""
    model = head_model(head)
    model.opset_import.append(helper.make_opsetid("evil", 1))
    model.graph.node[-1].domain = "evil"
    return bytes(model.SerializeToString())


def not_a_number(head: TinyHead) -> bytes:
    """A graph whose answers are no numbers."""
    model = head_model(replace(head, bias=(float("nan"),) * len(head.bias)))
    return bytes(model.SerializeToString())


def eighth_word(head: TinyHead) -> bytes:
    """A graph that answers well, but only utterances of eight words or more."""
    model = head_model(head)
    logits = f"{head.name}.logits"
    model.graph.node[-1].output[0] = "sum"
    model.graph.node.extend([
        helper.make_node("Gather", ["hidden", "eighth"], ["word"], axis=1),
        helper.make_node("ReduceMax", ["word"], ["most"], keepdims=0),
        helper.make_node("Mul", ["most", "zero"], ["nothing"]),
        helper.make_node("Add", ["sum", "nothing"], [logits]),
    ])  # fmt: skip
    model.graph.initializer.append(helper.make_tensor("eighth", TensorProto.INT64, [1], [7]))
    model.graph.initializer.append(helper.make_tensor("zero", TensorProto.FLOAT, [], [0.0]))
    return bytes(model.SerializeToString())


def limits_for(failure: type[HealthFailed]) -> Limits:
    """Room for a busy machine; a bundle that never answers is cut off soon, as it fails alike then or later."""
    return Limits(seconds=5 if failure is TooSlow else 60, p95_ms=5_000, rss_mb=300)


EVIL = {
    "wrong answers": (head_model(replace(INTENT, bias=(0, 0, 9))).SerializeToString(), GoldenFailed),
    "no graph": (b"not onnx", LoadFailed),
    "endless loop": (endless_model(INTENT).SerializeToString(), TooSlow),
    "gigabytes": (many_bytes(INTENT), TooMuchMemory),
    "a shape without end": (giant_shape(INTENT), LoadFailed),
    "weights outside": (outside_data(INTENT), LoadFailed),
    "own operator": (own_operator(INTENT), LoadFailed),
    "not a number": (not_a_number(INTENT), GoldenFailed),
}
