"""The golden self-test: a bundle carries utterances with its own answers and must repeat them on the device.

Labels must match exactly; logits within a tolerance, since kernels differ from one CPU to the next.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import numpy as np

from trunkline_edge.bundle.files import Locate, read_verified
from trunkline_edge.bundle.manifest import HeadEntry
from trunkline_edge.errors import BundleInvalid
from trunkline_edge.understanding.result import Intent
from trunkline_edge.understanding.session import Runtime

TOLERANCE = {"fp32": 1e-3, "mixed": 1e-3, "int8": 0.2}
"""Greatest allowed difference of a logit: fp32 rounding, also over int8 tables; int8 kernels of different CPUs (edge.md
section 9)."""


def golden_lines(runtime: Runtime, texts: Iterable[str]) -> Iterable[str]:
    """Yield one JSON line a text: the runtime's result and the logits of each head."""
    for text in texts:
        yield json.dumps(_answers(runtime, text), ensure_ascii=False)


def check_golden(runtime: Runtime, locate: Locate) -> int:
    """Repeat every golden utterance; returns their number.

    Raises `BundleInvalid` at the first answer that differs, saying text, head, what was found and expected.
    """
    entry = runtime.manifest.files_of("golden")[0]
    # Not splitlines: it also cuts at U+0085 and U+2028, which JSON leaves in its strings.
    lines = read_verified(entry, locate(entry)).decode().rstrip("\n").split("\n")
    precisions = {graph.precision for graph in runtime.manifest.graphs}
    tolerance = max(TOLERANCE[precision] for precision in precisions)
    for line in lines:
        expected = json.loads(line)
        found = _answers(runtime, expected["text"])
        if found["labels"] != expected["labels"]:
            raise BundleInvalid(
                f"golden utterance {expected['text']!r}: found {found['labels']}, expected {expected['labels']}"
            )
        for head, logits in expected["logits"].items():
            difference = float(np.abs(np.asarray(found["logits"][head]) - np.asarray(logits)).max(initial=0.0))
            if not difference <= tolerance:
                raise BundleInvalid(
                    f"golden utterance {expected['text']!r}: logits of {head} differ by {difference:.2g}, "
                    f"allowed {tolerance:g}"
                )
    return len(lines)


def _answers(runtime: Runtime, text: str) -> dict[str, Any]:
    encoding = runtime.featurizer.read(text)
    tensors = runtime.tensors(encoding)
    result = runtime.parse(text)
    others = [head for head in runtime.manifest.heads if head.kind != "score"]
    labels = {
        "intents": [_command(runtime, intent) for intent in result.intents],
        "domain": result.domain.label if result.domain else None,
        "heads": {head.name: _labels(head, result.heads[head.name]) for head in others if head.name in result.heads},
    }
    logits = {head.name: np.round(tensors[head.logits][0], 4).tolist() for head in runtime.manifest.heads}
    return {"text": text, "labels": labels, "logits": logits}


def _command(runtime: Runtime, intent: Intent) -> dict[str, Any]:
    """Return what must match of one command; bundles from before there were values have none to repeat."""
    if runtime.values is None:
        return {"name": intent.name, "slots": [[s.name, s.start, s.end] for s in intent.slots]}
    slots = [[s.name, s.start, s.end, s.value, s.unit] for s in intent.slots]
    return {"name": intent.name, "slots": slots, "unspoken": dict(intent.unspoken)}


def _labels(head: HeadEntry, answer: Any) -> Any:
    if head.kind == "class":
        return answer.label
    if head.kind == "multilabel":
        return sorted(item.label for item in answer)
    return [[slot.name, slot.start, slot.end] for slot in answer]
