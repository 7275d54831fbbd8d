"""What shipped bundles understand of the public data sets: `make bench-quality`.

Nets are trained, exported and built as `trunkline retrain` does it, with three seeds, and the device runtime asks the
bundles the official test rows. What lies finished in the folder, of the same code, rows and settings, is used again, so
a run that was stopped goes on. Intervals are of 95 %, over rows and seeds (deploy/transfer.py).
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from deploy.bundle import build_bundle
from deploy.score import score_rows
from model.export import export_graphs
from model.train import train
from schemas.dataset import Dataset
from schemas.scores import HeadScore, Scores
from schemas.spec import Spec, load_spec
from schemas.teachers import teachers_of
from schemas.validate import validate
from tasks.score_files import load_scores, save_scores
from tasks.settings import code_version
from trunkline_edge.runtime import INTENT_HEAD, OUT_OF_SCOPE, open_folder
from trunkline_edge.store import write_atomic

SEEDS = (0, 1, 2)
SPECS = Path(__file__).parent / "specs"
ALONE = ("distill={}", "train.epochs=6", "train.patience=6")
"""What makes a set's own net comparable with the one net for all."""


@dataclass(frozen=True)
class Product:
    """A net that is measured."""

    spec: Path
    overrides: tuple[str, ...] = ()


PRODUCTS: Mapping[str, Product] = {
    "atis": Product(SPECS / "atis.yaml"),
    "snips": Product(SPECS / "snips.yaml"),
    "clinc150": Product(SPECS / "clinc150.yaml"),
    "home": Product(Path("specs/home.yaml")),
    "everything": Product(SPECS / "everything.yaml"),
    "atis_alone": Product(SPECS / "atis.yaml", ALONE),
    "snips_alone": Product(SPECS / "snips.yaml", ALONE),
    "clinc150_alone": Product(SPECS / "clinc150.yaml", ALONE),
    "sentiment_alone": Product(Path("specs/sentiment.yaml"), (*ALONE, "trunk.vectors=data/english.safetensors")),
}


@dataclass(frozen=True)
class Cell:
    """One bundle of the table."""

    product: str
    seed: int


@dataclass(frozen=True)
class Measured:
    """A bundle and what it answered to the test rows."""

    bundle: Path
    size_bytes: int
    shipped: Mapping[str, str]
    """Graph -> precision."""
    valid: Mapping[str, Mapping[str, float]]
    """Head -> metric -> value on valid rows, of what ships."""
    ids: tuple[str, ...]
    """Of the test rows."""
    intents: tuple[str | None, ...]
    """Labels of the intent head there; none where it has no such head."""

    @cached_property
    def scores(self) -> Scores:
        """On the test rows."""
        return load_scores(self.bundle.parent)

    @property
    def sentences(self) -> HeadScore:
        """Whole sentences: right where every head is."""
        heads = list(self.scores.heads.values())
        return right(np.logical_and.reduce([head.correct for head in heads]), heads[0].rows)

    def intent(self, *, in_scope: bool) -> HeadScore:
        """The intent on rows within scope; or on the others, where rejection is right."""
        score = self.scores.heads[INTENT_HEAD]
        chosen = np.asarray([(self.intents[row] != OUT_OF_SCOPE) == in_scope for row in score.rows])
        return right(score.correct[chosen], score.rows[chosen])


def right(correct: NDArray[np.bool_], rows: NDArray[np.int64]) -> HeadScore:
    """Return the score of a head that is right or wrong on each row."""
    return HeadScore("class", correct[:, np.newaxis].astype(np.float64), correct, rows, {}, np.zeros((0, 2)))


def spec_of(cell: Cell, source: Path) -> Spec:
    """Return what a cell trains, its files taken from `source`."""
    product = PRODUCTS[cell.product]
    spec = load_spec(product.spec, overrides=(*product.overrides, f"train.seed={cell.seed}"))
    data = tuple(each.model_copy(update={"path": source / each.path.name}) if each.path else each for each in spec.data)
    return spec.model_copy(update={"data": data})


