"""Graphs to a bundle: choose the precision that keeps every head's score, write golden answers and the manifest."""

from __future__ import annotations

import hashlib
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Literal

import onnx
import polars as pl

from deploy.bundle.built import Built
from deploy.bundle.calibrate import Calibration, calibrate, splits_safely
from deploy.bundle.values import values_file
from deploy.evaluation.cost import measure_cost
from deploy.evaluation.paired import ROUNDING
from deploy.evaluation.score import Measured, score_rows
from deploy.repository.channels import OTHERWISE
from schemas.artifacts.graphs import VOCABULARY, GraphFile, Graphs
from schemas.data.dataset import Dataset
from schemas.spec.product import Spec
from trunkline_edge.bundle.files import write_atomic
from trunkline_edge.bundle.manifest import (
    MANY_LANGUAGES,
    FileEntry,
    GraphEntry,
    HeadEntry,
    Manifest,
    Provenance,
    Requires,
    Role,
)
from trunkline_edge.understanding.graphs import ORT_MIN
from trunkline_edge.understanding.selftest import golden_lines
from trunkline_edge.understanding.session import INTENT_HEAD, Runtime

GOLDEN = "golden.jsonl"
VALUES = "values.json"
MULTILABEL_THRESHOLD = 0.5
_RARE = 0.01
"""Share of the rows below which a bundle does not claim a language."""

Precision = Literal["fp32", "mixed", "even", "int8"]
"""Forms of a graph; to a device an even one is int8."""
SMALL: tuple[Precision, ...] = ("int8", "even", "mixed")
"""Precisions to be tried, the smallest and quickest first."""


def build_bundle(
    graphs: Graphs,
    dataset: Dataset,
    spec: Spec,
    *,
    run_id: str,
    created: str,
    out: Path,
    git_commit: str | None = None,
    numerics: Mapping[str, str] | None = None,
) -> Built:
    """Build a bundle in `out`; `manifest.json` is written last.

    Graphs, rows and spec decide its id. When, by which run, from which commit and with which numerics it was made
    travels beside that, and no version does: the registry numbers what it registers.

    The graphs answer all valid rows through the device runtime. int8 ships when no head loses more than
    `spec.export.int8_drop` of its primary metric, else int8 of an evened encoder under the same rule, else mixed, else
    fp32. What ships is calibrated on the same rows. Beside int8 or mixed, the same net in fp32 lies in `out/otherwise`,
    a bundle of its own for devices that do badly with the other: with the same thresholds, so that both answer alike.
    """
    out.mkdir(parents=True, exist_ok=True)
    split = "valid" if dataset.counts.get("valid") else "train"
    languages = spoken_in(dataset.batches(split))
    origin = Provenance(
        created=created,
        run_id=run_id,
        data_digest=dataset.digest,
        spec_digest=spec.digest(),
        quality={},
        git_commit=git_commit,
        numerics=numerics,
    )
    values = values_file(spec, dataset.batches("train"), languages)
    if values is not None:
        write_atomic(out / VALUES, values)
    made = [entry_of(out, VALUES, "values")] if values else []
    drafts: dict[Precision, Manifest] = {}
    measured: dict[Precision, Measured] = {}
    for tried in _forms(graphs):
        drafts[tried] = _draft(graphs, spec, tried, languages, origin, made)
        measured[tried] = score_rows(_runtime(drafts[tried], graphs.folder, out), dataset.batches(split))
        precision, reasons = choose_precision(measured, spec.export.int8_drop)
        if precision != "fp32":
            break
    rejection = None
    if split == "valid":  # a net is sure of the rows that it was trained on; they calibrate nothing
        calibration = calibrate(_runtime(drafts[precision], graphs.folder, out), dataset.batches(split), spec.reject)
        drafts[precision], why = _calibrated(drafts[precision], calibration, (graphs.folder, out), dataset)
        measured[precision] = score_rows(_runtime(drafts[precision], graphs.folder, out), dataset.batches(split))
        reasons += (*calibration.reasons, *why)
        rejection = asdict(calibration.rejection) if calibration.rejection else None
    hard = None
    if graphs.hard:
        hard = _runtime(_draft(graphs.hard, spec, precision, languages, origin, made), graphs.hard.folder, out)
    quality = _quality(measured[precision], rejection)
    manifest = _finish(drafts[precision], quality, graphs, hard, dataset.batches(split), spec, out)
    if precision != "fp32":
        other = replace(drafts["fp32"], heads=manifest.heads, splits_commands=manifest.splits_commands)
        if values is not None:
            write_atomic(out / OTHERWISE / VALUES, values)
        quality = _quality(measured["fp32"], None)
        _finish(other, quality, graphs, hard, dataset.batches(split), spec, out / OTHERWISE)
    return Built(
        folder=out,
        bundle_id=manifest.bundle_id,
        size_bytes=manifest.size_bytes,
        scores={precision: result.scores.metrics() for precision, result in measured.items()},
        latency_ms={precision: result.latency_ms for precision, result in measured.items()},
        shipped={graph.name: graph.precision for graph in manifest.graphs},
        reasons=reasons,
        rejection=rejection,
        form=precision,
    )


