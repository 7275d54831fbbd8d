"""A net to ONNX: one trunk graph, one graph a head, each proved equal to torch before it is handed on.

Graphs are wired by tensor names: the trunk reads `ids` and `mask` and writes `hidden` (or one tensor a depth or head,
as the sharing system says); head h writes `h.logits`.
"""

from __future__ import annotations

import contextlib
import copy
import hashlib
import io
import json
import logging
import shutil
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import onnx
import torch
from torch import Tensor, nn

from model.data.batches import Batch
from model.export.even import evened
from model.export.lstm import OnnxLstm
from model.export.packed import read_rows, store_in_4_bits
from model.export.parity import TRUNK_INPUTS, answer, check_parity, check_rewritten, parity_inputs, units_of
from model.export.quantise import quantise_embeddings, quantise_trunk
from model.layers.heads import NextWordHead, ScoreHead
from model.layers.trunk import PackedLstm
from model.net import Net
from model.training.finished import load_net
from schemas.artifacts.graphs import HARD, VOCABULARY, GraphFile, Graphs
from schemas.data.dataset import Dataset
from schemas.data.heads import HeadPlan
from schemas.spec.product import Spec
from schemas.spec.sharing import HardSharing
from trunkline_edge.bundle.files import write_atomic
from trunkline_edge.understanding.featurizer import Featurizer

IR_VERSION = 10
"""Of ONNX 1.16: every onnxruntime that a device may have reads it; newer onnx would write a version that it refuses."""
TRUNK = "trunk"


class TrunkGraph(nn.Module):
    """The part of a net that is exported as the trunk: one output for each distinct tensor that main heads read."""

    def __init__(self, net: Net, names: Mapping[str, str]) -> None:
        super().__init__()
        self.net = net
        # dict.fromkeys keeps the first of equal names, and the order.
        self.outputs = list(dict.fromkeys(names.values()))
        self._readers = [next(head for head, name in names.items() if name == output) for output in self.outputs]

    def forward(self, ids: Tensor, mask: Tensor, lexicon: Tensor | None = None) -> tuple[Tensor, ...]:
        """Shapes: (B, N, K) int64, (B, N) bool, (B, N, 2 x lists) float32 -> hidden states, each (B, N, d)."""
        hidden = self.net.states(ids, mask, lexicon)
        return tuple(hidden[head] for head in self._readers)


class HeadGraph(nn.Module):
    """The part of a net that is exported as one head: what a prior puts before it, and the head itself."""

    def __init__(self, net: Net, name: str) -> None:
        super().__init__()
        self.net, self.name = net, name

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """Shapes: (B, N, d), (B, N) bool -> logits as the head's kind has them; of next words, after the last one."""
        head = self.net.head(self.name)
        return head.after(hidden, mask) if isinstance(head, NextWordHead) else self.net.answer(self.name, hidden, mask)


def export_graphs(trained: Path, dataset: Dataset, spec: Spec, out: Path) -> Graphs:
    """Export a finished training to `out`, in fp32, int8 and mixed, with the vocabulary and an index.

    Any other sharing than hard sharing comes with an untrained hard trunk under the same heads in `out/hard`: what a
    trunk costs a device depends on its sizes alone. Raises `ParityBroken` when a graph differs from torch by more than
    `TOLERANCE` on random or recorded inputs.
    """
    trained_net, featurizer = load_net(spec, trained)
    inputs = parity_inputs(dataset, featurizer, trained_net)
    net = trained_net.for_export()
    states = [_states(net, batch) for batch in inputs]
    check_rewritten(trained_net, net, inputs, states)
    out.mkdir(parents=True, exist_ok=True)
    names = net.sharing.hidden_names()
    mains = tuple(_shipped(net, plan, featurizer) for plan in net.plans if not plan.auxiliary)
    trunk_id = _weights_digest(net)
    heads = []
    for plan in mains:
        given = [(hidden[plan.name], batch.mask) for hidden, batch in zip(states, inputs, strict=True)]
        heads.append(_export_head(net, plan, names[plan.name], given, spec, trunk_id, out))
    trunk = export_trunk(TrunkGraph(net, names), inputs, spec, trunk_id, out)
    if spec.export.bits == 4 and trunk.int8:
        rows = read_rows(dataset, featurizer, net)
        exact, even = onnx.load(out / trunk.fp32), evened(onnx.load(out / trunk.fp32))
        for file, made_of in ((trunk.int8, exact), (trunk.even, even)):
            if file and made_of:
                store_in_4_bits(made_of, out / file, rows)
    graphs = Graphs(
        folder=out,
        graphs=(trunk, *heads),
        heads=mains,
        trunk_id=trunk_id,
        featurizer=featurizer.config,
        opset=spec.export.opset,
        ir_version=IR_VERSION,
    )
    write_atomic(out / VOCABULARY, "\n".join(featurizer.vocabulary).encode())
    if spec.sharing.kind != HardSharing().kind:
        _export_hard(graphs, net.plans, names, featurizer, inputs, spec)
    graphs.save()
    return graphs


