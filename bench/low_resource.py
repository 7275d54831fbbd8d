"""Does a second head help where labels are few? `python -m bench.low_resource ../shared/data`.

Slot F1 on the official test rows of ATIS and SNIPS when only a share of the train rows has slot labels, and all of them
have an intent: one net with both heads against one with the slots alone. Both take the same number of optimiser steps
with about as many slot-labelled rows in each; so the batches of the second are smaller. Rows that lose their slot
labels are drawn by the hash of their ids: every share holds the smaller ones.
"""

from __future__ import annotations

import json
import subprocess
import sys
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from model.batches import encode
from model.device import choose_compute
from model.evaluate import score_net
from model.train import load_net, train
from schemas.spec import Spec, parse_spec
from schemas.validate import validate

SETS = ("atis", "snips")
SHARES = (0.01, 0.05, 0.2, 1.0)
SEEDS = (0, 1, 2)
STEPS = 1_000
BATCH, SMALLEST_BATCH = 64, 4
ARMS = {"intent and slots": ("intent", "slots"), "slots alone": ("slots",)}
KINDS = {"intent": "class", "slots": "tag"}


@dataclass(frozen=True)
class Cell:
    """One training."""

    data: str
    share: float
    arm: str
    seed: int


def run(cell: Cell, source: Path) -> float:
    """Train one net and return its slot F1 on the test rows."""
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        rows = _write(cell, source, folder / "rows.jsonl")
        batch = max(SMALLEST_BATCH, round(BATCH * (1 if "intent" in ARMS[cell.arm] else cell.share)))
        epochs = max(1, round(STEPS / -(-rows // batch)))
        spec = _spec(cell, folder / "rows.jsonl", batch, epochs)
        outcome = validate(spec, cache=folder / "rows", quarantine=folder / "quarantine")
        assert outcome.dataset is not None, outcome.refused
        for _ in train(spec, outcome.dataset, folder / "net"):
            pass
        net, reader = load_net(spec, folder / "net")
        test = encode(outcome.dataset, "test", reader, net.plans)
        return score_net(net, test, choose_compute(spec.train)).heads["slots"].primary


def _write(cell: Cell, source: Path, target: Path) -> int:
    """Write the set with fewer slot labels; returns the train rows that still label one of the arm's heads."""
    usable = 0
    with (source / f"{cell.data}.jsonl").open(encoding="utf-8") as rows, target.open("w", encoding="utf-8") as out:
        for line in rows:
            row = json.loads(line)
            labels = {name: row["labels"][name] for name in ARMS[cell.arm]}
            if row["split"] == "train" and zlib.crc32(row["id"].encode()) / 2**32 >= cell.share:
                labels.pop("slots")
            if labels:
                usable += row["split"] == "train"
                out.write(json.dumps({**row, "labels": labels}) + "\n")
    return usable


def _spec(cell: Cell, path: Path, batch: int, epochs: int) -> Spec:
    return parse_spec(
        {
            "name": "low-resource",
            "data": [{"path": str(path)}],
            "heads": {name: {"kind": KINDS[name]} for name in ARMS[cell.arm]},
            "trunk": {"width": 128, "embedding_width": 64, "reader": {"buckets": 8192}},
            # Patience counts epochs, which are of unequal length here: all steps are taken, the best epoch is kept.
            "train": {"epochs": epochs, "patience": epochs, "batch_size": batch, "seed": cell.seed},
        }
    )


def main(source: Path, cells_at_once: int = 2) -> None:
    cells = [Cell(data, share, arm, seed) for data in SETS for share in SHARES for arm in ARMS for seed in SEEDS]
    command = [sys.executable, "-m", "bench.low_resource", str(source)]

    def measured(cell: Cell) -> float:
        arguments = [cell.data, str(cell.share), cell.arm, str(cell.seed)]
        return float(subprocess.run([*command, *arguments], check=True, capture_output=True, text=True).stdout)

    with ThreadPoolExecutor(cells_at_once) as pool:
        scores = dict(zip(cells, pool.map(measured, cells), strict=True))
    table = Table("set", "slot labels", *ARMS, "difference", title="slot F1, mean and standard deviation of 3 seeds")
    for data in SETS:
        for share in SHARES:
            found = [np.array([scores[Cell(data, share, arm, seed)] for seed in SEEDS]) * 100 for arm in ARMS]
            figures = [f"{each.mean():.1f} ± {each.std(ddof=1):.1f}" for each in found]
            table.add_row(data, f"{share:.0%}", *figures, f"{(found[0] - found[1]).mean():+.1f}")
    Console().print(table)


if __name__ == "__main__":
    if len(sys.argv) == 2:
        main(Path(sys.argv[1]))
    else:
        torch.set_num_threads(1)
        name, share, arm, seed = sys.argv[2:]
        print(run(Cell(name, float(share), arm, int(seed)), Path(sys.argv[1])))
