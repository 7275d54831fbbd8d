"""Weights of an int8 trunk stored in four bits: half the bytes on their way to a device, the same arithmetic there.

A few numbers of a matrix' column, or of a table's row, have a whole multiplier, and each number in 8 bits is that times
one of -7 to 7; two of these are a byte. A device's onnxruntime multiplies them out once, when it loads the graph, as
they depend on no input: what runs is the int8 graph, and all operators are ONNX's own.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper, numpy_helper

from model.data.batches import Batch, collate, encode_frame, featurize, joined, no_forms
from model.export.parity import TRUNK_INPUTS, informed, on_cpu
from model.net import Net
from schemas.data.dataset import Dataset
from trunkline_edge.bundle.files import write_atomic
from trunkline_edge.understanding.featurizer import Featurizer

GROUP = 32
"""At most so many numbers share a multiplier, which takes a byte (docs/adr/0021-four-bits.md)."""
GREATEST = 7
"""Of a symmetric 4-bit number."""
IN_7_BITS, IN_8_BITS = 9, 18
"""Greatest multipliers: matrices keep the bit free that `quantise_trunk` leaves for the sums, tables need none."""
LEAST = 4_096
"""Numbers of a weight that is stored so; what unpacks it takes 1 kB."""
DAMPING = 0.01
"""Of the mean moment, added to each: directions that no input had are not rounded at will."""
ROWS = 256
"""Train rows whose states tell which roundings matter."""
_OFFSET, _BITS = 8, 4


def read_rows(dataset: Dataset, featurizer: Featurizer, net: Net) -> list[Batch]:
    """Return train rows as a device would read them, one each; no more than are asked of the data set's first frame."""
    forms = no_forms()
    first = encode_frame(next(iter(dataset.batches("train"))), forms, featurizer, net.plans)
    rows = joined([first], featurize(forms, featurizer))
    rng = np.random.default_rng(0)
    chosen = rng.choice(len(rows), min(ROWS, len(rows)), replace=False)
    return [informed(collate(rows, np.asarray([row])), net, rng) for row in chosen]


def store_in_4_bits(exact: onnx.ModelProto, target: Path, inputs: Sequence[Batch]) -> None:
    """Store the tables and matrices of an int8 trunk, `target`, in four bits; `exact` is what it was made of.

    What the matrices multiply when the trunk reads `inputs` says which roundings matter. Changes `exact`.
    """
    weights = {tensor.name: tensor for tensor in exact.graph.initializer}
    model = onnx.load(target)
    moments = _moments(exact, inputs)
    made: dict[str, TensorProto] = {}
    nodes: list[NodeProto] = []
    for tensor in model.graph.initializer:
        # The names that `quantise_trunk` and onnxruntime's own pass give what they make of a weight.
        name, _, form = tensor.name.rpartition("." if tensor.name.endswith(".int8") else "_")
        if form not in ("int8", "quantized") or len(tensor.dims) != 2 or math.prod(tensor.dims) < LEAST:
            continue
        weight, is_table = numpy_helper.to_array(weights[name]), form == "int8"
        matrix = weight.T if is_table else weight
        most, moment = (IN_8_BITS, None) if is_table else (IN_7_BITS, moments[name])
        codes, multipliers, unit = in_4_bits(matrix, most, moment)
        scale = f"{name}.scale" if is_table else f"{name}_scale"
        made[scale] = numpy_helper.from_array(unit[:, np.newaxis] if is_table else unit, scale)
        for part, value in (
            ("packed", _packed(codes)),
            ("multipliers", multipliers),
            ("groups", np.asarray(codes.shape)),
            ("padded", np.asarray((codes.shape[0] * codes.shape[1], codes.shape[2]))),
            ("ends", np.asarray([len(matrix)])),
        ):
            made[f"{tensor.name}.{part}"] = numpy_helper.from_array(value, f"{tensor.name}.{part}")
        nodes += _unpacking(tensor.name, is_table=is_table)
    if not nodes:
        return
    for name, constant in {"four": np.uint8(_BITS), "offset": np.int8(_OFFSET), "zero": np.zeros(1, np.int64)}.items():
        made[f"unpack.{name}"] = numpy_helper.from_array(np.asarray(constant), f"unpack.{name}")
    stored = {node.output[0] for node in nodes}
    kept = [tensor for tensor in model.graph.initializer if tensor.name not in made and tensor.name not in stored]
    nodes += model.graph.node
    del model.graph.initializer[:], model.graph.node[:]
    model.graph.initializer.extend([*kept, *made.values()])
    model.graph.node.extend(nodes)
    write_atomic(target, model.SerializeToString())


