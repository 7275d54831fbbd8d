"""The net of `specs/home.yaml`, made quickly for benchmarks: two hundred steps decide nothing about speed."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from deploy.bundle.build import build_bundle
from deploy.bundle.built import Built
from model.export.graphs import export_graphs
from model.training.loop import train
from schemas.data.dataset import Dataset
from schemas.data.validate import validate
from schemas.spec.load import load_spec
from schemas.spec.product import Spec
from trunkline_edge.bundle.files import write_atomic

HOME = Path(__file__).parent.parent / "specs" / "home.yaml"
ROWS = 4_000


def home_spec(rows: int = ROWS, epochs: int = 1) -> Spec:
    """Return the default product's spec with few rows and epochs, and int8 whatever it costs."""
    spec = load_spec(HOME, overrides=[f"train.epochs={epochs}", "export.int8_drop=1.0"])
    source = spec.data[0].model_copy(update={"options": {**spec.data[0].options, "rows": rows}})
    return spec.model_copy(update={"data": (source,)})


def home_rows(spec: Spec, folder: Path) -> Dataset:
    """Sample and validate the rows."""
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder) as scratch:
        outcome = validate(spec, cache=folder / "rows", quarantine=folder / "quarantine", scratch=Path(scratch))
    if outcome.dataset is None:
        raise RuntimeError(outcome.refused)
    return outcome.dataset


def plain_rows(dataset: Dataset) -> Iterator[dict[str, Any]]:
    """Yield the home's rows, intents and slots alone, in the form that files have."""
    for split in ("train", "valid", "test"):
        for frame in dataset.batches(split):
            for row in frame.iter_rows(named=True):
                labels = row["labels"]
                spans = [{name: span[name] for name in ("start", "end", "label")} for span in labels["slots"] or ()]
                told = {"split": split, "labels": {"intent": labels["intent"], "slots": spans}}
                yield {name: row[name] for name in ("id", "text", "lang")} | told


def write_rows(rows: Iterable[Mapping[str, Any]], file: Path) -> Path:
    """Write a file of rows; returns it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(file, "".join(json.dumps(row) + "\n" for row in rows).encode())
    return file


def home_parser(prog: str, rows: int) -> ArgumentParser:
    """Return the options of a benchmark that asks the whole product; `rows` are asked unless one says otherwise."""
    parser = ArgumentParser(prog=prog)
    parser.add_argument("--folder", type=Path, help="where the training lies; a finished one is used again")
    parser.add_argument("--bundle", type=Path, help="a bundle that is there already")
    parser.add_argument("--rows", type=int, default=rows, help="test rows that are asked (default: %(default)s)")
    parser.add_argument("--set", action="append", default=[], help="field of specs/home.yaml, e.g. train.epochs=3")
    return parser


@contextmanager
def whole_home(options: Namespace) -> Iterator[tuple[Dataset, Path]]:
    """Give the rows of the whole product and the folder of its bundle, as the options of `home_parser` say."""
    spec = load_spec(HOME, overrides=options.set)
    with TemporaryDirectory() as scratch:
        folder = options.folder or Path(scratch)
        folder.mkdir(exist_ok=True, parents=True)
        dataset = home_rows(spec, folder)
        yield dataset, options.bundle or bundle_of(spec, dataset, folder).folder


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
