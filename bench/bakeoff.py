"""Settings against one another on *valid* rows, three seeds each: `python -m bench.bakeoff ../shared/data`.

The rows are in bench/specs/bakeoff.yaml: name -> what it changes in the sets' specs, which it takes without their
teachers, and what it takes from bench.alternatives. Scores are of fp32 nets. What lies finished in the folder, of the
same code, rows and settings, is used again. Test rows are never read.
"""

from __future__ import annotations

import hashlib
import json
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import onnx
import torch
import yaml
from rich.console import Console
from rich.table import Table

from bench.alternatives import train_with
from bench.latency import medians, session_of
from bench.mishearing import WIDTH
from bench.processes import run_all
from bench.product import home_rows
from bench.quality import SEEDS, SPECS, net_of, with_source
from bench.sizes import Point, draw
from deploy.evaluation.transfer import Estimate
from model.data.batches import encode
from model.export.graphs import TrunkGraph, export_trunk
from model.export.parity import parity_inputs
from model.training.device import choose_compute
from model.training.evaluate import score_net
from model.training.finished import load_net
from schemas.data.dataset import Dataset
from schemas.spec.load import load_spec
from schemas.spec.product import Spec
from tasks.cache.code import code_version
from trunkline_edge.bundle.files import write_atomic

ROWS: dict[str, list[str]] = yaml.safe_load((SPECS / "bakeoff.yaml").read_text(encoding="utf-8"))
SETS = ("atis", "snips", "clinc150")
WORDS = 12
"""Of the utterance that is timed."""
RESULT = "valid.json"
TRUNK = "trunk.int8.onnx"


@dataclass(frozen=True)
class Cell:
    """One training."""

    data: str
    row: str
    seed: int
    changes: tuple[str, ...] = ()
    """In the spec, beside the row's."""

    @property
    def alternatives(self) -> list[str]:
        """Names of what it takes from bench.alternatives: the entries that set nothing."""
        return [entry for entry in ROWS[self.row] if "=" not in entry]

    def spec(self, source: Path) -> Spec:
        """Return what it trains."""
        own = [entry for entry in ROWS[self.row] if "=" in entry]
        changes = ["distill={}", *self.changes, *own, f"train.seed={self.seed}"]
        return with_source(load_spec(SPECS / f"{self.data}.yaml", overrides=changes), source)


@dataclass(frozen=True)
class Measured:
    """What came of a training."""

    scores: dict[str, float]
    """Head -> primary metric, and `sentence`: the share of rows where all heads are right."""
    trunk: Path
    """Folder of the exported trunk, which the first seed has."""


def measure(cell: Cell, spec: Spec, dataset: Dataset, folder: Path) -> Measured:
    """Train a cell, score it on valid rows and export the first seed's trunk; or read what an earlier run found."""
    place = _place(cell, spec, dataset, folder)
    if not (place / RESULT).exists():
        if cell.alternatives:
            training = train_with(cell.alternatives, spec, dataset, place)
            net, featurizer = training.net.eval(), training.featurizer
        else:
            net, featurizer = load_net(spec, net_of(spec, dataset, folder))
        scores = score_net(net, encode(dataset, "valid", featurizer, net.plans), choose_compute(spec.train))
        # A row whose label train has never had is no row of that head: it cannot be right.
        right = [set(head.rows[head.correct].tolist()) for head in scores.heads.values()]
        sentence = len(set.intersection(*right)) / dataset.counts["valid"]
        place.mkdir(parents=True, exist_ok=True)
        if cell.seed == SEEDS[0]:
            trunk = TrunkGraph(net.for_export(), net.sharing.hidden_names())
            export_trunk(trunk, parity_inputs(dataset, featurizer, net), spec, "bench", place)
        found = {name: head.primary for name, head in scores.heads.items()} | {"sentence": sentence}
        write_atomic(place / RESULT, json.dumps(found).encode())
    return Measured(json.loads((place / RESULT).read_bytes()), place)


def _place(cell: Cell, spec: Spec, dataset: Dataset, folder: Path) -> Path:
    names = ",".join(sorted(cell.alternatives))
    code = code_version("model.training.loop", *(["bench.alternatives"] if names else []))
    key = hashlib.sha256(f"{spec.training_digest()} {dataset.digest} {code} {names}".encode()).hexdigest()
    return folder / "bakeoff" / f"{cell.data}-{key[:16]}"


