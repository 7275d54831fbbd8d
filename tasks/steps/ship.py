"""From a net to a bundle: graphs that were proved, files that a device runs."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from deploy.bundle.build import build_bundle
from deploy.bundle.built import Built
from model.export.graphs import export_graphs
from schemas.artifacts.graphs import VOCABULARY, Graphs
from schemas.spec.product import Spec
from tasks.cache.keys import bundle_key, export_key
from tasks.cache.step import step
from tasks.cache.store import empty
from tasks.machine import releases
from tasks.records import Exported, Trained, Validated
from tasks.rows import open_data
from tasks.settings import Settings, git_commit


@step(export_key)
def export(folder: Path, spec: Spec, data: Validated, trained: Trained) -> Exported:
    """Write trunk and heads as ONNX graphs; raises `ParityBroken` when they differ from the net."""
    empty(folder)
    graphs = export_graphs(Settings.from_environment().cache / trained.cache_path, open_data(data), spec, folder)
    return Exported(
        cache_path=export_key(spec, data, trained).cache_path,
        digest=_digest(graphs),
        parity=max(graph.parity for graph in graphs.graphs),
    )


@step(bundle_key)
def build(folder: Path, spec: Spec, data: Validated, trained: Trained, exported: Exported, run_id: str) -> Built:
    """Choose each graph's precision, measure, and put a bundle together."""
    empty(folder)
    cache = Settings.from_environment().cache
    built = build_bundle(
        Graphs.load(cache / exported.cache_path),
        open_data(data),
        spec,
        run_id=run_id,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        git_commit=git_commit(),
        numerics=trained.numerics | releases("onnx", "onnxruntime"),
        out=folder,
    )
    return replace(built, folder=built.folder.relative_to(cache))


def _digest(graphs: Graphs) -> str:
    """sha256 over all that a bundle is made of: the featurizer's settings, and files."""
    total = hashlib.sha256(json.dumps(graphs.featurizer.to_json()).encode())
    names = [name for graph in graphs.graphs for name in (graph.fp32, graph.int8, graph.even, graph.mixed) if name]
    for name in (*names, VOCABULARY):
        total.update(name.encode() + hashlib.sha256((graphs.folder / name).read_bytes()).digest())
    return total.hexdigest()
