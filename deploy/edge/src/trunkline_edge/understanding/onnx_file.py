"""What an ONNX file says of itself, read before onnxruntime sees it and without the package onnx.

Protocol buffers are fields of a number, a wire type and a value (https://protobuf.dev/programming-guides/encoding). Of
those in onnx.proto only the few are followed that can hold operators, versions or tensors; the rest is passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from trunkline_edge.errors import BundleInvalid

MAX_DEPTH = 50
"""Of graphs within graphs; ours have one."""
MAX_FIELDS = 2_000_000
"""Weights are one field a tensor, so a real graph has some ten thousand."""
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_EXTERNAL = 1
# Message -> number of a field -> message that it holds.
_MESSAGES: dict[str, dict[int, str]] = {
    "Model": {7: "Graph", 8: "Opset", 20: "Training", 25: "Function"},
    "Graph": {1: "Node", 5: "Tensor", 15: "Sparse"},
    "Node": {5: "Attribute"},
    "Attribute": {5: "Tensor", 6: "Graph", 10: "Tensor", 11: "Graph", 22: "Sparse", 23: "Sparse"},
    "Sparse": {1: "Tensor", 2: "Tensor"},
    "Function": {7: "Node", 9: "Opset", 11: "Attribute"},
    "Training": {1: "Graph", 2: "Graph"},
    "Opset": {},
    "Tensor": {},
}


@dataclass(slots=True)
class OnnxFacts:
    """What a device has to know of a graph before it loads it."""

    ir_version: int = 0
    opset: int = 0
    """Of ONNX's own operators."""
    domains: set[str] = field(default_factory=set)
    """Of other operators, imported or used."""
    has_outside_data: bool = False
    """Some weights lie in other files, which nobody has hashed."""


def read_onnx(raw: bytes) -> OnnxFacts:
    """Return the facts of an ONNX file; raises `BundleInvalid` for what is none."""
    if raw[4:8] == b"ORTM":
        raise BundleInvalid("in onnxruntime's own format, which says less of itself; export it as ONNX")
    facts, budget = OnnxFacts(), iter(range(MAX_FIELDS))
    try:
        _walk("Model", memoryview(raw), facts, budget, 0)
    except (IndexError, UnicodeDecodeError):
        raise BundleInvalid("cut off or no ONNX file") from None
    return facts


def _walk(message: str, raw: memoryview, facts: OnnxFacts, budget: Iterator[int], depth: int) -> None:
    if depth > MAX_DEPTH:
        raise BundleInvalid(f"graphs nested deeper than {MAX_DEPTH}")
    domain, version = "", 0
    for number, value in _fields(raw, budget):
        if isinstance(value, int):
            if (message, number) == ("Model", 1):
                facts.ir_version = value
            elif (message, number) == ("Opset", 2):
                version = value
            elif (message, number) == ("Tensor", 14):
                facts.has_outside_data |= value == _EXTERNAL
        elif inner := _MESSAGES[message].get(number):
            _walk(inner, value, facts, budget, depth + 1)
        elif (message, number) == ("Tensor", 13):
            facts.has_outside_data = True
        elif (message, number) in (("Opset", 1), ("Node", 7), ("Function", 10)):
            domain = bytes(value).decode()
    if domain not in ("", "ai.onnx"):
        facts.domains.add(domain)
    elif message == "Opset":
        facts.opset = max(facts.opset, version)


def _fields(raw: memoryview, budget: Iterator[int]) -> Iterator[tuple[int, int | memoryview]]:
    """Yield number and value of each field of a message: a number, or the bytes of what has a length."""
    position = 0
    while position < len(raw):
        if next(budget, None) is None:
            raise BundleInvalid(f"more than {MAX_FIELDS:,} fields")
        tag, position = _varint(raw, position)
        number, wire = tag >> 3, tag & 7
        if wire == _VARINT:
            value, position = _varint(raw, position)
            yield number, value
            continue
        if wire == _BYTES:
            length, position = _varint(raw, position)
        elif wire in (_FIXED32, _FIXED64):
            length = 4 if wire == _FIXED32 else 8
        else:
            raise BundleInvalid(f"no ONNX file: field of wire type {wire}")
        if position + length > len(raw):
            raise IndexError
        if wire == _BYTES:
            yield number, raw[position : position + length]
        position += length


def _varint(raw: memoryview, position: int) -> tuple[int, int]:
    """Return an integer of seven bits a byte, at most ten of them, and the position after it."""
    value = 0
    for shift in range(0, 70, 7):
        byte = raw[position]
        position += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, position
    raise BundleInvalid("no ONNX file: a number of more than ten bytes")