def table_of(
    data: str,
    changes: Sequence[str],
    rows: Sequence[str],
    seeds: Sequence[int],
    source: Path,
    folder: Path,
    picture: Path | None,
) -> Table:
    """Return the table of one data set, whose cells all lie there, and draw it. All trunks are timed in turns."""
    table = Table(title=f"{data}, valid rows, fp32: mean over seeds {seeds} and its standard error {' '.join(changes)}")
    cells = {row: [Cell(data, row, seed, tuple(changes)) for seed in seeds] for row in rows}
    # No row changes what its data set is.
    dataset = home_rows(cells[rows[0]][0].spec(source), folder)
    measured = {row: [measure(cell, cell.spec(source), dataset, folder) for cell in cells[row]] for row in rows}
    times = medians(*(_reading(measured[row][0].trunk) for row in rows))
    points: dict[str, Point] = {}
    for row, time in zip(rows, times, strict=True):
        first, scores = measured[row][0], [each.scores for each in measured[row]]
        if not table.columns:
            for name in ("setting", *first.scores, "trunk in int8, MB", f"ms at {WORDS} words"):
                table.add_column(name)
        size = (first.trunk / TRUNK).stat().st_size / 1e6
        values = [_mean([found[name] for found in scores]) for name in first.scores]
        table.add_row(row, *values, f"{size:.1f}", f"{time / 1e3:.2f}")
        shares = [found["sentence"] for found in scores]
        mean, error = float(np.mean(shares)), _standard_error(shares)
        points[row] = Point(size, Estimate(mean, mean - error, mean + error))
    if picture is not None:
        draw(f"{data}: mean and standard error", "trunk in int8", "valid sentences right", points, picture)
    return table


def _reading(trunk: Path) -> Callable[[], object]:
    """Return what reads an utterance with an exported trunk; which words it has does not change the time."""
    model = onnx.load(trunk / TRUNK)
    features = model.graph.input[0].type.tensor_type.shape.dim[2].dim_value
    ids = np.random.default_rng(0).integers(2, 200, (1, WORDS, features))
    feeds = {"ids": ids, "mask": np.ones((1, WORDS), dtype=np.bool_)}
    return partial(session_of(model).run, None, feeds)


def _mean(values: Sequence[float]) -> str:
    return f"{100 * np.mean(values):.1f} ± {100 * _standard_error(values):.1f}"


def _standard_error(values: Sequence[float]) -> float:
    return float(np.std(values, ddof=1)) / len(values) ** 0.5 if len(values) > 1 else float("nan")


def main() -> None:
    parser = ArgumentParser(prog="python -m bench.bakeoff", description=__doc__.split("\n")[0])
    parser.add_argument("source", type=Path, help="folder of the public data sets, e.g. ../shared/data")
    parser.add_argument("--folder", type=Path, default=Path("build/quality"), help="where trainings lie")
    parser.add_argument("--jobs", type=int, default=2, help="trainings at once, one thread each")
    parser.add_argument("--sets", nargs="*", default=list(SETS), choices=SETS)
    parser.add_argument("--only", nargs="*", default=list(ROWS), choices=list(ROWS))
    parser.add_argument("--set", nargs="*", default=[], help="changes for all rows, e.g. train.epochs=5")
    parser.add_argument("--seeds", nargs="*", type=int, default=list(SEEDS))
    parser.add_argument("--cell", nargs=3, help="internal: train one")
    parser.add_argument("--picture", type=Path, help="file for a picture of size and sentences, of one set")
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.picture and len(options.sets) > 1:
        parser.error(f"--picture is of one set, found {', '.join(options.sets)}: give one with --sets")
    if options.cell:
        data, row, seed = options.cell
        cell = Cell(data, row, int(seed), tuple(options.set))
        spec = cell.spec(options.source)
        measure(cell, spec, home_rows(spec, options.folder), options.folder)
        return
    place = [str(options.source), "--folder", str(options.folder), "--set", *options.set]
    for data in options.sets:
        cells = [(data, row, str(seed)) for row in options.only for seed in options.seeds]
        run_all("bench.bakeoff", [[*place, "--cell", *cell] for cell in cells], options.jobs)
        table = table_of(
            data, options.set, options.only, options.seeds, options.source, options.folder, options.picture
        )
        Console(width=WIDTH).print(table)


if __name__ == "__main__":
    main()
