"""Graphs into onnxruntime: what this device can run, and whether a file is the graph that the manifest describes."""

from __future__ import annotations

from functools import cache

import onnxruntime as ort

from trunkline_edge.bundle.manifest import GraphEntry, HeadEntry, Manifest, Requires
from trunkline_edge.errors import BundleInvalid, RequirementUnmet
from trunkline_edge.understanding.onnx_file import OnnxFacts, read_onnx

ORT_MIN = "1.22"
"""Least onnxruntime that devices are promised to work with: what bundles ask for and this package depends on."""
DOMAINS = ("com.microsoft",)
"""Operators beside ONNX's own: onnxruntime's, for 8 bits."""


def check_requirements(requires: Requires) -> None:
    """Raise `RequirementUnmet` unless the onnxruntime of this device runs what a bundle asks for."""
    requires.check_onnxruntime(ort.__version__)
    if unknown := sorted(set(requires.extra_domains) - set(DOMAINS)):
        raise RequirementUnmet(f"the bundle needs operators of {unknown}; this runtime has those of {DOMAINS}")
    for what, ir_version, opset in (
        (f"ONNX IR version {requires.ir_version}", requires.ir_version, 1),
        (f"ONNX opset {requires.opset}", 3, requires.opset),
    ):
        if not _reads(ir_version, opset):
            raise RequirementUnmet(
                f"the bundle needs {what}, which onnxruntime {ort.__version__} does not read: upgrade onnxruntime"
            )


def load_graph(manifest: Manifest, graph: GraphEntry, raw: bytes, threads: int) -> ort.InferenceSession:
    """Load a graph; raises `BundleInvalid` when it is not the one that the manifest describes."""
    where = f"graph {graph.name} ({graph.file})"
    try:
        _check_facts(read_onnx(raw), manifest.requires)
    except BundleInvalid as error:
        raise BundleInvalid(f"{where}: {error}") from None
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Spinning threads burn 4x the CPU time for the same latency.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Lengths vary, so a memory pattern never fits twice.
    options.enable_mem_pattern = False
    options.log_severity_level = 3
    try:
        session = ort.InferenceSession(raw, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's exception classes share no base but Exception
        raise BundleInvalid(f"{where}: onnxruntime refuses it: {error}") from error
    trunk_id = session.get_modelmeta().custom_metadata_map.get("trunk_id")
    if trunk_id != manifest.trunk_id:
        raise BundleInvalid(
            f"{where} belongs to trunk {str(trunk_id)[:12]}, the bundle's trunk is {manifest.trunk_id[:12]}: "
            "export trunk and heads together"
        )
    reads, writes = {each.name for each in session.get_inputs()}, {each.name for each in session.get_outputs()}
    if reads != set(graph.inputs) or not writes >= set(graph.outputs):
        raise BundleInvalid(
            f"{where} reads {sorted(reads)} and writes {sorted(writes)}; the manifest says {sorted(graph.inputs)} and "
            f"{sorted(graph.outputs)}"
        )
    shapes = {each.name: (each.type, each.shape) for each in session.get_outputs()}
    for head in manifest.heads:
        if head.logits in graph.outputs:
            _check_logits(where, head, *shapes[head.logits])
    return session


def _check_facts(facts: OnnxFacts, requires: Requires) -> None:
    if facts.has_outside_data:
        raise BundleInvalid("some of its weights lie outside the file, where nobody hashes them; export it whole")
    if unknown := sorted(facts.domains - set(requires.extra_domains)):
        raise BundleInvalid(f"has operators of {unknown}, the manifest names {list(requires.extra_domains)}")
    if facts.opset > requires.opset or facts.ir_version > requires.ir_version:
        raise BundleInvalid(
            f"is of opset {facts.opset} and IR version {facts.ir_version}; the manifest promises at most "
            f"{requires.opset} and {requires.ir_version}"
        )


def _check_logits(where: str, head: HeadEntry, kind: str, shape: list[int | str | None]) -> None:
    axes = 3 if head.kind == "tag" else 2  # rows, words of a tag head, numbers
    if kind != "tensor(float)" or len(shape) != axes or shape[-1] != head.outputs:
        raise BundleInvalid(
            f"{where}: {head.logits} is {kind} of shape {shape}; head {head.name} of kind {head.kind} with "
            f"{len(head.labels)} labels needs {axes} axes, the last of {head.outputs}"
        )


@cache
def _reads(ir_version: int, opset: int) -> bool:
    """Ask onnxruntime itself, with a graph of one node that copies a number: no table here is as true."""
    number = _field(2, _field(1, _number(1, 1) + _field(2, b"")))  # a float without axes
    node = _field(1, b"x") + _field(2, b"y") + _field(4, b"Identity")
    graph = _field(1, node) + _field(2, b"probe")
    graph += _field(11, _field(1, b"x") + number) + _field(12, _field(1, b"y") + number)
    model = _number(1, ir_version) + _field(7, graph) + _field(8, _number(2, opset))
    options = ort.SessionOptions()
    options.log_severity_level = 4
    try:
        ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception:  # onnxruntime's exception classes share no base but Exception
        return False
    return True


def _field(number: int, content: bytes) -> bytes:
    """Return a protocol buffer's field of fewer than 128 bytes."""
    return bytes([number << 3 | 2, len(content)]) + content


def _number(number: int, value: int) -> bytes:
    """Return a protocol buffer's field of an integer below 2^14."""
    return bytes([number << 3, value & 127 | 128, value >> 7])