def _states(net: Net, batch: Batch) -> dict[str, Tensor]:
    """Return head -> what its graph reads, as tensors that may be traced."""
    with torch.inference_mode():
        hidden = net.states(*batch.inputs)
    return {name: torch.as_tensor(states.clone().numpy()) for name, states in hidden.items()}


def _shipped(net: Net, plan: HeadPlan, featurizer: Featurizer) -> HeadPlan:
    """Return a main head as a device knows it: what comes after a text is one of the words."""
    head = net.head(plan.name)
    if not isinstance(head, NextWordHead):
        return plan
    return replace(plan, kind="class", labels=tuple(featurizer.vocabulary[: head.targets]))


def _export_hard(
    graphs: Graphs,
    plans: Sequence[HeadPlan],
    names: Mapping[str, str],
    featurizer: Featurizer,
    inputs: Sequence[Batch],
    spec: Spec,
) -> None:
    """Put a hard trunk that writes the same tensors beside copies of the heads."""
    folder = graphs.folder / HARD
    folder.mkdir(exist_ok=True)
    net = Net(spec.model_copy(update={"sharing": HardSharing()}), tuple(plans), featurizer.size).eval()
    trunk = export_trunk(TrunkGraph(net, names), inputs, spec, graphs.trunk_id, folder)
    heads = graphs.graphs[1:]
    for file in (*(head.fp32 for head in heads), VOCABULARY):
        shutil.copyfile(graphs.folder / file, folder / file)
    replace(graphs, folder=folder, graphs=(trunk, *heads)).save()


def export_trunk(trunk: TrunkGraph, inputs: Sequence[Batch], spec: Spec, trunk_id: str, out: Path) -> GraphFile:
    """Export a trunk to `out` in every form that it can have; raises `ParityBroken` where fp32 differs from torch."""
    exported = copy.deepcopy(trunk)
    for module in list(exported.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, PackedLstm):
                setattr(module, name, OnnxLstm(child))
    inputs_of = [dict(zip(TRUNK_INPUTS, batch.inputs, strict=False)) for batch in inputs]
    arguments = inputs_of[0]
    model = to_onnx(exported, arguments, tuple(trunk.outputs), spec.export.opset, {"trunk_id": trunk_id})
    write_atomic(out / "trunk.onnx", model.SerializeToString())
    wanted = [answer(trunk, *batch.inputs) for batch in inputs]
    units = units_of(trunk, inputs, wanted)
    parity = max(
        check_parity("trunk", model, feeds, outputs, units) for feeds, outputs in zip(inputs_of, wanted, strict=True)
    )
    quantise_trunk(onnx.load(out / "trunk.onnx"), out / "trunk.int8.onnx")
    even = evened(onnx.load(out / "trunk.onnx"))
    if even:
        quantise_trunk(even, out / "trunk.even.onnx")
    quantise_embeddings(out / "trunk.onnx", out / "trunk.mixed.onnx")
    read = tuple(value.name for value in model.graph.input)
    small = "trunk.int8.onnx", "trunk.even.onnx" if even else None, "trunk.mixed.onnx"
    return GraphFile(TRUNK, "trunk", read, tuple(trunk.outputs), "trunk.onnx", parity, *small)