def dataset_of(spec: Spec, folder: Path) -> Dataset:
    """Validate the rows of a spec."""
    outcome = validate(spec, cache=folder / "rows", quarantine=folder / "quarantine")
    if outcome.dataset is None:
        raise SystemExit(f"{spec.name}: {outcome.refused}")
    return outcome.dataset


def net_of(spec: Spec, dataset: Dataset, folder: Path) -> Path:
    """Train a net and before it its teachers, unless they lie there; returns its folder."""
    code = code_version("schemas", "trunkline_edge", "model")
    place = folder / "nets" / f"{spec.name}-{spec.training_digest()[:12]}-{dataset.digest[:8]}-{code[:8]}"
    teachers = {name: net_of(teacher, dataset, folder) for name, teacher in teachers_of(spec).items()}
    for _ in train(spec, dataset, place, teachers):
        pass
    return place


def measure(cell: Cell, source: Path, folder: Path) -> Measured:
    """Train, export, build and score one bundle, or read what an earlier run found."""
    spec = spec_of(cell, source)
    dataset = dataset_of(spec, folder)
    net = net_of(spec, dataset, folder)
    settings = (spec.export.model_dump_json() + spec.reject.model_dump_json()).encode()
    place = net / f"{code_version('deploy')[:8]}-{hashlib.sha256(settings).hexdigest()[:8]}"
    bundle, result = place / "bundle", place / "result.json"
    if not result.exists():
        graphs = export_graphs(net, dataset, spec, place / "graphs")
        built = build_bundle(graphs, dataset, spec, version=1, run_id="bench", created="", out=bundle)
        scores = score_rows(open_folder(bundle), dataset.batches("test")).scores
        save_scores(place, scores)
        (precision,) = {p for name, p in built.shipped.items() if name == "trunk"}
        facts = {
            "size_bytes": built.size_bytes,
            "shipped": dict(built.shipped),
            "valid": built.scores[precision],
            "ids": [row for frame in dataset.batches("test") for row in frame["id"]],
            "intents": [
                labels[INTENT_HEAD] if INTENT_HEAD in spec.main_heads else None
                for frame in dataset.batches("test")
                for labels in frame["labels"].to_list()
            ],
        }
        write_atomic(result, json.dumps(facts).encode())
    facts = json.loads(result.read_bytes())
    return Measured(bundle, **facts | {"ids": tuple(facts["ids"]), "intents": tuple(facts["intents"])})


def make_all(cells: Sequence[Cell], source: Path, folder: Path, jobs: int) -> None:
    """Make all bundles, some at a time, each in a process of its own; teachers first, as seeds share them."""

    def run(arguments: Iterable[str]) -> None:
        command = [sys.executable, "-m", "bench.quality", str(source), "--folder", str(folder), *arguments]
        subprocess.run(command, check=True)

    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(run, (["--teachers", product] for product in dict.fromkeys(cell.product for cell in cells))))
        list(pool.map(run, (["--cell", cell.product, str(cell.seed)] for cell in cells)))


def main() -> None:
    parser = ArgumentParser(prog="python -m bench.quality")
    parser.add_argument("source", type=Path, help="folder of the public data sets, e.g. ../shared/data")
    parser.add_argument("--folder", type=Path, default=Path("build/quality"), help="where trainings lie")
    parser.add_argument("--jobs", type=int, default=2, help="trainings at once, one thread each")
    parser.add_argument("--only", nargs="*", default=list(PRODUCTS), choices=list(PRODUCTS))
    parser.add_argument("--seeds", nargs="*", type=int, default=list(SEEDS))
    parser.add_argument("--teachers", help="internal: train the teachers of one product")
    parser.add_argument("--cell", nargs=2, help="internal: make one bundle")
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.teachers:
        spec = spec_of(Cell(options.teachers, 0), options.source)
        if teachers_of(spec):
            dataset = dataset_of(spec, options.folder)
            for teacher in teachers_of(spec).values():
                net_of(teacher, dataset, options.folder)
    elif options.cell:
        measure(Cell(options.cell[0], int(options.cell[1])), options.source, options.folder)
    else:
        cells = [Cell(product, seed) for product in options.only for seed in options.seeds]
        make_all(cells, options.source, options.folder, options.jobs)


if __name__ == "__main__":
    main()
