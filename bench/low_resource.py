"""Does a second head help where labels are few? `python -m bench.low_resource ../shared/data`.

Slot F1 on the official test rows of ATIS and SNIPS when only a share of the train rows has slot labels, and all of them
have an intent: one net with both heads against one with the slots alone. Both take the same optimiser steps over the
same rows, of which the second learns from those with slots. Rows that lose their slot labels are drawn by the hash of
their ids: every share holds the smaller ones.
"""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from bench.mixes import is_drawn
from model.data.batches import encode
from model.training.device import choose_compute
from model.training.evaluate import score_net
from model.training.finished import load_net
from model.training.loop import train
from schemas.data.validate import validate
from schemas.spec.load import parse_spec

EPOCHS = {"atis": 12, "snips": 5}
"""About 800 and 1,000 steps."""
SHARES = (0.02, 0.05, 0.2)
SEEDS = (0, 1, 2)
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
    epochs = EPOCHS[cell.data]
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        _thin_out(source / f"{cell.data}.jsonl", folder / "rows.jsonl", cell.share)
        raw = {
            "name": "low-resource",
            "data": [{"path": str(folder / "rows.jsonl")}],
            "heads": {name: {"kind": kind} for name, kind in KINDS.items()},
            "trunk": {"width": 128, "embedding_width": 64, "featurizer": {"buckets": 8192}},
            "train": {"epochs": epochs, "patience": epochs, "seed": cell.seed},
        }
        (folder / "scratch").mkdir()
        outcome = validate(
            parse_spec(raw), cache=folder / "rows", quarantine=folder / "quarantine", scratch=folder / "scratch"
        )
        assert outcome.dataset is not None, outcome.refused
        spec = parse_spec(raw | {"heads": {name: {"kind": KINDS[name]} for name in ARMS[cell.arm]}})
        for _ in train(spec, outcome.dataset, folder / "net"):
            pass
        net, featurizer = load_net(spec, folder / "net")
        test = encode(outcome.dataset, "test", featurizer, net.plans)
        return score_net(net, test, choose_compute(spec.train)).heads["slots"].primary


def _thin_out(source: Path, target: Path, share: float) -> None:
    """Copy the rows; keep the slot labels of a share of the train rows."""
    with source.open(encoding="utf-8") as rows, target.open("w", encoding="utf-8") as out:
        for line in rows:
            row = json.loads(line)
            if row["split"] == "train" and not is_drawn(row, share):
                del row["labels"]["slots"]
            out.write(json.dumps(row) + "\n")


def main(source: Path, at_once: int = 2) -> None:
    cells = [Cell(data, share, arm, seed) for data in EPOCHS for share in SHARES for arm in ARMS for seed in SEEDS]

    def measured(cell: Cell) -> float:
        arguments = [str(source), cell.data, str(cell.share), cell.arm, str(cell.seed)]
        command = [sys.executable, "-m", "bench.low_resource", *arguments]
        return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    with ThreadPoolExecutor(at_once) as pool:
        scores = dict(zip(cells, pool.map(measured, cells), strict=True))
    table = Table("set", "slot labels", *ARMS, "difference", title="slot F1, mean and standard deviation of 3 seeds")
    for data in EPOCHS:
        for share in SHARES:
            arms = [100 * np.array([scores[Cell(data, share, arm, seed)] for seed in SEEDS]) for arm in ARMS]
            figures = [f"{each.mean():.1f} ± {each.std(ddof=1):.1f}" for each in arms]
            table.add_row(data, f"{share:.0%}", *figures, f"{(arms[0] - arms[1]).mean():+.1f}")
    Console().print(table)


if __name__ == "__main__":
    if len(sys.argv) == 2:
        main(Path(sys.argv[1]))
    else:
        torch.set_num_threads(1)
        source, data, share, arm, seed = sys.argv[1:]
        print(run(Cell(data, float(share), arm, int(seed)), Path(source)))