def _export_head(
    net: Net,
    plan: HeadPlan,
    reads: str,
    given: Sequence[tuple[Tensor, Tensor]],
    spec: Spec,
    trunk_id: str,
    out: Path,
) -> GraphFile:
    """Export a head; `given` are the hidden states and masks that it is compared on."""
    head, graph = net.head(plan.name), HeadGraph(net, plan.name)
    facts = {"trunk_id": trunk_id, "head": plan.name, "kind": plan.kind, "labels": json.dumps(plan.labels)}
    arguments = dict(zip(("hidden", "mask"), given[0], strict=True))
    output = f"{plan.name}.logits"
    model = to_onnx(graph, arguments, (output,), spec.export.opset, facts, rename={"hidden": reads})
    file = f"{plan.name}.onnx"
    write_atomic(out / file, model.SerializeToString())
    read = tuple(value.name for value in model.graph.input)
    # Answers near 5,000 (a colour temperature) lie 5e-4 apart in fp32: no absolute tolerance fits all scores.
    unit = max(1.0, float(head.mean.abs() + head.spread)) if isinstance(head, ScoreHead) else 1.0
    parity = max(
        check_parity(plan.name, model, {reads: hidden, "mask": mask}, answer(graph, hidden, mask), unit)
        for hidden, mask in given
    )
    return GraphFile(plan.name, "head", read, (output,), file, parity)


def to_onnx(
    module: nn.Module,
    arguments: dict[str, Tensor],
    outputs: tuple[str, ...],
    opset: int,
    facts: dict[str, str],
    rename: dict[str, str] | None = None,
) -> onnx.ModelProto:
    """Export with dynamic rows and words, then keep only what a device needs."""
    sizes = {0: torch.export.Dim("rows"), 1: torch.export.Dim("words")}
    names = [(rename or {}).get(name, name) for name in arguments]
    _keep_operators()
    with _silence():
        program = torch.onnx.export(
            module.eval(),
            tuple(arguments.values()),
            dynamo=True,
            dynamic_shapes=tuple(sizes for _ in arguments),
            input_names=names,
            output_names=list(outputs),
            opset_version=opset,
            external_data=False,
            verbose=False,
        )
    assert program is not None
    model = program.model_proto
    model.ir_version = IR_VERSION
    # The exporter notes stack traces and inferred shapes: paths of this machine, and lengths of the example.
    del model.graph.value_info[:]
    model.ClearField("metadata_props")
    model.graph.ClearField("metadata_props")
    for node in model.graph.node:
        node.ClearField("metadata_props")
        node.ClearField("doc_string")
    for value in [*model.graph.input, *model.graph.output, *model.graph.initializer]:
        value.ClearField("metadata_props")
    used = {name for node in model.graph.node for name in node.input}
    kept = [value for value in model.graph.input if value.name in used]
    del model.graph.input[:]
    model.graph.input.extend(kept)
    for key, value in facts.items():
        model.metadata_props.add(key=key, value=value)
    onnx.checker.check_model(model, full_check=True)
    return model


def _weights_digest(net: Net) -> str:
    """sha256 of all weights below the heads, a prior's projection included."""
    digest = hashlib.sha256()
    for name, tensor in sorted((name, t) for name, t in net.state_dict().items() if not name.startswith("heads.")):
        digest.update(name.encode())
        digest.update(tensor.cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


@cache
def _keep_operators() -> None:
    """Have the exporter read its operators once a process.

    torch 2.13 parses the source of all 500 anew for every graph: a third of an export.
    """
    from torch.onnx._internal.exporter._registration import ONNXRegistry

    setattr(ONNXRegistry, "from_torchlib", staticmethod(cache(ONNXRegistry.from_torchlib)))  # noqa: B010


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Keep the exporter's progress and warnings off the user's terminal; errors still raise."""
    level = logging.root.manager.disable
    logging.disable(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            with contextlib.redirect_stderr(io.StringIO()):
                yield
    finally:
        logging.disable(level)
