from __future__ import annotations

import numpy as np
import onnxruntime as ort
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor

from model.export.lstm import OnnxLstm
from model.layers.trunk import PackedLstm


def _onnx_lstm(layer: OnnxLstm, width: int) -> ort.InferenceSession:
    """Return the operator alone, written by hand with the layer's weights."""
    weights = {"W": layer.input_weight, "R": layer.state_weight, "B": layer.bias}
    node = helper.make_node(
        "LSTM", ["x", *weights, "lengths"], ["y"], hidden_size=layer.hidden_size, direction="bidirectional"
    )
    graph = helper.make_graph(
        [node],
        "lstm",
        [
            helper.make_tensor_value_info("x", TensorProto.FLOAT, ["words", "rows", width]),
            helper.make_tensor_value_info("lengths", TensorProto.INT32, ["rows"]),
        ],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["words", 2, "rows", layer.hidden_size])],
        [numpy_helper.from_array(tensor.numpy(), name) for name, tensor in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    return ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("width", [2, 8, 32])
@torch.inference_mode()
def test_the_onnx_lstm_is_the_torch_one(seed: int, width: int) -> None:
    torch.manual_seed(seed)
    packed = PackedLstm(width).eval()
    for parameter in packed.parameters():
        parameter.normal_()
    lengths = torch.randint(1, 10, (6,))
    lengths[seed] = 9
    mask = torch.arange(9) < lengths[:, None]
    hidden: Tensor = torch.randn(6, 9, width)
    wanted = packed(hidden, mask, lengths)
    session = _onnx_lstm(OnnxLstm(packed), width)
    (found,) = session.run(None, {"x": hidden.transpose(0, 1).numpy(), "lengths": lengths.to(torch.int32).numpy()})
    np.testing.assert_allclose(found.transpose(2, 0, 1, 3).reshape(6, 9, width), wanted, atol=1e-5, rtol=0)
    assert not wanted[~mask].any()
