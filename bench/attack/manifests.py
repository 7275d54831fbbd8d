"""Manifests and graphs that somebody built wrongly or on purpose: each is refused by name, or is what it says.

A manifest that is accepted has to write the very bytes that it was read from. Graphs are read, never run.
"""

from __future__ import annotations

import copy
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.attack import Attack, turns
from deploy.edge.tests.tiny_bundle import Recipe
from trunkline_edge.bundle.manifest import MAX_MANIFEST_BYTES, Manifest
from trunkline_edge.errors import BundleInvalid
from trunkline_edge.understanding.onnx_file import read_onnx

HANG_S = 1.0
ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2, 3, 2**31, 2**63, 2**64, 10**400, -(10**400)),
    *(0.0, -0.0, 0.5, 1.0, 1e308, 5e-324, float("inf"), float("-inf"), float("nan")),
    *(
        "",
        "x",
        "../x",
        "/dev/zero",
        "..",
        "a\n",
        "\0",
        "\x1b[2J",
        "\ud800",
        "\u2028",
        "\u202e",
        "9" * 5_000,
        "x" * 70_000,
    ),
    *("intent", "trunk.onnx", "ids", "class", "golden", "f" * 64, "F" * 64, "2026-11-05T12:00:00Z", "1.22"),
    *([], {}, [[]], [{}], {"": 0}, [0], ["x", "x"], {"a": {"b": {"c": []}}}),
)
Node = dict[str, Any] | list[Any]


def canonical(value: Any) -> bytes:
    """Write JSON as manifests have it, and more: also what no manifest may hold."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass")


def places(node: Any) -> list[tuple[Node, Any]]:
    """Return every (object, name) and (list, index) inside a value."""
    if not isinstance(node, dict | list):
        return []
    found: list[tuple[Node, Any]] = [(node, key) for key in (node if isinstance(node, dict) else range(len(node)))]
    return found + [place for parent, key in found for place in places(parent[key])]


def mutants(raw: bytes, random_: random.Random) -> Mapping[str, Callable[[], bytes]]:
    """Return kind of attack -> a function that makes one more manifest out of a good one."""

    def edited(edit: Callable[[Node, Any], None], times: int = 1) -> bytes:
        value = json.loads(raw)
        for _ in range(times):
            edit(*random_.choice(places(value)))
        return canonical(value)

    def replace(node: Node, key: Any) -> None:
        node[key] = copy.deepcopy(random_.choice(ODD))

    def remove(node: Node, key: Any) -> None:
        del node[key]

    def repeat(node: Node, key: Any) -> None:
        times = random_.choice((1, 2, 300))
        if isinstance(node, list):
            node[key:key] = [copy.deepcopy(node[key]) for _ in range(times)]
        else:
            node.update({f"{key}{number}": node[key] for number in range(times)})

    def nudge(node: Node, key: Any) -> None:
        if isinstance(node[key], bool):
            node[key] = not node[key]
        elif isinstance(node[key], int | float):
            node[key] = random_.choice((node[key] + 1, -node[key], node[key] * 2, float(node[key]), str(node[key])))
        elif isinstance(node[key], str):
            cut = random_.randint(0, len(node[key]))
            node[key] = node[key][:cut] + random_.choice(("", "é", "\t", "/", ".", "A", "0")) + node[key][cut + 1 :]

    def swapped() -> bytes:
        value = json.loads(raw)
        (one, i), (other, j) = random_.choice(places(value)), random_.choice(places(value))
        one[i], other[j] = copy.deepcopy(other[j]), copy.deepcopy(one[i])
        return canonical(value)

    def flipped() -> bytes:
        content = bytearray(raw)
        for _ in range(random_.randint(1, 4)):
            content[random_.randrange(len(content))] = random_.randrange(256)
        return bytes(content)

    def cut() -> bytes:
        first, last = sorted(random_.randrange(len(raw) + 1) for _ in range(2))
        return random_.choice((raw[:first], raw[:first] + raw[last:], raw[:last] + raw[first:]))

    def huge() -> bytes:
        return random_.choice(
            (b"[" * 500_000, b'{"a":' * 150_000, b"9" * 900_000, raw + b" " * MAX_MANIFEST_BYTES, b"")
        )

    return {
        "other value": lambda: edited(replace),
        "other values": lambda: edited(replace, random_.randint(2, 4)),
        "value nudged": lambda: edited(nudge),
        "field removed": lambda: edited(remove),
        "repeated": lambda: edited(repeat),
        "swapped": swapped,
        "bytes flipped": flipped,
        "cut": cut,
        "huge, nested": huge,
    }


def end_of(raw: bytes) -> str:
    """Return what becomes of a manifest."""
    try:
        manifest = Manifest.from_bytes(raw)
        return "accepted" if manifest.to_bytes() == raw and len(manifest.bundle_id) == 64 else "silent"
    except BundleInvalid:
        return "refused"
    except Exception:
        return "traceback"


def end_of_graph(raw: bytes) -> str:
    """Return what becomes of an ONNX file before it is loaded."""
    try:
        read_onnx(raw)
    except BundleInvalid:
        return "refused"
    except Exception:
        return "traceback"
    return "accepted"


def attack(seed: int, seconds: float, inputs: int = 0) -> list[Attack]:
    """Change the manifest and a graph of a small bundle until the time is up."""
    random_ = random.Random(seed)
    with TemporaryDirectory() as folder:
        Recipe().write(Path(folder))
        manifests = mutants((Path(folder) / "manifest.json").read_bytes(), random_)
        graph = mutants((Path(folder) / "intent.onnx").read_bytes(), random_)
    makers = {f"manifest: {kind}": (make, end_of) for kind, make in manifests.items()}
    makers |= {f"graph: {kind}": (graph[kind], end_of_graph) for kind in ("bytes flipped", "cut")}
    ends: dict[str, Counter[str]] = {kind: Counter() for kind in makers}
    slowest = dict.fromkeys(makers, 0.0)
    for kind in turns(makers, seconds, inputs):
        make, end = makers[kind]
        raw = make()
        begun = time.monotonic()
        found = end(raw)
        took = time.monotonic() - begun
        slowest[kind] = max(slowest[kind], took)
        ends[kind]["silent" if took > HANG_S else found] += 1
    return [Attack.counted("manifests", kind, found, slowest[kind]) for kind, found in ends.items()]
