"""int8 weights for a trunk graph, dynamically quantised activations."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path

import onnx
from onnxruntime.quantization import QuantType, quantize_dynamic

from trunkline_edge.store import write_atomic


def quantise_trunk(source: Path, target: Path) -> None:
    """Write the int8 form of a trunk graph.

    Two passes. Embeddings use all 8 bits: they are only looked up. Matrix weights use 7 (`reduce_range`): with 8, CPUs
    without VNNI saturate in their 16-bit sums and answer differently (measured here on AVX2: hidden states off by
    0.8 against 0.04, docs/adr/0003).
    """
    level = logging.root.manager.disable
    logging.disable(logging.WARNING)  # onnxruntime advises a pre-processing pass that changes nothing here
    try:
        with tempfile.TemporaryDirectory() as scratch:
            lookup, whole = Path(scratch) / "lookup.onnx", Path(scratch) / "whole.onnx"
            quantize_dynamic(source, lookup, weight_type=QuantType.QInt8, op_types_to_quantize=["Gather"])
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
    facts = {prop.key: prop.value for prop in onnx.load(source).metadata_props}
    del model.metadata_props[:]
    for key, value in facts.items():
        model.metadata_props.add(key=key, value=value)
    write_atomic(target, model.SerializeToString())
