"""Do heads that keep their own moments share better? `python -m bench.moments ../shared/data build/moments.jsonl`.

Small cuts of ATIS, SNIPS and home and the mix of `bench.mixes` with five heads of three data sets. Every net takes the
same steps and keeps its last epoch; each arm, and each head alone, has the learning rate of the grid that is best on
valid rows with seed 0. Scores are those of the fp32 net on test rows. What is done stands in the file, a line a
training; the same command goes on where it stopped, and prints the table from what is there.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from bench.mixes import draw
from model.data.batches import Encoded, batch_rows, encode
from model.training.device import choose_compute
from model.training.evaluate import score_net
from model.training.finished import load_net, read_history
from model.training.loop import Training, train
from schemas.data.dataset import Dataset
from schemas.data.validate import validate
from schemas.spec.load import parse_spec
from schemas.spec.product import Spec

RATES = (2e-3, 4e-3, 8e-3, 1.6e-2)
SEEDS = (0, 1, 2)
TRUNK = {"width": 128, "embedding_width": 64, "featurizer": {"buckets": 8192}}
INTENT_AND_SLOTS = {"intent": {"kind": "class"}, "slots": {"kind": "tag"}}
CUTS = {
    "atis": {"train": 0.25, "valid": 1.0, "test": 1.0},
    "snips": {"train": 0.1, "valid": 1.0, "test": 1.0},
    "clinc150": {"train": 0.12, "valid": 0.08, "test": 0.15},
    "sentiment": {"train": 0.15, "valid": 0.2, "test": 0.4},
}
FLIGHT_NAMES = {"intent": "flight_intent", "slots": "flight_slots"}
SETS: dict[str, dict[str, Any]] = {
    "atis": {"data": ["atis"], "heads": INTENT_AND_SLOTS, "epochs": 8},
    "snips": {"data": ["snips"], "heads": INTENT_AND_SLOTS, "epochs": 8},
    "home": {"data": [], "heads": {**INTENT_AND_SLOTS, "domain": {"kind": "class"}}, "epochs": 4},
    "mix": {
        "data": ["atis", "clinc150", "sentiment"],
        "heads": {
            "flight_intent": {"kind": "class"},
            "flight_slots": {"kind": "tag"},
            **{name: {"kind": "class"} for name in ("intent", "domain", "sentiment")},
        },
        "epochs": 6,
    },
}


def arms(heads: int) -> dict[str, dict[str, Any]]:
    """Return the shared nets: what differs from plain hard sharing."""
    return {
        "hard": {},
        "uncertainty": {"balance": {"kind": "uncertainty"}},
        f"trunk rate {heads}": {"train": {"trunk_rate": heads}},
        "per head": {"train": {"moments": "per_head"}},
        f"per head, trunk rate {heads}": {"train": {"moments": "per_head", "trunk_rate": heads}},
    }


@dataclass(frozen=True)
class Done:
    """One training."""

    data: str
    arm: str
    rate: float
    seed: int
    valid: float
    """Mean of the heads' scores after the last epoch."""
    test: dict[str, float]
    cpu_s: float


def spec_of(name: str, files: Path, arm: Mapping[str, Any], heads: Mapping[str, Any], rate: float, seed: int) -> Spec:
    what = SETS[name]
    sources = [
        {"path": str(files / f"{each}.jsonl"), **({"rename": FLIGHT_NAMES} if name == "mix" and each == "atis" else {})}
        for each in what["data"]
    ]
    settings = {"epochs": what["epochs"], "patience": what["epochs"], "keep": "last", "device": "cpu"}
    return parse_spec(
        {
            "name": "moments",
            "data": sources or [{"recipe": "home-assistant", "options": {"rows": 3000}}],
            "heads": heads,
            "trunk": TRUNK,
            "balance": arm.get("balance", {"kind": "equal"}),
            "train": {**settings, "learning_rate": rate, "seed": seed, **arm.get("train", {})},
        }
    )


def dataset_of(spec: Spec, folder: Path) -> Dataset:
    (folder / "scratch").mkdir(parents=True)
    found = validate(spec, cache=folder / "rows", quarantine=folder / "bad", scratch=folder / "scratch")
    assert found.dataset is not None, found.refused
    return found.dataset


def run(name: str, arm: str, spec: Spec, dataset: Dataset) -> Done:
    """Train one net and score it."""
    begun = process_time()
    with TemporaryDirectory() as folder:
        for _ in train(spec, dataset, Path(folder)):
            pass
        net, featurizer = load_net(spec, Path(folder))
        valid = read_history(Path(folder))[-1].score
    test = score_net(net, encode(dataset, "test", featurizer, net.plans), choose_compute(spec.train))
    scores = {head: score.primary for head, score in test.heads.items()}
    return Done(name, arm, spec.train.learning_rate, spec.train.seed, valid, scores, process_time() - begun)


