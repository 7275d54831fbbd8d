"""The net of `specs/home.yaml`, made quickly for benchmarks: two hundred steps decide nothing about speed."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from deploy.bundle.build import build_bundle
from deploy.bundle.built import Built
from model.export.graphs import export_graphs
from model.training.loop import train
from schemas.data.dataset import Dataset
from schemas.data.validate import validate
from schemas.spec.load import load_spec
from schemas.spec.product import Spec

HOME = Path(__file__).parent.parent / "specs" / "home.yaml"
ROWS = 4_000


def home_spec(rows: int = ROWS, epochs: int = 1) -> Spec:
    """Return the default product's spec with few rows and epochs, and int8 whatever it costs."""
    spec = load_spec(HOME, overrides=[f"train.epochs={epochs}", "export.int8_drop=1.0"])
    source = spec.data[0].model_copy(update={"options": {**spec.data[0].options, "rows": rows}})
    return spec.model_copy(update={"data": (source,)})


def home_rows(spec: Spec, folder: Path) -> Dataset:
    """Sample and validate the rows."""
    with TemporaryDirectory(dir=folder) as scratch:
        outcome = validate(spec, cache=folder / "rows", quarantine=folder / "quarantine", scratch=Path(scratch))
    if outcome.dataset is None:
        raise RuntimeError(outcome.refused)
    return outcome.dataset


def home_bundle(folder: Path) -> Built:
    """Train, export, build."""
    spec = home_spec()
    return bundle_of(spec, home_rows(spec, folder), folder)


def bundle_of(spec: Spec, dataset: Dataset, folder: Path) -> Built:
    """Train in `folder`, unless that was done there already; export, build."""
    for _ in train(spec, dataset, folder / "net"):
        pass
    return bundle_of_net(folder / "net", spec, dataset, folder)


def bundle_of_net(net: Path, spec: Spec, dataset: Dataset, folder: Path) -> Built:
    """Export a finished training and build a bundle in `folder`."""
    graphs = export_graphs(net, dataset, spec, folder / "graphs")
    return build_bundle(graphs, dataset, spec, run_id="bench", created="2026-11-05T12:00:00Z", out=folder / "bundle")
