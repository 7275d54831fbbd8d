"""A skill's graphs to what a device takes: calibrated, measured, with golden answers, on the base's own trunk."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from deploy.bundle.build import GOLDEN, VALUES, entry_of, per_ten_thousand, spread, uncalibrated
from deploy.bundle.built import Built
from deploy.bundle.calibrate import calibrate
from deploy.bundle.values import values_file
from deploy.evaluation.score import score_rows
from deploy.skills.base import trunk_of
from schemas.artifacts.graphs import Graphs
from schemas.artifacts.states import States
from schemas.data.dataset import Dataset
from schemas.spec.product import Spec
from trunkline_edge.bundle.files import Locate, read_verified, write_atomic
from trunkline_edge.bundle.manifest import MINE, FileEntry, GraphEntry, Manifest, Provenance
from trunkline_edge.understanding.decode import sigmoid
from trunkline_edge.understanding.featurizer import Encoding
from trunkline_edge.understanding.routing import after_base
from trunkline_edge.understanding.selftest import golden_lines
from trunkline_edge.understanding.session import Runtime

FALSE_CLAIMS = 0.01
"""Share of others' valid rows that a skill takes for its own: twenty skills together a fifth of them, at most. The
base's rows are a small part of these: others that sound like the skill are other skills' (docs/skills.md)."""
GOLDEN_BYTES = 8_000
"""Of a skill's golden answers: logits of slots, a number a word and tag, would be half of the file."""


@dataclass(frozen=True)
class SkillThreshold:
    """A threshold of `mine`, and what it does on rows that training did not see."""

    value: float
    own_claimed: float
    """Share of the skill's own rows that it claims; not a number without any."""
    others_claimed: float
    """Share of others' rows that it claims."""


def choose_threshold(own: NDArray[np.float64], others: NDArray[np.float64]) -> SkillThreshold:
    """Return the least threshold, of a half or more, at which few enough of others' rows are claimed.

    Both are probabilities that rows are the skill's, of shape (rows,).
    """
    allowed = math.floor(FALSE_CLAIMS * len(others))
    above = np.sort(others)[::-1]
    # Just above the first row that may not be claimed; probabilities are equal where texts are.
    least = float(np.nextafter(above[allowed], 1)) if len(others) > allowed else 0.5
    value = min(max(0.5, math.ceil(least * 1e6) / 1e6), 1.0)
    share = [float(np.mean(each >= value)) if len(each) else math.nan for each in (own, others)]
    return SkillThreshold(value, *share)


def build_skill(
    graphs: Graphs,
    base: Runtime,
    base_files: Locate,
    dataset: Dataset,
    own: States,
    others: States,
    spec: Spec,
    *,
    run_id: str,
    created: str,
    out: Path,
    git_commit: str | None = None,
) -> Built:
    """Build a skill in `out`, beside copies of the trunk and the word list that it stands on.

    `own` are the states of the data set's valid rows, `others` of rows that are not the skill's and were not trained
    on. `manifest.json` is written last.
    """
    out.mkdir(parents=True, exist_ok=True)
    for entry in lent_files(base.manifest):
        write_atomic(out / entry.name, read_verified(entry, base_files(entry)))
    values = values_file(spec, dataset.batches("train"), base.manifest.spoken)
    for name, raw in [(graph.fp32, (graphs.folder / graph.fp32).read_bytes()) for graph in graphs.graphs] + (
        [(VALUES, values)] if values else []
    ):
        write_atomic(out / name, raw)
    origin = Provenance(created, run_id, dataset.digest, spec.digest(), {}, git_commit=git_commit)
    draft = _draft(graphs, base.manifest, spec, origin, out, has_values=values is not None)
    runtime = _runtime(draft, out)
    calibration = calibrate(runtime, dataset.batches("valid"), spec.reject)
    threshold = choose_threshold(claims_of(runtime, base, own), claims_of(runtime, base, others))
    draft = replace(
        draft,
        heads=tuple(
            replace(head, threshold=threshold.value)
            if head.name == MINE
            else replace(head, temperature=calibration.temperatures[head.name])
            for head in draft.heads
        ),
    )
    runtime = _runtime(draft, out)
    measured = score_rows(runtime, dataset.batches("valid"))
    metrics = {name: found for name, found in measured.scores.metrics().items() if name != MINE}
    mine = {"own_claimed": threshold.own_claimed, "others_claimed": threshold.others_claimed}
    quality = {
        head: {metric: per_ten_thousand(value) for metric, value in found.items()}
        for head, found in {**metrics, MINE: mine}.items()
    }
    texts = spread((text for frame in dataset.batches("valid") for text in frame["text"]), spec.export.golden, runtime)
    golden = fitting([f"{line}\n".encode() for line in golden_lines(runtime, texts)], GOLDEN_BYTES)
    write_atomic(out / GOLDEN, b"".join(golden))
    files = (*draft.files, entry_of(out, GOLDEN, "golden"))
    manifest = replace(draft, files=files, provenance=replace(origin, quality=quality))
    brought = sum(entry.length for entry in manifest.brought)
    manifest = replace(manifest, requires=replace(manifest.requires, free_bytes=brought))
    manifest = Manifest.from_bytes(manifest.to_bytes())  # refuses what a device would
    write_atomic(out / "manifest.json", manifest.to_bytes())
    claimed = (
        f"{threshold.own_claimed:.1%} of {len(own)} own rows, {threshold.others_claimed:.2%} of {len(others)} others'"
    )
    return Built(
        folder=out,
        bundle_id=manifest.bundle_id,
        size_bytes=brought,
        scores={"fp32": {**metrics, MINE: mine}},
        latency_ms={"fp32": measured.latency_ms},
        shipped={graph.name: graph.precision for graph in manifest.graphs},
        reasons=(*calibration.reasons, f"{MINE}: threshold {threshold.value:.4f} claims {claimed}"),
    )


