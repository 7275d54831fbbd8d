"""An LSTM layer as ONNX has it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from model.layers.trunk import PackedLstm


class OnnxLstm(nn.Module):
    """`PackedLstm` as the one ONNX operator that it is: LSTM, bidirectional, with sequence lengths.

    torch's own export unrolls the packing into dozens of nodes with a frozen length (pytorch issue 191855). The
    operator's gates come in the order i, o, f, c; torch keeps them as i, f, c, o.
    """

    input_weight: Tensor
    state_weight: Tensor
    bias: Tensor

    def __init__(self, packed: PackedLstm) -> None:
        super().__init__()
        lstm = packed.lstm
        self.hidden_size = lstm.hidden_size

        def gates(name: str) -> list[Tensor]:
            return [_reorder(getattr(lstm, f"{name}_l0{way}").detach()) for way in ("", "_reverse")]

        self.register_buffer("input_weight", torch.stack(gates("weight_ih")))
        self.register_buffer("state_weight", torch.stack(gates("weight_hh")))
        biases = [torch.cat(pair) for pair in zip(gates("bias_ih"), gates("bias_hh"), strict=True)]
        self.register_buffer("bias", torch.stack(biases))

    def forward(self, hidden: Tensor, mask: Tensor, lengths: Tensor) -> Tensor:
        """Shapes as for `PackedLstm`; `lengths` is read from the mask, so that it stays inside the graph."""
        rows, words, _ = hidden.shape
        (read,) = torch.onnx.ops.symbolic_multi_out(
            "LSTM",
            (hidden.transpose(0, 1), self.input_weight, self.state_weight, self.bias, mask.sum(1).to(torch.int32)),
            {"hidden_size": self.hidden_size, "direction": "bidirectional"},
            dtypes=[hidden.dtype],
            shapes=[(words, 2, rows, self.hidden_size)],
            version=14,
        )
        return read.permute(2, 0, 1, 3).reshape(rows, words, 2 * self.hidden_size)


def _reorder(weights: Tensor) -> Tensor:
    """Gates from torch's order i, f, c, o to ONNX's i, o, f, c."""
    i, f, c, o = weights.chunk(4)
    return torch.cat([i, o, f, c])