def measured(name: str, files: Path, known: list[Done], scratch: Path) -> Iterator[Done]:
    """Yield the trainings of a set that are not known yet: the grid with seed 0, then the best rate's other seeds."""
    heads = SETS[name]["heads"]
    shared = {arm: (fields, heads) for arm, fields in arms(len(heads)).items()}
    alone: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        f"{head} alone": ({}, {head: heads[head]}) for head in heads
    }
    dataset = dataset_of(spec_of(name, files, {}, heads, RATES[0], 0), scratch / name)
    for arm, (fields, its) in {**alone, **shared}.items():
        found = {(done.rate, done.seed): done for done in known if (done.data, done.arm) == (name, arm)}
        for rate in RATES:
            if (rate, 0) not in found:
                found[rate, 0] = run(name, arm, spec_of(name, files, fields, its, rate, 0), dataset)
                yield found[rate, 0]
        best = chosen_rate(list(found.values()))
        for seed in SEEDS[1:]:
            if (best, seed) not in found:
                yield run(name, arm, spec_of(name, files, fields, its, best, seed), dataset)


def chosen_rate(trainings: list[Done]) -> float:
    return max((done for done in trainings if done.seed == 0), key=lambda done: done.valid).rate


def table_of(name: str, known: list[Done]) -> Table:
    heads = SETS[name]["heads"]
    table = Table("net", "rate", *heads, "mean", title=f"{name}: test, mean ± standard deviation of {len(SEEDS)} seeds")
    of_arm = {arm: [d for d in known if (d.data, d.arm) == (name, arm)] for arm in dict.fromkeys(d.arm for d in known)}
    alone = []
    for head in heads:
        kept = _kept(of_arm.get(f"{head} alone", []))
        alone.append(f"{_spread([done.test[head] for done in kept])} at {kept[0].rate:g}" if kept else "")
    table.add_row("each alone", "", *alone, "")
    for arm in arms(len(heads)):
        if kept := _kept(of_arm.get(arm, [])):
            by_head = [[done.test[head] for done in kept] for head in heads]
            mean = f"{100 * np.mean(by_head):.1f}"
            table.add_row(arm, f"{kept[0].rate:g}", *map(_spread, by_head), mean)
    return table


def _spread(scores: list[float]) -> str:
    values = 100 * np.array(scores)
    return f"{values.mean():.1f} ± {values.std(ddof=1) if len(values) > 1 else 0:.1f}"


def _kept(trainings: list[Done]) -> list[Done]:
    best = chosen_rate(trainings) if trainings else None
    return [done for done in trainings if done.rate == best]


def costs(name: str, files: Path, scratch: Path) -> Table:
    """Time steps turn by turn, and count what the optimiser keeps."""
    heads = SETS[name]["heads"]
    specs = {arm: spec_of(name, files, fields, heads, 2e-3, 0) for arm, fields in arms(len(heads)).items()}
    dataset = dataset_of(next(iter(specs.values())), scratch / f"{name}-cost")
    nets = {arm: Training(spec, dataset, scratch / arm) for arm, spec in specs.items()}
    times: dict[str, list[float]] = {arm: [] for arm in nets}
    for step in range(25):
        for arm, training in nets.items():
            training.net.train()
            assert isinstance(training.rows, Encoded), "sets that fit into memory"
            rows = batch_rows(training.rows, 64, 0, 1)
            begun = process_time()
            training.step(training.rows, rows[step % len(rows)], step, len(rows))
            times[arm].append(process_time() - begun)
    table = Table("net", "step, CPU ms", "times hard", "optimiser state MB", title=f"{name}, {len(heads)} heads")
    plain = float(np.median(times["hard"][5:]))
    for arm, training in nets.items():
        kept = sum(value.numel() * 4 for state in training.optimiser.state.values() for value in state.values())
        step_s = float(np.median(times[arm][5:]))
        table.add_row(arm, f"{1e3 * step_s:.0f}", f"{step_s / plain:.2f}", f"{kept / 1e6:.1f}")
    return table


def main(source: Path, out: Path, *names: str) -> None:
    torch.set_num_threads(1)
    out.parent.mkdir(parents=True, exist_ok=True)
    known = [Done(**json.loads(line)) for line in out.read_text().splitlines()] if out.exists() else []
    with TemporaryDirectory() as folder:
        files = Path(folder) / "files"
        for data, shares in CUTS.items():
            draw(source / f"{data}.jsonl", files / f"{data}.jsonl", shares)
        for name in names or SETS:
            for done in measured(name, files, known, Path(folder)):
                known.append(done)
                with out.open("a") as lines:
                    lines.write(json.dumps(asdict(done)) + "\n")
            Console().print(table_of(name, known))
            Console().print(costs(name, files, Path(folder)))


if __name__ == "__main__":
    parser = ArgumentParser(prog="python -m bench.moments", description=__doc__)
    parser.add_argument("data", type=Path, help=f"folder of {', '.join(f'{name}.jsonl' for name in CUTS)}")
    parser.add_argument("out", type=Path, help="file of the trainings that are done, a line each")
    parser.add_argument("sets", nargs="*", default=[], metavar="SET", help=f"of {', '.join(SETS)} (default: all)")
    given = parser.parse_args()
    main(given.data, given.out, *given.sets)
