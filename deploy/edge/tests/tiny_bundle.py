"""A bundle small enough to be right by eye: a table of meanings, a sum, and linear heads.

Each row of the embedding table says what one word means; the trunk adds up the rows of a word's ids. So
`turn on` is a 1 in dimension `on`, and the heads need no training.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from trunkline_edge.bundle.manifest import (
    FeaturizerConfig,
    FileEntry,
    GraphEntry,
    HeadEntry,
    HeadKind,
    Manifest,
    Provenance,
    Requires,
    Role,
)
from trunkline_edge.understanding.featurizer import FIRST_WORD_ID
from trunkline_edge.understanding.result import Result
from trunkline_edge.understanding.selftest import golden_lines
from trunkline_edge.understanding.session import Runtime

OPSET, IR_VERSION = 17, 8
FEATURIZER = FeaturizerConfig(buckets=64, ngram_min=3, ngram_max=3, max_features=6, max_words=12)
MEANINGS = ("on", "off", "device", "first", "room", "weather", "nice")
VOCABULARY = {
    "on": "on",
    "off": "off",
    "lamp": "device",
    "lämp": "device",
    "fan": "device",
    "guest": "first",
    "kitchen": "first",
    "room": "room",
    "rain": "weather",
    "please": "nice",
}
TEXTS = ("turn on the lamp", "fan off please", "lamp in the guest room on", "rain tomorrow?", "kitchen room off")
TRUNK_ID = "7" * 64
BUCKET_NOISE = 0.01


@dataclass(frozen=True)
class TinyHead:
    """A linear head: pooled over words for all kinds but `tag`."""

    name: str
    kind: HeadKind
    labels: tuple[str, ...]
    weights: Mapping[str, tuple[float, ...]]
    """Meaning -> one weight an output; others weigh nothing."""
    bias: tuple[float, ...]
    temperature: float = 1.0
    threshold: float = 0.0

    def matrix(self) -> NDArray[np.float32]:
        """Shape: (meanings, outputs)."""
        none = (0.0,) * len(self.bias)
        return np.asarray([self.weights.get(meaning, none) for meaning in MEANINGS], dtype=np.float32)

    @property
    def file(self) -> str:
        return f"{self.name}.onnx"


INTENT = TinyHead(
    "intent",
    "class",
    ("turn_on", "turn_off", "weather"),
    {"on": (4, 0, 0), "off": (0, 4, 0), "weather": (0, 0, 6)},
    (0.2, 0.1, 0),
)
DOMAIN = TinyHead("domain", "class", ("home", "sky"), {"device": (3, 0), "room": (2, 0), "weather": (0, 5)}, (0.5, 0))
SLOTS = TinyHead(
    "slots",
    "tag",
    ("device", "room"),
    # Outside, B-device, I-device, B-room, I-room.
    {"device": (0, 9, 0, 0, 0), "first": (0, 0, 0, 9, 0), "room": (0, 0, 0, 0, 9)},
    (4, 0, 0, 0, 0),
)
TOPICS = TinyHead(
    "topics", "multilabel", ("outside", "polite"), {"weather": (6, 0), "nice": (0, 7)}, (-3, -3), threshold=0.5
)
URGENCY = TinyHead("urgency", "score", (), {"nice": (-0.25,), "off": (0.5,)}, (1.5,))
HEADS = (INTENT, DOMAIN, SLOTS, TOPICS, URGENCY)


def embedding(scale: float = 1.0) -> NDArray[np.float32]:
    """Rows: pad, unknown, words, buckets. Buckets carry a little noise, so that unknown words differ."""
    rng = np.random.default_rng(0)
    table = np.zeros((FIRST_WORD_ID + len(VOCABULARY) + FEATURIZER.buckets, len(MEANINGS)), dtype=np.float32)
    table[-FEATURIZER.buckets :] = rng.uniform(-BUCKET_NOISE, BUCKET_NOISE, (FEATURIZER.buckets, len(MEANINGS)))
    for row, meaning in enumerate(VOCABULARY.values(), start=FIRST_WORD_ID):
        table[row, MEANINGS.index(meaning)] = scale
    return table


NAMED = {"device": "entity", "room": "area"}
"""Slot label -> list, of a bundle that reads names."""
NAME_MEANINGS = ("first", "room", "device", "device")
"""What a word means that begins or continues a known area, or a known entity."""


def trunk_model(scale: float = 1.0, *, trunk_id: str = TRUNK_ID, reads_names: bool = False) -> onnx.ModelProto:
    """ids (B, N, K) -> hidden (B, N, d): rows looked up and added. `mask` is for the heads.

    With names, lexicon (B, N, 4) is added: what a name says outweighs what a word does.
    """
    nodes = [
        helper.make_node("Gather", ["table", "ids"], ["rows"]),
        helper.make_node("ReduceSum", ["rows", "axis"], ["hidden"], keepdims=0),
    ]
    constants: dict[str, NDArray[Any]] = {"table": embedding(scale), "axis": np.asarray([2], dtype=np.int64)}
    inputs = [helper.make_tensor_value_info("ids", TensorProto.INT64, ["rows", "words", FEATURIZER.max_features])]
    outputs = [helper.make_tensor_value_info("hidden", TensorProto.FLOAT, ["rows", "words", len(MEANINGS)])]
    if reads_names:
        nodes[-1].output[0] = "read"
        nodes += [
            helper.make_node("MatMul", ["lexicon", "meant"], ["known"]),
            helper.make_node("Add", ["read", "known"], ["hidden"]),
        ]
        meant = np.zeros((len(NAME_MEANINGS), len(MEANINGS)), dtype=np.float32)
        for row, meaning in enumerate(NAME_MEANINGS):
            meant[row, MEANINGS.index(meaning)] = 2
        constants["meant"] = meant
        shape: list[str | int] = ["rows", "words", len(NAME_MEANINGS)]
        inputs.append(helper.make_tensor_value_info("lexicon", TensorProto.FLOAT, shape))
    return model_of("trunk", nodes, constants, inputs, outputs, trunk_id)


def head_model(head: TinyHead, *, trunk_id: str = TRUNK_ID) -> onnx.ModelProto:
    """hidden (B, N, d), mask (B, N) -> logits: (B, N, tags) for tag heads, (B, outputs) for all others."""
    logits = f"{head.name}.logits"
    constants: dict[str, NDArray[Any]] = {"w": head.matrix(), "b": np.asarray(head.bias, dtype=np.float32)}
    inputs = [helper.make_tensor_value_info("hidden", TensorProto.FLOAT, ["rows", "words", len(MEANINGS)])]
    shape: list[str | int] = ["rows", len(head.bias)]
    source = "hidden"
    nodes = []
    if head.kind == "tag":
        shape.insert(1, "words")
    else:
        inputs.append(helper.make_tensor_value_info("mask", TensorProto.BOOL, ["rows", "words"]))
        constants |= {"words": np.asarray([1], dtype=np.int64), "last": np.asarray([2], dtype=np.int64)}
        nodes = [
            helper.make_node("Cast", ["mask"], ["real"], to=TensorProto.FLOAT),
            helper.make_node("Unsqueeze", ["real", "last"], ["column"]),
            helper.make_node("Mul", ["hidden", "column"], ["kept"]),
            helper.make_node("ReduceSum", ["kept", "words"], ["pooled"], keepdims=0),
        ]
        source = "pooled"
    nodes += [
        helper.make_node("MatMul", [source, "w"], ["product"]),
        helper.make_node("Add", ["product", "b"], [logits]),
    ]
    outputs = [helper.make_tensor_value_info(logits, TensorProto.FLOAT, shape)]
    return model_of(head.name, nodes, constants, inputs, outputs, trunk_id)


def endless_model(head: TinyHead) -> onnx.ModelProto:
    """A graph that loads well and never answers: a loop of 2^62 steps."""
    step = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["go_on"]), helper.make_node("Identity", ["x"], ["x_on"])],
        "step",
        [
            helper.make_tensor_value_info("i", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
            helper.make_tensor_value_info("x", TensorProto.FLOAT, None),
        ],
        [
            helper.make_tensor_value_info("go_on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("x_on", TensorProto.FLOAT, None),
        ],
    )
    model = head_model(head)
    logits = f"{head.name}.logits"
    model.graph.node[-1].output[0] = "sum"
    model.graph.node.append(helper.make_node("Loop", ["trips", "true", "sum"], [logits], body=step))
    model.graph.initializer.append(numpy_helper.from_array(np.asarray(2**62, dtype=np.int64), "trips"))
    model.graph.initializer.append(numpy_helper.from_array(np.asarray(True), "true"))
    return model


def model_of(
    name: str,
    nodes: Sequence[onnx.NodeProto],
    constants: Mapping[str, NDArray[Any]],
    inputs: Sequence[onnx.ValueInfoProto],
    outputs: Sequence[onnx.ValueInfoProto],
    trunk_id: str,
) -> onnx.ModelProto:
    """Put a graph together and check it."""
    weights = [numpy_helper.from_array(value, key) for key, value in constants.items()]
    graph = helper.make_graph(nodes, name, inputs, outputs, weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    model.metadata_props.add(key="trunk_id", value=trunk_id)
    onnx.checker.check_model(model, full_check=True)
    return model


@dataclass(frozen=True)
class Recipe:
    """What to put in a bundle; the defaults make a good one."""

    version: int = 1
    scale: float = 1.0
    """Of the meanings in the trunk's table."""
    heads: tuple[TinyHead, ...] = HEADS
    replaced: Mapping[str, bytes] = field(default_factory=dict)
    """File -> other content, put in after the golden answers were made; the manifest names it as if it were right."""
    golden_texts: tuple[str, ...] = TEXTS
    reads_names: bool = False
    values: bytes | None = None
    """The file of values, where there is one."""
    manifest: Mapping[str, Any] = field(default_factory=dict)
    """Other values for fields of the manifest."""

    def write(self, folder: Path) -> Manifest:
        """Write files and `manifest.json`; returns the manifest."""
        folder.mkdir(parents=True, exist_ok=True)
        files: dict[str, tuple[Role, bytes]] = {
            "trunk.onnx": ("trunk", trunk_model(self.scale, reads_names=self.reads_names).SerializeToString())
        }
        files |= {head.file: ("head", head_model(head).SerializeToString()) for head in self.heads}
        files["vocabulary.txt"] = ("vocabulary", "\n".join(VOCABULARY).encode())
        if self.values is not None:
            files["values.json"] = ("values", self.values)
        for name, (_, raw) in files.items():
            (folder / name).write_bytes(raw)
        draft = self._manifest(tuple(entry(name, role, raw) for name, (role, raw) in files.items()))
        runtime = Runtime(draft, lambda each: folder / each.name)
        golden = "".join(line + "\n" for line in golden_lines(runtime, self.golden_texts)).encode()
        files["golden.jsonl"] = ("golden", golden)
        for name, (role, raw) in files.items():
            files[name] = (role, self.replaced.get(name, raw))
            (folder / name).write_bytes(files[name][1])
        manifest = self._manifest(tuple(entry(name, role, raw) for name, (role, raw) in files.items()), self.manifest)
        (folder / "manifest.json").write_bytes(manifest.to_bytes())
        return manifest

    def _manifest(self, files: tuple[FileEntry, ...], changes: Mapping[str, Any] | None = None) -> Manifest:
        read = ("ids", "lexicon") if self.reads_names else ("ids",)
        graphs = [GraphEntry("trunk", "trunk.onnx", read, ("hidden",), "fp32")]
        for head in self.heads:
            inputs = ("hidden",) if head.kind == "tag" else ("hidden", "mask")
            graphs.append(GraphEntry(head.name, head.file, inputs, (f"{head.name}.logits",), "fp32"))
        provenance = Provenance(
            created="2026-11-05T12:00:00+00:00",
            run_id="r1",
            data_digest="d" * 64,
            spec_digest="5" * 64,
            quality={"intent": {"accuracy": 10_000}},
            version=self.version,
        )
        values: dict[str, Any] = {
            "product": "tiny",
            "lang": "en",
            "trunk_id": TRUNK_ID,
            "featurizer": FEATURIZER,
            "files": files,
            "graphs": tuple(graphs),
            "heads": tuple(head_entry(head) for head in self.heads),
            "requires": Requires("1.19", OPSET, IR_VERSION, (), sum(each.length for each in files)),
            "provenance": provenance,
            "names": NAMED if self.reads_names else None,
        }
        return Manifest(**{**values, **(changes or {})})


def head_entry(head: TinyHead) -> HeadEntry:
    """Return what a manifest says of a head."""
    return HeadEntry(
        name=head.name,
        kind=head.kind,
        logits=f"{head.name}.logits",
        labels=head.labels,
        temperature=head.temperature,
        threshold=head.threshold,
    )


def entry(name: str, role: Role, raw: bytes) -> FileEntry:
    """Return what a manifest says of a file."""
    return FileEntry(name, hashlib.sha256(raw).hexdigest(), len(raw), role)


def edit_manifest(folder: Path, changes: Mapping[str, Any]) -> bytes:
    """Return the folder's manifest with other top-level values, in canonical JSON."""
    value = json.loads((folder / "manifest.json").read_bytes()) | dict(changes)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def slots(result: Result) -> list[tuple[str, int, int, str]]:
    """Return name, start, end and words of each slot of an answer."""
    return [(slot.name, slot.start, slot.end, slot.raw) for intent in result.intents for slot in intent.slots]
