"""A skill's heads to ONNX, each proved equal to torch, bound to the trunk that they were trained on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from model.export.graphs import IR_VERSION, to_onnx
from model.export.parity import answer, check_parity
from model.export.quantise import store_in_8_bits
from model.layers.heads import ScoreHead
from model.skills.train import SkillNet
from schemas.artifacts.graphs import GraphFile, Graphs
from schemas.artifacts.states import States
from schemas.data.heads import HeadPlan
from trunkline_edge.bundle.files import write_atomic
from trunkline_edge.bundle.manifest import MINE, FeaturizerConfig
from trunkline_edge.understanding.session import INTENT_HEAD

WIDENED = "widened"
"""Tensor of the states with what the layer makes of them; the graph of `mine` writes it, as it runs first."""
_PARITY_ROWS = 16
Inputs = tuple[Tensor, Tensor, Tensor]
"""States, mask and ids of some rows. Shapes: (B, N, d), (B, N) bool, (B, N, K) int64."""


class MineGraph(nn.Module):
    """Whose utterance it is, with the intents where they say so, and the states that the other heads read."""

    def __init__(self, net: SkillNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, hidden: Tensor, mask: Tensor, ids: Tensor) -> tuple[Tensor, ...]:
        """Shapes: (B, N, d), (B, N) bool, (B, N, K) int64 -> as `written`: (B, 1), (B, C), (B, N, d + layer)."""
        net, widened = self.net, self.net.widen(hidden)
        if net.own_intents:
            intents = net.answer(INTENT_HEAD, widened, mask, ids)
            said: tuple[Tensor, ...] = (net.whose(intents), intents)
        else:
            said = (net.answer(MINE, widened, mask, ids),)
        return said if net.layer is None else (*said, widened)

    @property
    def written(self) -> tuple[str, ...]:
        """Names of the tensors that it returns."""
        heads = (MINE, INTENT_HEAD) if self.net.own_intents else (MINE,)
        return (*(f"{name}.logits" for name in heads), *(() if self.net.layer is None else (WIDENED,)))


class AnswerGraph(nn.Module):
    """One of the other heads."""

    def __init__(self, net: SkillNet, name: str) -> None:
        super().__init__()
        self.net, self.name = net, name

    def forward(self, widened: Tensor, mask: Tensor, ids: Tensor) -> Tensor:
        """Shapes: (B, N, d + layer), (B, N) bool, (B, N, K) int64 -> logits as the head's kind has them."""
        return self.net.answer(self.name, widened, mask, ids)


def export_skill(
    net: SkillNet,
    states: States,
    out: Path,
    *,
    reads: str,
    trunk_id: str,
    featurizer: FeaturizerConfig,
    opset: int,
) -> Graphs:
    """Write one graph a head to `out`, that of `mine` (and of the intents that say so) first, and an index.

    `reads` is the trunk's tensor. Raises `ParityBroken` where a graph differs from torch on recorded or random states.
    """
    out.mkdir(parents=True, exist_ok=True)
    inputs = _inputs(states, featurizer)
    facts = {"trunk_id": trunk_id}
    first = MineGraph(net)
    exported = [_export(MINE, first, inputs, {"hidden": reads}, first.written, opset, facts, out)]
    widened = [(_widened(net, *each), *each[1:]) for each in inputs]
    for plan in net.plans:
        if f"{plan.name}.logits" not in first.written:
            exported.append(
                _export_head(net, plan, widened, reads if net.layer is None else WIDENED, opset, facts, out)
            )
    graphs = Graphs(
        folder=out,
        graphs=tuple(exported),
        heads=net.plans,
        trunk_id=trunk_id,
        featurizer=featurizer,
        opset=opset,
        ir_version=IR_VERSION,
    )
    graphs.save()
    return graphs


def _export_head(
    net: SkillNet,
    plan: HeadPlan,
    inputs: Sequence[Inputs],
    reads: str,
    opset: int,
    facts: dict[str, str],
    out: Path,
) -> GraphFile:
    head = net.head(plan.name)
    facts = facts | {"head": plan.name, "kind": plan.kind, "labels": json.dumps(plan.labels)}
    # Answers near 5,000 lie 5e-4 apart in fp32: no absolute tolerance fits all scores.
    unit = max(1.0, float(head.mean.abs() + head.spread)) if isinstance(head, ScoreHead) else 1.0
    names = (f"{plan.name}.logits",)
    return _export(plan.name, AnswerGraph(net, plan.name), inputs, {"widened": reads}, names, opset, facts, out, unit)


def _export(
    name: str,
    module: MineGraph | AnswerGraph,
    inputs: Sequence[Inputs],
    rename: dict[str, str],
    outputs: tuple[str, ...],
    opset: int,
    facts: dict[str, str],
    out: Path,
    unit: float = 1.0,
) -> GraphFile:
    ((first, reads),) = rename.items()
    example = dict(zip((first, "mask", "ids"), inputs[0], strict=True))
    model = to_onnx(module, example, outputs, opset, facts, rename=rename)
    if module.net.is_rounded(name):
        model = store_in_8_bits(model)
    file = f"{name}.onnx"
    write_atomic(out / file, model.SerializeToString())
    parity = max(
        check_parity(name, model, dict(zip((reads, "mask", "ids"), each, strict=True)), answer(module, *each), unit)
        for each in inputs
    )
    return GraphFile(name, "head", tuple(value.name for value in model.graph.input), outputs, file, parity)


def _widened(net: SkillNet, hidden: Tensor, mask: Tensor, ids: Tensor) -> Tensor:
    if net.layer is None:
        return hidden
    return torch.as_tensor(answer(MineGraph(net), hidden, mask, ids)[-1].numpy())  # no longer of inference mode


def _inputs(states: States, featurizer: FeaturizerConfig) -> list[Inputs]:
    """Random states and ids of ragged lengths, recorded ones, and a single word."""
    rng, features = np.random.default_rng(0), featurizer.max_features
    random = States.of(
        (
            (
                rng.uniform(-1, 1, (words, states.width)).astype(np.float32),
                rng.integers(0, featurizer.buckets, (words, features)),
            )
            for words in (7, 2, 5)
        ),
        states.width,
        features,
    )
    some = np.arange(0, len(states), max(1, len(states) // _PARITY_ROWS))[:_PARITY_ROWS]
    word = States.of([(states.row(0)[:1], states.ids_of(0)[:1])], states.width, features)
    batches = [random.padded(np.arange(3)), states.padded(some), word.padded(np.arange(1))]
    return [(torch.from_numpy(hidden), torch.from_numpy(mask), torch.from_numpy(ids)) for hidden, mask, ids in batches]
