"""The golden self-test: a bundle carries utterances with its own answers and must repeat them on the device.

Labels and what is rejected must match exactly; logits within a tolerance, since kernels differ from CPU to CPU.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from trunkline_edge.bundle.files import Locate, read_verified
from trunkline_edge.bundle.manifest import HeadEntry, Manifest
from trunkline_edge.errors import BundleInvalid, InputRefused
from trunkline_edge.understanding.result import Intent
from trunkline_edge.understanding.session import Runtime

TOLERANCE = {"fp32": 1e-3, "mixed": 1e-3, "int8": 0.2}
"""Greatest allowed difference of a logit: fp32 differs by rounding, also over int8 tables; int8 kernels differ from CPU
to CPU (with and without VNNI, ARM's)."""


DECIMALS = {"fp32": 4, "mixed": 4, "int8": 2}
"""Of a golden logit: a tenth of what may differ, or less. They are most of what an update of one head fetches."""


def golden_lines(runtime: Runtime, texts: Iterable[str]) -> Iterable[str]:
    """Yield one JSON line a text: the runtime's result and the logits of each head."""
    for text in texts:
        yield json.dumps(_answers(runtime, text), ensure_ascii=False, separators=(",", ":"))


def check_golden(runtime: Runtime, locate: Locate) -> int:
    """Repeat every golden utterance; returns their number.

    Raises `BundleInvalid` at the first answer that differs, saying text, head, what was found and expected.
    """
    entry = runtime.manifest.files_of("golden")[0]
    # Not splitlines: it also cuts at U+0085 and U+2028, which JSON leaves in its strings.
    lines = read_verified(entry, locate(entry)).rstrip(b"\n").split(b"\n")
    tolerance = max(TOLERANCE[precision] for precision in _precisions(runtime))
    for number, line in enumerate(lines, start=1):
        expected = _golden(line, f"{entry.name} line {number}", runtime.manifest)
        what = f"golden utterance {expected['text']!r}"
        try:
            found = _answers(runtime, expected["text"])
        except InputRefused as error:
            raise BundleInvalid(f"{what}: {error}") from None
        for part in ("labels", "rejected"):
            if part in expected and found[part] != expected[part]:
                raise BundleInvalid(f"{what}: {part}: found {found[part]}, expected {expected[part]}")
        for head, logits in expected["logits"].items():
            difference = _difference(found["logits"][head], logits)
            if not difference <= tolerance:
                raise BundleInvalid(f"{what}: logits of {head} differ by {difference:.2g}, allowed {tolerance:g}")
    return len(lines)


def _golden(line: bytes, where: str, manifest: Manifest) -> dict[str, Any]:
    """Read a golden answer: nothing that is compared may be left out of it."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BundleInvalid(f"{where}: not JSON: {error}") from None
    parts: dict[str, type] = {"text": str, "labels": dict, "logits": dict}
    if manifest.schema > 1:  # bundles of schema 1 did not tell
        parts["rejected"] = bool
    if not isinstance(value, dict) or not all(isinstance(value.get(name), kind) for name, kind in parts.items()):
        raise BundleInvalid(f"{where}: found {line[:80]!r}, expected an object with {', '.join(parts)}")
    if set(value["logits"]) != {head.name for head in manifest.heads}:
        raise BundleInvalid(f"{where}: logits of {sorted(value['logits'])}, expected those of every head")
    return value


def _difference(found: Any, expected: Any) -> float:
    """Return the greatest difference of two arrays of numbers; not a number where they are not alike."""
    try:
        one, other = np.asarray(found, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    except (ValueError, TypeError, OverflowError):
        return math.nan
    return float(np.abs(one - other).max(initial=0.0)) if one.shape == other.shape else math.nan


def _answers(runtime: Runtime, text: str) -> dict[str, Any]:
    encoding = runtime.featurizer.read(text)
    if not encoding.words:
        raise InputRefused("no word found")
    tensors = runtime.tensors(encoding)
    result = runtime.parse(text)
    others = [head for head in runtime.manifest.heads if head.kind != "score"]
    labels = {
        "intents": [_command(runtime, intent) for intent in result.intents],
        "domain": result.domain.label if result.domain else None,
        "heads": {head.name: _labels(head, result.heads[head.name]) for head in others if head.name in result.heads},
    }
    decimals = min(DECIMALS[precision] for precision in _precisions(runtime))
    # Rounded as doubles: a float's own digits would come out in full.
    logits = {
        head.name: np.round(tensors[head.logits][0].astype(np.float64), decimals).tolist()
        for head in runtime.manifest.heads
    }
    return {"text": text, "labels": labels, "logits": logits, "rejected": result.rejected}


def _precisions(runtime: Runtime) -> set[str]:
    return {graph.precision for graph in runtime.manifest.graphs}


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
