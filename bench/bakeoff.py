"""Settings against one another on *valid* rows, three seeds each: `python -m bench.bakeoff ../shared/data`.

The rows are in bench/specs/bakeoff.yaml: name -> what it changes in the sets' specs, which it takes without their
teachers. Scores are of the fp32 net; size and latency of the bundle that the first seed's net becomes. What lies
finished in the folder, of the same code, rows and settings, is used again. Test rows are never read.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import yaml
from rich.console import Console
from rich.table import Table

from bench.latency import SENTENCES
from bench.mishearing import WIDTH
from bench.processes import run_all
from bench.product import bundle_of_net, home_rows
from bench.quality import SEEDS, SPECS, latency, net_of, with_source
from model.batches import encode
from model.device import choose_compute
from model.evaluate import score_net
from model.train import load_net
from schemas.spec import Spec, load_spec
from trunkline_edge.runtime import open_folder
from trunkline_edge.store import write_atomic

ROWS: dict[str, list[str]] = yaml.safe_load((SPECS / "bakeoff.yaml").read_text(encoding="utf-8"))
SETS = ("atis", "snips", "clinc150")
WORDS = 12
"""Of the utterance that is timed."""
RESULT = "valid.json"


@dataclass(frozen=True)
class Cell:
    """One training."""

    data: str
    row: str
    seed: int

    def spec(self, source: Path) -> Spec:
        """Return what it trains."""
        changes = ["distill={}", *ROWS[self.row], f"train.seed={self.seed}"]
        return with_source(load_spec(SPECS / f"{self.data}.yaml", overrides=changes), source)


def measure(cell: Cell, source: Path, folder: Path) -> dict[str, float]:
    """Train and score a cell on valid rows, and build the first seed's bundle; or read what an earlier run found."""
    spec = cell.spec(source)
    dataset = home_rows(spec, folder)
    place = net_of(spec, dataset, folder)
    if not (place / RESULT).exists():
        net, reader = load_net(spec, place)
        scores = score_net(net, encode(dataset, "valid", reader, net.plans), choose_compute(spec.train))
        # A row whose label train has never had is no row of that head: it cannot be right.
        right = [set(head.rows[head.correct].tolist()) for head in scores.heads.values()]
        sentence = len(set.intersection(*right)) / dataset.counts["valid"]
        found = {name: head.primary for name, head in scores.heads.items()} | {"sentence": sentence}
        if cell.seed == SEEDS[0]:
            found["bytes"] = bundle_of_net(place, spec, dataset, place).size_bytes
        write_atomic(place / RESULT, json.dumps(found).encode())
    result: dict[str, float] = json.loads((place / RESULT).read_bytes())
    return result


def table_of(data: str, rows: Sequence[str], seeds: Sequence[int], source: Path, folder: Path) -> Table:
    """Return the table of one data set, whose cells all lie there."""
    table = Table(title=f"{data}, valid rows, fp32: mean over seeds {seeds} and its standard error")
    for row in rows:
        cells = [Cell(data, row, seed) for seed in seeds]
        results = [measure(cell, source, folder) for cell in cells]
        scores = [name for name in results[0] if name != "bytes"]
        if not table.columns:
            for name in ("setting", *scores, "MB", f"ms at {WORDS} words"):
                table.add_column(name)
        spec = cells[0].spec(source)
        bundle = net_of(spec, home_rows(spec, folder), folder) / "bundle"
        values = [_mean([result[name] for result in results]) for name in scores]
        table.add_row(row, *values, f"{results[0]['bytes'] / 1e6:.1f}", latency(open_folder(bundle), SENTENCES[WORDS]))
    return table


def _mean(values: Sequence[float]) -> str:
    error = np.std(values, ddof=1) / len(values) ** 0.5 if len(values) > 1 else float("nan")
    return f"{100 * np.mean(values):.1f} ± {100 * error:.1f}"


def main() -> None:
    parser = ArgumentParser(prog="python -m bench.bakeoff", description=__doc__.split("\n")[0])
    parser.add_argument("source", type=Path, help="folder of the public data sets, e.g. ../shared/data")
    parser.add_argument("--folder", type=Path, default=Path("build/quality"), help="where trainings lie")
    parser.add_argument("--jobs", type=int, default=2, help="trainings at once, one thread each")
    parser.add_argument("--sets", nargs="*", default=list(SETS), choices=SETS)
    parser.add_argument("--only", nargs="*", default=list(ROWS), choices=list(ROWS))
    parser.add_argument("--seeds", nargs="*", type=int, default=list(SEEDS))
    parser.add_argument("--cell", nargs=3, help="internal: train one")
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.cell:
        data, row, seed = options.cell
        measure(Cell(data, row, int(seed)), options.source, options.folder)
        return
    place = [str(options.source), "--folder", str(options.folder)]
    for data in options.sets:
        cells = [(data, row, str(seed)) for row in options.only for seed in options.seeds]
        run_all("bench.bakeoff", [[*place, "--cell", *cell] for cell in cells], options.jobs)
        Console(width=WIDTH).print(table_of(data, options.only, options.seeds, options.source, options.folder))


if __name__ == "__main__":
    main()