def in_4_bits(
    matrix: NDArray[np.float32], most: int, moment: NDArray[np.float64] | None = None
) -> tuple[NDArray[np.int8], NDArray[np.int8], NDArray[np.float32]]:
    """Return codes of -7 to 7, the multiplier of each group of each column, at most `most`, and the unit of columns.

    A number is code times multiplier times unit. With the second moment of what the matrix multiplies, what rounding
    one number costs is made up for by the later ones of its column (GPTQ, Frantar et al. 2022, arXiv 2210.17323).

    Shapes: (k, n), (k, k) -> (groups, length, n), (groups, 1, n), (n,); what the last group lacks is zero.
    """
    left = matrix.astype(np.float64)
    size, columns = left.shape
    unit = np.maximum(np.abs(left).max(axis=0, initial=0.0), 1e-12) / (GREATEST * most)
    share = _passed_on(moment) if moment is not None else None
    groups = -(-size // GROUP)
    length = -(-size // groups)  # 112 are four groups of 28: little is left empty
    length += length % 2  # two codes a byte
    codes = np.zeros((groups * length, columns), np.int8)
    multipliers = np.ones((groups, 1, columns), np.int8)
    for group, start in enumerate(range(0, size, length)):
        inside = slice(start, min(start + length, size))
        multipliers[group, 0] = _best_multipliers(left[inside] / unit, most)
        step = multipliers[group, 0] * unit
        for row in range(inside.start, inside.stop):
            codes[row] = np.clip(np.rint(left[row] / step), -GREATEST, GREATEST)
            if share is not None:
                error = (left[row] - codes[row] * step) / share[row, row]
                left[row + 1 :] -= np.outer(share[row, row + 1 :], error)
    return codes.reshape(groups, length, columns), multipliers, unit.astype(np.float32)


def _best_multipliers(numbers: NDArray[np.float64], most: int) -> NDArray[np.int8]:
    """Return the multiplier of least squared error of each column. Shapes: (k, n) -> (n,)."""
    tried = np.arange(1, most + 1, dtype=np.int8)
    errors = [
        np.square(np.clip(np.rint(numbers / each), -GREATEST, GREATEST) * each - numbers).sum(axis=0) for each in tried
    ]
    return np.asarray(tried[np.argmin(errors, axis=0)])


def _passed_on(moment: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return which share of a row's error each later row makes up for: the upper Cholesky factor of the inverse."""
    damped = moment + max(DAMPING * float(np.diag(moment).mean()), 1e-12) * np.eye(len(moment))
    return np.asarray(np.linalg.cholesky(np.linalg.inv(damped)).T)


def _moments(model: onnx.ModelProto, inputs: Sequence[Batch]) -> Mapping[str, NDArray[np.float64]]:
    """Return the second moment, (k, k), of what each matrix of a graph multiplies. Changes the graph's outputs."""
    weights = {tensor.name for tensor in model.graph.initializer}
    read = {
        node.input[1]: node.input[0]
        for node in model.graph.node
        if node.op_type == "MatMul" and node.input[1] in weights and node.input[0] not in weights
    }
    del model.graph.output[:]
    model.graph.output.extend(helper.make_empty_tensor_value_info(name) for name in dict.fromkeys(read.values()))
    session = on_cpu(model)
    names = [value.name for value in session.get_outputs()]
    moments: dict[str, NDArray[np.float64]] = {}
    for batch in inputs:
        told = dict(zip(TRUNK_INPUTS, batch.inputs, strict=False))
        feeds = {value.name: told[value.name].numpy() for value in session.get_inputs()}
        found = dict(zip(names, session.run(None, feeds), strict=True))
        for weight, name in read.items():
            rows = found[name].reshape(-1, found[name].shape[-1]).astype(np.float64)
            moments[weight] = moments.get(weight, 0.0) + rows.T @ rows
    return moments


def _packed(codes: NDArray[np.int8]) -> NDArray[np.uint8]:
    """Return two codes a byte: the first half of them in the lower bits, the second in the upper."""
    low, high = np.split((codes.ravel() + _OFFSET).astype(np.uint8), 2)
    return np.asarray(low | high << _BITS, dtype=np.uint8)


def _unpacking(name: str, *, is_table: bool) -> Iterator[NodeProto]:
    """Yield what makes the 8-bit numbers again. No bitwise "and", which ONNX has from opset 18 on."""
    four, packed, flat = "unpack.four", f"{name}.packed", f"{name}.cut" if is_table else name
    yield helper.make_node("BitShift", [packed, four], [f"{name}.up"], direction="LEFT")
    yield helper.make_node("BitShift", [f"{name}.up", four], [f"{name}.low"], direction="RIGHT")
    yield helper.make_node("BitShift", [packed, four], [f"{name}.high"], direction="RIGHT")
    yield helper.make_node("Concat", [f"{name}.low", f"{name}.high"], [f"{name}.both"], axis=0)
    yield helper.make_node("Cast", [f"{name}.both"], [f"{name}.raised"], to=TensorProto.INT8)
    yield helper.make_node("Sub", [f"{name}.raised", "unpack.offset"], [f"{name}.flat"])
    yield helper.make_node("Reshape", [f"{name}.flat", f"{name}.groups"], [f"{name}.codes"])
    yield helper.make_node("Mul", [f"{name}.codes", f"{name}.multipliers"], [f"{name}.numbers"])
    yield helper.make_node("Reshape", [f"{name}.numbers", f"{name}.padded"], [f"{name}.whole"])
    yield helper.make_node("Slice", [f"{name}.whole", "unpack.zero", f"{name}.ends", "unpack.zero"], [flat])
    if is_table:
        yield helper.make_node("Transpose", [flat], [name], perm=[1, 0])
