"""The Open Inference Protocol, version 2: models, tensors, answers.

A bundle is several models: `nlu` takes text and gives canonical results as JSON, and each graph takes and gives its raw
tensors under its own name.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trunkline_edge.errors import InputRefused
from trunkline_edge.understanding.result import Result

NLU = "nlu"
MAX_ROWS = 32
"""Rows of a batch; a request of more is refused, so that one caller cannot hold the others up."""
MAX_NUMBERS = 131_072
"""Of an answer: 128 words of a net of 1,024 units, 3 MB of JSON. Writing it takes far longer than working it out."""
DATATYPES: dict[str, tuple[str, type[np.generic]]] = {
    "tensor(bool)": ("BOOL", np.bool_),
    "tensor(int32)": ("INT32", np.int32),
    "tensor(int64)": ("INT64", np.int64),
    "tensor(float)": ("FP32", np.float32),
}
"""By the type that onnxruntime names: the protocol's name and numpy's type."""


def nlu_metadata(version: int) -> dict[str, Any]:
    """Describe the model of text in, JSON out."""
    parameters = {"content_type": "str"}
    return {
        "name": NLU,
        "versions": [str(version)],
        "platform": "onnx_trunkline",
        "inputs": [{"name": "text", "datatype": "BYTES", "shape": [-1], "parameters": parameters}],
        "outputs": [{"name": "result", "datatype": "BYTES", "shape": [-1], "parameters": parameters}],
    }


def graph_metadata(name: str, version: int, inputs: Sequence[Any], outputs: Sequence[Any]) -> dict[str, Any]:
    """Describe a graph; `inputs` and `outputs` are what its onnxruntime session says of them."""
    return {
        "name": name,
        "versions": [str(version)],
        "platform": "onnxruntime_onnx",
        "inputs": [_tensor_metadata(each) for each in inputs],
        "outputs": [_tensor_metadata(each) for each in outputs],
    }


def _tensor_metadata(tensor: Any) -> dict[str, Any]:
    shape = [size if isinstance(size, int) else -1 for size in tensor.shape]
    return {"name": tensor.name, "datatype": DATATYPES[tensor.type][0], "shape": shape}


def read_texts(request: Mapping[str, Any]) -> list[str]:
    """Return the utterances of a request to `nlu`; raises `InputRefused` naming what is wrong."""
    inputs = _inputs(request)
    if list(inputs) != ["text"]:
        raise InputRefused(f"inputs {sorted(inputs)}; expected one named 'text'")
    tensor = inputs["text"]
    if tensor.get("datatype") != "BYTES":
        raise InputRefused(f"input 'text': datatype {tensor.get('datatype')!r}; expected 'BYTES'")
    texts = _flat(tensor.get("data"))
    if not all(isinstance(text, str) for text in texts):
        raise InputRefused("input 'text': data holds something else than strings")
    _check_count("text", tensor, len(texts))
    if not 1 <= len(texts) <= MAX_ROWS:
        raise InputRefused(f"input 'text': {len(texts)} utterances; expected 1 to {MAX_ROWS}")
    return texts


def read_tensors(request: Mapping[str, Any], expected: Sequence[Any], max_words: int) -> dict[str, NDArray[Any]]:
    """Return a graph's inputs by name; raises `InputRefused` for a tensor that the graph does not take.

    `expected` is what the graph's session says of its inputs: rows first, then words, then what the graph fixes.
    """
    given = _inputs(request)
    names = [each.name for each in expected]
    if sorted(given) != sorted(names):
        raise InputRefused(f"inputs {sorted(given)}; expected {sorted(names)}")
    return {each.name: _tensor(each, given[each.name], max_words) for each in expected}


def _tensor(expected: Any, given: Mapping[str, Any], max_words: int) -> NDArray[Any]:
    name, (datatype, dtype) = expected.name, DATATYPES[expected.type]
    if given.get("datatype") != datatype:
        raise InputRefused(f"input {name!r}: datatype {given.get('datatype')!r}; expected {datatype!r}")
    shape = given.get("shape")
    if not isinstance(shape, list) or not all(type(size) is int and size > 0 for size in shape):
        raise InputRefused(f"input {name!r}: shape {shape!r:.80}; expected a list of whole numbers above 0")
    greatest = [MAX_ROWS, *[max_words] * len(expected.shape)]
    allowed = [
        (size, size) if isinstance(size, int) else (1, limit)
        for size, limit in zip(expected.shape, greatest, strict=False)
    ]
    if len(shape) != len(allowed) or not all(
        low <= size <= high for size, (low, high) in zip(shape, allowed, strict=True)
    ):
        wanted = ", ".join(str(low) if low == high else f"{low} to {high}" for low, high in allowed)
        raise InputRefused(f"input {name!r}: shape {shape!r:.80}; expected [{wanted}]")
    data = _flat(given.get("data"))
    _check_count(name, given, len(data))
    kinds = {bool} if dtype is np.bool_ else {int} if np.issubdtype(dtype, np.integer) else {int, float}
    if not {type(each) for each in data} <= kinds:
        raise InputRefused(f"input {name!r}: data holds something else than {datatype}")
    try:
        with np.errstate(over="ignore"):  # what is too great becomes infinite
            values = np.asarray(data, dtype=dtype)
    except OverflowError:
        values = None
    if values is None or not np.isfinite(values).all():
        raise InputRefused(f"input {name!r}: data holds a number beyond what {datatype} can hold")
    return values.reshape(shape)


def check_size(outputs: Sequence[Any], expected: Sequence[Any], inputs: Mapping[str, NDArray[Any]]) -> None:
    """Raise `InputRefused` where the answer would hold too many numbers; `outputs` are the wanted ones.

    `expected` is what the graph's session says of its inputs, in the names of whose sizes it tells its outputs' sizes.
    """
    sizes = {name: size for each in expected for name, size in zip(each.shape, inputs[each.name].shape, strict=True)}
    shapes = {each.name: [sizes.get(size, size) for size in each.shape] for each in outputs}
    count = sum(math.prod(shape) for shape in shapes.values())
    if count > MAX_NUMBERS:
        raise InputRefused(
            f"an answer of {count:,} numbers, in shapes {shapes!s:.200}; at most {MAX_NUMBERS:,}: send "
            "fewer rows at once, or fewer words"
        )


def _inputs(request: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    if not isinstance(request.get("id", ""), str):
        raise InputRefused("`id` is not a string")
    if not isinstance(request.get("parameters", {}), dict):
        raise InputRefused("`parameters` is not an object")
    inputs = request.get("inputs")
    if not isinstance(inputs, list) or not all(isinstance(e, dict) and isinstance(e.get("name"), str) for e in inputs):
        raise InputRefused("no `inputs`; expected a list of {name, shape, datatype, data}")
    if len({each["name"] for each in inputs}) < len(inputs):
        raise InputRefused("two inputs of one name")
    return {each["name"]: each for each in inputs}


def _flat(data: Any) -> list[Any]:
    """Return the values of nested lists in row-major order."""
    if not isinstance(data, list):
        raise InputRefused("data is not a list")
    flat: list[Any] = []
    waiting = [iter(data)]
    while waiting:
        for each in waiting[-1]:
            if isinstance(each, list):
                waiting.append(iter(each))
                break
            flat.append(each)
        else:
            waiting.pop()
    return flat


def _check_count(name: str, tensor: Mapping[str, Any], found: int) -> None:
    shape = tensor.get("shape")
    if not isinstance(shape, list) or not all(type(size) is int and size >= 0 for size in shape):
        raise InputRefused(f"input {name!r}: shape {shape!r:.80}; expected a list of whole numbers")
    count = 1
    for size in shape:
        count = min(count * size, 2**63)
    if count != found:
        raise InputRefused(f"input {name!r}: {found} values; its shape {shape} holds {count}")


def wanted_outputs(request: Mapping[str, Any], there: Sequence[str]) -> list[str]:
    """Return the names of the outputs that a request asks for: all, unless it says which."""
    outputs = request.get("outputs", [])
    if not isinstance(outputs, list):
        raise InputRefused("`outputs` is not a list")
    names = [each.get("name") if isinstance(each, dict) else None for each in outputs]
    if unknown := [name for name in names if name not in there]:
        raise InputRefused(f"outputs {unknown}; there are {list(there)}")
    return [str(name) for name in names] or list(there)


def render_oip_results(results: Sequence[Result], version: int, request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer of `nlu`: one JSON string an utterance."""
    output = {
        "name": "result",
        "shape": [len(results)],
        "datatype": "BYTES",
        "parameters": {"content_type": "str"},
        "data": [json.dumps(result.to_json(timing=True), ensure_ascii=False) for result in results],
    }
    return _answer(NLU, version, request, [output])


def render_oip_tensors(
    name: str, version: int, request: Mapping[str, Any], tensors: Mapping[str, NDArray[Any]]
) -> dict[str, Any]:
    """Return the answer of a graph; data is flat, row by row.

    Raises `InputRefused` where the graph makes of its inputs what JSON has no number for.
    """
    for key, each in tensors.items():
        if not np.isfinite(each).all():
            raise InputRefused(f"model {name}: of these inputs output {key!r} becomes infinite or no number")
    names = {np.dtype(dtype): datatype for datatype, dtype in DATATYPES.values()}
    outputs = [
        {"name": key, "shape": list(each.shape), "datatype": names[each.dtype], "data": each.ravel().tolist()}
        for key, each in tensors.items()
    ]
    return _answer(name, version, request, outputs)


def _answer(name: str, version: int, request: Mapping[str, Any], outputs: list[dict[str, Any]]) -> dict[str, Any]:
    answer: dict[str, Any] = {"model_name": name, "model_version": str(version), "outputs": outputs}
    if isinstance(request.get("id"), str):
        answer["id"] = request["id"]
    return answer
