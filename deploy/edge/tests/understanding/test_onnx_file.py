from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from deploy.edge.tests.tiny_bundle import INTENT, IR_VERSION, OPSET, Recipe, endless_model, head_model, trunk_model
from trunkline_edge.errors import BundleInvalid
from trunkline_edge.understanding.onnx_file import MAX_DEPTH, read_onnx
from trunkline_edge.understanding.session import open_folder


def outside(tensor: onnx.TensorProto, *, named: bool = True) -> onnx.TensorProto:
    """The tensor as one whose numbers lie in the file `weights`."""
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    if named:
        tensor.external_data.add(key="location", value="weights")
    return tensor


def tensor() -> onnx.TensorProto:
    return numpy_helper.from_array(np.zeros(4, dtype=np.float32), "t")


def with_attribute(attribute: onnx.AttributeProto) -> onnx.ModelProto:
    model = head_model(INTENT)
    node = model.graph.node.add(op_type="Constant", output=["c"])
    node.attribute.append(attribute)
    return model


def in_a_loop() -> onnx.ModelProto:
    model = endless_model(INTENT)
    loop = next(node for node in model.graph.node if node.op_type == "Loop")
    loop.attribute[0].g.initializer.append(outside(tensor()))
    return model


def in_a_function() -> onnx.ModelProto:
    model = head_model(INTENT)
    constant = helper.make_node("Constant", [], ["c"], value=outside(tensor()))
    model.functions.append(helper.make_function("", "F", [], ["c"], [constant], [helper.make_opsetid("", OPSET)]))
    return model


def sparse() -> onnx.ModelProto:
    model = head_model(INTENT)
    found = model.graph.sparse_initializer.add(dims=[4])
    found.values.CopyFrom(outside(tensor()))
    return model


HIDDEN: dict[str, Callable[[], onnx.ModelProto]] = {
    "constant": lambda: with_attribute(helper.make_attribute("value", outside(tensor()))),
    "list of tensors": lambda: with_attribute(helper.make_attribute("values", [tensor(), outside(tensor())])),
    "mark without a name": lambda: with_attribute(helper.make_attribute("value", outside(tensor(), named=False))),
    "loop": in_a_loop,
    "function": in_a_function,
    "sparse weights": sparse,
}


@pytest.mark.parametrize(
    "model", [head_model(INTENT), trunk_model(), endless_model(INTENT)], ids=["head", "trunk", "loop"]
)
def test_the_facts_are_those_that_onnx_reads(model: onnx.ModelProto) -> None:
    facts = read_onnx(model.SerializeToString())
    assert (facts.ir_version, facts.opset, facts.domains, facts.has_outside_data) == (IR_VERSION, OPSET, set(), False)


@pytest.mark.parametrize("where", HIDDEN)
def test_weights_outside_the_file_are_found_wherever_they_hide(where: str) -> None:
    assert read_onnx(HIDDEN[where]().SerializeToString()).has_outside_data


def test_weights_beside_the_working_directory_are_not_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """onnxruntime looks for them there when it is given bytes."""
    model = head_model(INTENT)
    (tmp_path / "weights").write_bytes(model.graph.initializer[0].raw_data)
    outside(model.graph.initializer[0])
    monkeypatch.chdir(tmp_path)
    assert ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    Recipe(replaced={INTENT.file: model.SerializeToString()}).write(tmp_path / "bundle")
    with pytest.raises(BundleInvalid, match=r"graph intent \(intent\.onnx\): some of its weights lie outside the file"):
        open_folder(tmp_path / "bundle")


@pytest.mark.parametrize("where", ["imported", "used", "used in a loop"])
def test_operators_that_the_manifest_does_not_name_are_refused(tmp_path: Path, where: str) -> None:
    model = endless_model(INTENT)
    if where == "imported":
        model.opset_import.append(helper.make_opsetid("evil", 1))
    else:
        loop = next(node for node in model.graph.node if node.op_type == "Loop")
        (loop.attribute[0].g.node[0] if where == "used in a loop" else loop).domain = "evil"
    Recipe(replaced={INTENT.file: model.SerializeToString()}).write(tmp_path)
    with pytest.raises(BundleInvalid, match=r"graph intent .*operators of \['evil'\], the manifest names \[\]"):
        open_folder(tmp_path)


def test_a_graph_newer_than_the_manifest_promises_is_refused(tmp_path: Path) -> None:
    model = head_model(INTENT)
    model.ir_version = IR_VERSION + 1
    Recipe(replaced={INTENT.file: model.SerializeToString()}).write(tmp_path)
    with pytest.raises(BundleInvalid, match=f"IR version {IR_VERSION + 1}; the manifest promises at most {OPSET} and"):
        open_folder(tmp_path)


def test_graphs_without_end_are_refused() -> None:
    graph = b""
    for _ in range(MAX_DEPTH):
        for number in (6, 5, 1):  # graph of an attribute, of a node, of a graph
            length = len(graph)
            graph = bytes([number << 3 | 2, length & 127 | 128, length >> 7]) + graph
    length = len(graph)
    with pytest.raises(BundleInvalid, match="nested deeper"):
        read_onnx(bytes([7 << 3 | 2, length & 127 | 128, length >> 7]) + graph)


def test_onnxruntimes_own_format_is_refused() -> None:
    with pytest.raises(BundleInvalid, match="own format"):
        read_onnx(b"\x08\x00\x00\x00ORTM" + bytes(100))


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    try:
        read_onnx(raw)
    except BundleInvalid as error:
        assert "ONNX" in str(error) or "nested" in str(error)
