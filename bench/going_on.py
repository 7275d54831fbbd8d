"""What does going on from the champion cost in score, and save in time? `python -m bench.going_on ../shared/data`.

Twenty rows of which the last arrives late: a champion is trained on 95 % of the train rows (drawn by the hash of their
ids); then all are there, and a challenger either starts anew or goes on from the champion for a few epochs. Scores are
on the official test rows of ATIS and SNIPS.
"""

from __future__ import annotations

import json
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from bench.mixes import is_drawn
from model.data.batches import encode
from model.training.device import choose_compute
from model.training.evaluate import score_net
from model.training.finished import load_net
from model.training.loop import train
from schemas.data.dataset import Dataset
from schemas.data.heads import plan_heads
from schemas.data.validate import validate
from schemas.spec.load import parse_spec
from schemas.spec.product import Spec

EPOCHS = {"atis": 12, "snips": 8}
MORE = (1, 3)
"""Epochs, when it goes on. A quarter of the learning rate was no better (ATIS, seed 0)."""
SEEDS = (0, 1, 2)


def main(source: Path, names: list[str]) -> None:
    """Print a table a data set."""
    console = Console()
    for name in names or list(EPOCHS):
        table = Table(title=f"{name}: 5 % more train rows", title_justify="left")
        for column in ("seed", "training", "s", "intent accuracy", "slot F1"):
            table.add_column(column, justify="right")
        for seed in SEEDS:
            with TemporaryDirectory() as scratch:
                for told, seconds, scores in arms(name, source / f"{name}.jsonl", seed, Path(scratch)):
                    table.add_row(str(seed), told, f"{seconds:.0f}", *(f"{each:.2%}" for each in scores))
        console.print(table)


def arms(name: str, rows: Path, seed: int, folder: Path) -> list[tuple[str, float, tuple[float, float]]]:
    """Train champion and challengers; returns what each is, its seconds, and its scores."""
    spec = parse_spec(
        {
            "name": name,
            "data": [{"path": str(rows)}],
            "heads": {"intent": {"kind": "class"}, "slots": {"kind": "tag"}},
            "train": {"epochs": EPOCHS[name], "patience": 100, "seed": seed},
            "validate": {"max_reject_share": 1},
        }
    )
    fewer = folder / "fewer.jsonl"
    with rows.open() as lines:
        kept = [line for line in lines if _stays(json.loads(line))]
    fewer.write_text("".join(kept))
    before, whole = (_dataset(spec, file, folder / file.stem) for file in (fewer, rows))
    found = [("champion, 95 % of the rows", *_run(spec, before, folder / "champion"))]
    found.append(("anew", *_run(spec, whole, folder / "anew")))
    for more in MORE:
        going = spec.model_copy(update={"train": spec.train.model_copy(update={"epochs": more})})
        run = _run(going, whole, folder / f"more-{more}", folder / "champion")
        found.append((f"{more} more epochs", *run))
    return found


def _stays(row: dict[str, str]) -> bool:
    return row["split"] != "train" or is_drawn(row, 0.95)


def _dataset(spec: Spec, file: Path, folder: Path) -> Dataset:
    raw = spec.model_dump(mode="json", by_alias=True) | {"data": [{"path": str(file)}]}
    outcome = validate(parse_spec(raw), cache=folder / "data", quarantine=folder / "bad", scratch=folder)
    assert outcome.dataset is not None, outcome.refused
    return outcome.dataset


def _run(
    spec: Spec, dataset: Dataset, folder: Path, start: Path | None = None
) -> tuple[float, tuple[float, float]]:  # fmt: skip
    begun = time.monotonic()
    for _ in train(spec, dataset, folder, start=start):
        pass
    seconds = time.monotonic() - begun
    net, featurizer = load_net(spec, folder)
    print(f"{folder.name}: {seconds:.0f} s", file=sys.stderr, flush=True)
    scores = score_net(net, encode(dataset, "test", featurizer, plan_heads(spec, dataset)), choose_compute(spec.train))
    return seconds, (scores.heads["intent"].primary, scores.heads["slots"].primary)


if __name__ == "__main__":
    parser = ArgumentParser(prog="python -m bench.going_on", description=__doc__)
    parser.add_argument("data", type=Path, help="folder of atis.jsonl and snips.jsonl")
    parser.add_argument("sets", nargs="*", default=[], metavar="SET", help=f"of {', '.join(EPOCHS)} (default: all)")
    given = parser.parse_args()
    main(given.data, given.sets)