def _draft(graphs: Graphs, base: Manifest, spec: Spec, origin: Provenance, out: Path, *, has_values: bool) -> Manifest:
    trunk, made = trunk_of(base), [entry_of(out, VALUES, "values")] if has_values else []
    imports = [onnx.load(out / graph.fp32, load_external_data=False).opset_import for graph in graphs.graphs]
    domains = {each.domain for opsets in imports for each in opsets if each.domain} | set(base.requires.extra_domains)
    return replace(
        base,
        product=spec.name,
        files=(*lent_files(base), *(entry_of(out, graph.fp32, "head") for graph in graphs.graphs), *made),
        graphs=(
            trunk,
            *(GraphEntry(graph.name, graph.fp32, graph.inputs, graph.outputs, "fp32") for graph in graphs.graphs),
        ),
        heads=uncalibrated(graphs),
        requires=replace(
            base.requires,
            opset=max(base.requires.opset, graphs.opset),
            ir_version=max(base.requires.ir_version, graphs.ir_version),
            extra_domains=tuple(sorted(domains)),
        ),
        provenance=origin,
        splits_commands=False,
        weighs_claims=False,
        is_skill=True,
    )


def _runtime(manifest: Manifest, folder: Path) -> Runtime:
    return Runtime(manifest, lambda entry: folder / entry.name)


def lent_files(base: Manifest) -> list[FileEntry]:
    """Return the files of a base that its skills name too."""
    return [entry for entry in base.files if entry.role in ("trunk", "vocabulary")]


def fitting(lines: Sequence[bytes], most: int) -> Sequence[bytes]:
    """Return all lines, or every second, every third and so on: as many as have so many bytes together, or one."""
    for step in range(1, len(lines)):
        if sum(map(len, lines[::step])) <= most:
            return lines[::step]
    return lines[:1]


def claims_of(skill: Runtime, base: Runtime, states: States) -> NDArray[np.float64]:
    """Return the probability that each row is the skill's, after the base has had its say. Shape: (rows,)."""
    (name,) = trunk_of(base.manifest).outputs
    head = next(each for each in skill.manifest.heads if each.name == MINE)
    nothing = Encoding((), np.zeros((0, 0), dtype=np.int64), False)
    found = []
    for number in range(len(states)):
        hidden = states.row(number)[np.newaxis]
        given: dict[str, NDArray[Any]] = {
            name: hidden,
            "mask": np.ones(hidden.shape[:2], dtype=np.bool_),
            "ids": states.ids_of(number)[np.newaxis],
        }
        logits = skill.tensors(nothing, given=given, until=head.logits)[head.logits][0].astype(np.float64)
        mine = float(sigmoid(logits / head.temperature)[0])
        found.append(after_base(mine, base.certainty(base.tensors(nothing, given=given))))
    return np.asarray(found)
