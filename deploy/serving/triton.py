"""A model repository for the Triton Inference Server: a model a graph, and an ensemble that runs them in their order.

    REPOSITORY/<product>/config.pbtxt                   the ensemble: ids, mask, perhaps lexicon in; all logits out
    REPOSITORY/<product>/<version>/manifest.json, ...   what a client needs to make ids and to read logits
    REPOSITORY/<product>-<graph>/config.pbtxt
    REPOSITORY/<product>-<graph>/<version>/model.onnx

Text becomes ids at the client (`trunkline_edge.understanding.featurizer`, or examples/javascript), so that the server
needs nothing of ours. Batches are the caller's own affair: Triton is not told to mix callers, because an int8 graph
scales its activations by all that is in a batch. Graphs run on the CPU, where the bundle was measured.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import onnx
from onnx import TensorProto, ValueInfoProto

from trunkline_edge.bundle.files import Locate, read_verified, write_atomic
from trunkline_edge.bundle.manifest import GraphEntry, Manifest
from trunkline_edge.errors import BundleInvalid

MAX_BATCH = 32
"""Rows of one request."""
TYPES: dict[int, str] = {
    TensorProto.BOOL: "TYPE_BOOL",
    TensorProto.INT32: "TYPE_INT32",
    TensorProto.INT64: "TYPE_INT64",
    TensorProto.FLOAT: "TYPE_FP32",
}
INPUTS = ("ids", "mask", "lexicon")


def write_triton(manifest: Manifest, locate: Locate, repository: Path) -> list[str]:
    """Add a bundle to a model repository; returns the names of its models, the ensemble last.

    An older version's files stay beside it, and the configurations name the new one. They are written last, the
    ensemble's after all others. Raises `DigestMismatch` for a changed file, `BundleInvalid` for what Triton cannot do.
    """
    if manifest.provenance.version < 1:
        raise BundleInvalid("the bundle has no version, and Triton takes whole numbers from 1: register it first")
    version = str(manifest.provenance.version)
    graphs = {graph.name: _read(manifest, graph, locate) for graph in manifest.graphs}
    models = {
        graph.name: onnx.load_model_from_string(raw)
        for graph, raw in zip(manifest.graphs, graphs.values(), strict=True)
    }
    configs = configurations(manifest, models)
    for graph in manifest.graphs:
        write_atomic(repository / model_name(manifest, graph.name) / version / "model.onnx", graphs[graph.name])
    ensemble = repository / model_name(manifest)
    for entry in manifest.files_of("vocabulary"):
        write_atomic(ensemble / version / entry.name, read_verified(entry, locate(entry)))
    write_atomic(ensemble / version / "manifest.json", manifest.to_bytes())
    for name, config in configs.items():
        write_atomic(repository / name / "config.pbtxt", config.encode())
    return list(configs)


def configurations(manifest: Manifest, models: Mapping[str, onnx.ModelProto]) -> dict[str, str]:
    """Return the text of each model's `config.pbtxt`, in the order in which the graphs run, the ensemble last."""
    tensors: dict[str, ValueInfoProto] = {}
    configs: dict[str, str] = {}
    for graph in manifest.graphs:
        found = models[graph.name].graph
        inputs = {each.name: each for each in found.input}
        outputs = {each.name: each for each in found.output}
        if missing := {*graph.inputs, *graph.outputs} - {*inputs, *outputs}:
            raise BundleInvalid(f"graph {graph.name} ({graph.file}) has no tensors {sorted(missing)}")
        tensors = inputs | tensors | outputs
        configs[model_name(manifest, graph.name)] = _config(
            model_name(manifest, graph.name),
            'backend: "onnxruntime"',
            manifest.provenance.version,
            [inputs[name] for name in graph.inputs],
            [outputs[name] for name in graph.outputs],
            "instance_group [ { kind: KIND_CPU } ]\n"
            'parameters { key: "intra_op_thread_count" value { string_value: "1" } }\n',
        )
    asked = [name for name in INPUTS if any(name in graph.inputs for graph in manifest.graphs)]
    logits = dict.fromkeys(head.logits for head in manifest.heads)
    configs[model_name(manifest)] = _config(
        model_name(manifest),
        'platform: "ensemble"',
        manifest.provenance.version,
        [tensors[name] for name in asked],
        [tensors[name] for name in logits],
        f"ensemble_scheduling {{\n{''.join(_step(manifest, graph) for graph in manifest.graphs)}}}\n",
    )
    return configs


def model_name(manifest: Manifest, graph: str | None = None) -> str:
    """Return what a graph is called in the repository, or the ensemble."""
    return manifest.product if graph is None else f"{manifest.product}-{graph}"


def _read(manifest: Manifest, graph: GraphEntry, locate: Locate) -> bytes:
    entry = manifest.file(graph.file)
    return read_verified(entry, locate(entry))


def _config(
    name: str,
    kind: str,
    version: int,
    inputs: Sequence[ValueInfoProto],
    outputs: Sequence[ValueInfoProto],
    rest: str,
) -> str:
    tensors = [*(_tensor("input", each) for each in inputs), *(_tensor("output", each) for each in outputs)]
    return (
        f'name: "{name}"\n{kind}\nmax_batch_size: {MAX_BATCH}\n'
        # The version by name: a trunk must never meet the heads of another.
        f"version_policy {{ specific {{ versions: [ {version} ] }} }}\n"
        f"{''.join(tensors)}{rest}"
    )


def _tensor(field: str, tensor: ValueInfoProto) -> str:
    """Write a tensor without its first axis, which is the batch."""
    kind = tensor.type.tensor_type
    if kind.elem_type not in TYPES or len(kind.shape.dim) < 2:
        raise BundleInvalid(f"tensor {tensor.name}: Triton needs a known type, rows first, and one axis more")
    sizes = [str(axis.dim_value) if axis.HasField("dim_value") else "-1" for axis in kind.shape.dim[1:]]
    data_type = TYPES[kind.elem_type]
    return f'{field} [ {{ name: "{tensor.name}" data_type: {data_type} dims: [ {", ".join(sizes)} ] }} ]\n'


def _step(manifest: Manifest, graph: GraphEntry) -> str:
    maps = [("input_map", name) for name in graph.inputs] + [("output_map", name) for name in graph.outputs]
    wired = "".join(f'    {field} {{ key: "{name}" value: "{name}" }}\n' for field, name in maps)
    name = model_name(manifest, graph.name)
    return f'  step [ {{\n    model_name: "{name}"\n    model_version: {manifest.provenance.version}\n{wired}  }} ]\n'
