"""Bundles made of another one, to rehearse releases with: some graphs trained on a little, or one gone bad."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from trunkline_edge.bundle.files import read_verified
from trunkline_edge.bundle.manifest import FileEntry, Manifest
from trunkline_edge.understanding.selftest import golden_lines
from trunkline_edge.understanding.session import Runtime

STEP = 1e-3
"""By which weights move, relative: enough for another file, too little for another answer."""


def retrained(bundle: Path, folder: Path, files: Collection[str], *, seed: int = 0) -> Manifest:
    """Write a bundle whose graphs of these file names have moved weights; all others are the very same files.

    With the file of one head it is what a retrain over a frozen trunk ships. Golden answers are made anew.
    """
    manifest, contents = _read(bundle)
    for name in files:  # each by its own draw: a head is the same file beside any trunk
        contents[name] = _moved(contents[name], np.random.default_rng(seed))
    golden = manifest.files_of("golden")[0].name
    texts = [json.loads(line)["text"] for line in contents[golden].decode().rstrip("\n").split("\n")]
    draft = _write(manifest, contents, folder)
    runtime = Runtime(draft, lambda entry: folder / entry.name)
    contents[golden] = "".join(line + "\n" for line in golden_lines(runtime, texts)).encode()
    return _write(manifest, contents, folder)


def gone_bad(bundle: Path, folder: Path, file: str) -> Manifest:
    """Write a bundle in which one graph answers the opposite; its golden answers are those of the good one."""
    manifest, contents = _read(bundle)
    model = onnx.load_from_string(contents[file])
    for weights in _floats(model):
        weights.CopyFrom(numpy_helper.from_array(-numpy_helper.to_array(weights), weights.name))
    return _write(manifest, {**contents, file: model.SerializeToString()}, folder)


def _moved(raw: bytes, rng: np.random.Generator) -> bytes:
    model = onnx.load_from_string(raw)
    for weights in _floats(model):
        values = numpy_helper.to_array(weights)
        moved = (values * (1 + STEP * rng.standard_normal(values.shape))).astype(values.dtype)
        weights.CopyFrom(numpy_helper.from_array(moved, weights.name))
    return bytes(model.SerializeToString())


def _floats(model: onnx.ModelProto) -> list[onnx.TensorProto]:
    return [weights for weights in model.graph.initializer if weights.data_type == onnx.TensorProto.FLOAT]


def _read(bundle: Path) -> tuple[Manifest, dict[str, bytes]]:
    manifest = Manifest.from_bytes((bundle / "manifest.json").read_bytes())
    return manifest, {entry.name: read_verified(entry, bundle / entry.name) for entry in manifest.files}


def _write(manifest: Manifest, contents: dict[str, bytes], folder: Path) -> Manifest:
    folder.mkdir(parents=True, exist_ok=True)
    for name, raw in contents.items():
        (folder / name).write_bytes(raw)
    files = tuple(
        FileEntry(each.name, hashlib.sha256(contents[each.name]).hexdigest(), len(contents[each.name]), each.role)
        for each in manifest.files
    )
    changed = replace(manifest, files=files)
    (folder / "manifest.json").write_bytes(changed.to_bytes())
    return changed