def choose_precision(measured: Mapping[Precision, Measured], allowed_drop: float) -> tuple[Precision, tuple[str, ...]]:
    """Return the smallest measured precision in which no head loses more than allowed, and the reasons."""
    reasons: list[str] = []
    for precision in SMALL:
        fits = precision in measured
        for name, small in measured[precision].scores.heads.items() if fits else ():
            drop = measured["fp32"].scores.heads[name].primary - small.primary
            is_within = drop <= allowed_drop + ROUNDING
            fits &= is_within
            reasons.append(
                f"{name}: {precision} {small.primary:.4f}, fp32 {small.primary + drop:.4f}, "
                f"{'within' if is_within else 'more than'} the allowed drop of {allowed_drop}"
            )
        if fits:
            return precision, tuple(reasons)
    return "fp32", tuple(reasons) or ("no graph has an int8 form",)


def _forms(graphs: Graphs) -> Iterator[Precision]:
    """Yield fp32, and the small precisions that any graph has."""
    yield "fp32"
    yield from (precision for precision in SMALL if any(getattr(graph, precision) for graph in graphs.graphs))


def _draft(
    graphs: Graphs,
    spec: Spec,
    precision: Precision,
    languages: tuple[str, ...],
    origin: Provenance,
    made: Sequence[FileEntry],
) -> Manifest:
    """Return a manifest over the export's own files and those made here: all but golden answers and quality."""
    chosen = [(graph, _file_of(graph, precision)) for graph in graphs.graphs]
    entries = [entry_of(graphs.folder, file, graph.role) for graph, file in chosen]
    entries += [entry_of(graphs.folder, VOCABULARY, "vocabulary"), *made]
    imports = [onnx.load(graphs.folder / file, load_external_data=False).opset_import for _, file in chosen]
    return Manifest(
        product=spec.name,
        lang=languages[0] if len(languages) == 1 else MANY_LANGUAGES,
        languages=languages if len(languages) > 1 else None,
        trunk_id=graphs.trunk_id,
        featurizer=graphs.featurizer,
        files=tuple(entries),
        graphs=tuple(
            GraphEntry(graph.name, file, graph.inputs, graph.outputs, _told(graph, file)) for graph, file in chosen
        ),
        heads=uncalibrated(graphs),
        requires=Requires(
            ort_min=ORT_MIN,
            opset=graphs.opset,
            ir_version=graphs.ir_version,
            extra_domains=tuple(sorted({each.domain for opsets in imports for each in opsets if each.domain})),
            free_bytes=sum(entry.length for entry in entries),
        ),
        provenance=origin,
        weighs_claims=True,
        names=dict(spec.names) or None,
    )


def uncalibrated(graphs: Graphs) -> tuple[HeadEntry, ...]:
    """Return what a manifest says of an export's heads before they are calibrated."""
    return tuple(
        HeadEntry(
            name=head.name,
            kind=head.kind,  # type: ignore[arg-type]  # the export has made classes of words
            logits=f"{head.name}.logits",
            labels=head.labels,
            temperature=1.0,
            threshold=MULTILABEL_THRESHOLD if head.kind == "multilabel" else 0.0,
        )
        for head in graphs.heads
    )


def _calibrated(
    draft: Manifest, calibration: Calibration, folders: tuple[Path, Path], dataset: Dataset
) -> tuple[Manifest, tuple[str, ...]]:
    """Return the draft with what calibration found, and why it parts commands or not."""
    calibrated = replace(
        draft,
        heads=tuple(
            replace(
                head,
                temperature=calibration.temperatures[head.name],
                threshold=calibration.thresholds[head.name],
                lean=calibration.leans[head.name],
            )
            for head in draft.heads
        ),
    )
    if not any(head.name == INTENT_HEAD and head.kind == "class" and head.threshold > 0 for head in calibrated.heads):
        return calibrated, ()
    splitting = replace(calibrated, splits_commands=True)
    is_safe, why = splits_safely(_runtime(splitting, *folders), dataset.batches("valid"))
    return (splitting if is_safe else calibrated), (why,)


def _finish(
    draft: Manifest,
    quality: Mapping[str, Mapping[str, int]],
    graphs: Graphs,
    hard: Runtime | None,
    frames: Iterator[pl.DataFrame],
    spec: Spec,
    out: Path,
) -> Manifest:
    """Copy the files, write golden answers, measure the cost and, last, write the manifest."""
    out.mkdir(exist_ok=True)
    for entry in draft.files:
        if entry.role == "values":
            continue  # is there already
        shutil.copyfile(graphs.folder / entry.name, out / entry.name)
    runtime = _runtime(draft, out, out)
    texts = spread((text for frame in frames for text in frame["text"]), spec.export.golden, runtime)
    write_atomic(out / GOLDEN, ("\n".join(golden_lines(runtime, texts)) + "\n").encode())
    files = (*draft.files, entry_of(out, GOLDEN, "golden"))
    manifest = replace(
        draft,
        files=files,
        requires=replace(draft.requires, free_bytes=sum(entry.length for entry in files)),
        provenance=replace(
            draft.provenance,
            quality=quality,
            cost=measure_cost(runtime, hard, texts) if texts else None,
        ),
    )
    raw = manifest.to_bytes()
    write_atomic(out / "manifest.json", raw)
    return Manifest.from_bytes(raw)


def _quality(measured: Measured, rejection: Mapping[str, float] | None) -> dict[str, dict[str, int]]:
    """Return what a device can tell of its bundle: head -> figure on valid rows, in ten thousandths."""
    quality = {
        head: {metric: per_ten_thousand(value) for metric, value in metrics.items()}
        for head, metrics in measured.scores.metrics().items()
    }
    if rejection is not None:
        shares = {name: value for name, value in rejection.items() if not name.endswith("_rows")}
        quality[INTENT_HEAD] |= {name: per_ten_thousand(value) for name, value in shares.items()}
    return quality


def per_ten_thousand(value: float) -> int:
    """Round; an r2 without a lower end is cut where floats stop to tell whole numbers apart."""
    return round(min(max(value * 10_000, -(2**53)), 2**53))


def spread(texts: Iterator[str], wanted: int, runtime: Runtime) -> list[str]:
    """Return distinct texts from all over the rows, those with a word; fewer where there are fewer."""
    usable = sorted({text for text in texts if runtime.featurizer.read(text).words})
    count = min(wanted, len(usable))
    return [usable[i * len(usable) // count] for i in range(count)]


def _runtime(manifest: Manifest, exported: Path, made: Path) -> Runtime:
    return Runtime(manifest, lambda entry: (made if entry.role == "values" else exported) / entry.name)


def spoken_in(frames: Iterable[pl.DataFrame]) -> tuple[str, ...]:
    """Return what a bundle says that it understands: the languages of rows that are no rarity, the commonest first."""
    counts: Counter[str] = Counter()
    for frame in frames:
        counts.update(dict(frame["lang"].value_counts().iter_rows()))
    wanted = _RARE * counts.total()
    ranked = sorted((tag for tag in counts if counts[tag] >= wanted), key=lambda tag: (-counts[tag], tag))
    named: dict[str, str] = {}  # "en-GB" beside "en-US" is one language, named as its commonest form
    for tag in ranked:
        named.setdefault(tag.split("-")[0].lower(), tag)
    return tuple(named.values())


def _file_of(graph: GraphFile, precision: Precision) -> str:
    return getattr(graph, precision) or graph.fp32


def _told(graph: GraphFile, file: str) -> Literal["fp32", "mixed", "int8"]:
    """Return the precision that a manifest tells of one of a graph's files."""
    return "fp32" if file == graph.fp32 else "mixed" if file == graph.mixed else "int8"


def entry_of(folder: Path, name: str, role: Role) -> FileEntry:
    """Return what a manifest says of a file."""
    raw = (folder / name).read_bytes()
    return FileEntry(name, hashlib.sha256(raw).hexdigest(), len(raw), role)
