"""What a net that learned English understands of other languages: `python -m bench.foreign`.

A smart home's templates in five languages: train rows are English ones and none, 50 or 200 of each other language,
valid rows English alone, test rows all, with names that no train row has. A compact net, the five-language encoder of a
speaker's size (`make encoder-five`), which has read the other train rows without their labels, and E5 itself learn the
same rows. `--texts` writes what that encoder is taught on.
"""

from __future__ import annotations

import json
import zlib
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from bench.processes import run_all
from bench.product import HOME, home_rows, plain_rows, write_rows
from model.data.batches import encode
from model.training.device import choose_compute
from model.training.evaluate import score_net
from model.training.finished import load_net
from model.training.loop import train
from schemas.spec.load import load_spec, parse_spec
from trunkline_edge.bundle.files import write_atomic

SPOKEN, FOREIGN = "en", ("de", "es", "fr", "nl")
FEW = (0, 50, 200)
"""Train rows of each other language."""
SEEDS = (0, 1, 2)
TEXTS = 40_000
_ENCODER = {"kind": "encoder", "tokenizer": "pieces", "width": 384, "dropout": 0.1, "featurizer": {"max_features": 8}}
_SMALL = {"pretrained": "data/speaker-five.safetensors", "layers": 4, "feed_forward": 1024, "embedding_width": 128}
_WHOLE = {"pretrained": "data/e5.safetensors", "layers": 12, "embedding_width": 384}
NETS: dict[str, dict[str, Any]] = {
    "compact": {"trunk": {}, "train": {"epochs": 10}},
    "small": {"trunk": _ENCODER | _SMALL, "train": {"epochs": 6, "batch_size": 32, "learning_rate": 1e-3}},
    "e5": {"trunk": _ENCODER | _WHOLE, "train": {"epochs": 5, "batch_size": 32, "learning_rate": 8e-4}},
}
"""The encoders' rates and batches are those of docs/adr/0020; of the epochs the last is kept."""


def home_records(rows: int, *options: str) -> Iterator[dict[str, Any]]:
    """Yield rows of the home's recipe, so many of each language, in the form that files have."""
    languages = f"data.0.languages=[{','.join((SPOKEN, *FOREIGN))}]"
    spec = load_spec(HOME, overrides=[languages, f"data.0.options.rows={rows}", *options])
    with TemporaryDirectory() as folder:
        yield from plain_rows(home_rows(spec, Path(folder)))


def among(rows: Sequence[dict[str, Any]], few: int) -> list[dict[str, Any]]:
    """Return the rows of a cell: of other languages only so many to train, the first by their ids' hash."""
    kept = [row for row in rows if row["split"] == "test" or row["lang"] == SPOKEN]
    for language in FOREIGN:
        theirs = [row for row in rows if row["split"] == "train" and row["lang"] == language]
        kept += sorted(theirs, key=lambda row: zlib.crc32(row["id"].encode()))[:few]
    return kept


def measure(rows: Path, net: str, few: int, seed: int, folder: Path) -> dict[str, list[float]]:
    """Train a net; returns language -> intent accuracy and slot F1 of its test rows."""
    result = folder / f"{net}-{few}-{seed}.json"
    if result.exists():
        return dict(json.loads(result.read_bytes()))
    with TemporaryDirectory(dir=folder) as scratch:
        chosen = among([json.loads(line) for line in rows.read_bytes().splitlines()], few)
        file = write_rows(chosen, Path(scratch) / "rows.jsonl")
        raw = {
            "name": "foreign",
            "data": [{"path": str(file)}],
            "heads": {"intent": {"kind": "class"}, "slots": {"kind": "tag"}},
            "balance": {"kind": "uncertainty"},
            **NETS[net],
        }
        raw["train"] = raw["train"] | {"seed": seed, "keep": "last"}
        spec = parse_spec(raw)
        dataset = home_rows(spec, Path(scratch))
        for _ in train(spec, dataset, Path(scratch) / "net"):
            pass
        trained, featurizer = load_net(spec, Path(scratch) / "net")
        test, compute = encode(dataset, "test", featurizer, trained.plans), choose_compute(spec.train)
        languages = np.concatenate([frame["lang"].to_numpy() for frame in dataset.batches("test")])
        found = {}
        for language in (SPOKEN, *FOREIGN):
            scores = score_net(trained, test.taken(np.flatnonzero(languages == language)), compute).heads
            found[language] = [scores[head].primary for head in ("intent", "slots")]
        write_atomic(result, json.dumps(found).encode())
        return found


def report(nets: Sequence[str], seeds: Sequence[int], rows: Path, folder: Path) -> Table:
    """Return the table of cells that all lie there."""
    table = Table("net", "rows of each other language", SPOKEN, *FOREIGN, "mean of the others")
    table.title = f"intent accuracy / slot F1, %, unseen names, mean of {len(seeds)} seeds"
    for net in nets:
        for few in FEW:
            found = [measure(rows, net, few, seed, folder) for seed in seeds]
            means = {
                language: 100 * np.mean([each[language] for each in found], axis=0) for language in (SPOKEN, *FOREIGN)
            }
            cells = [*means.values(), np.mean([means[language] for language in FOREIGN], axis=0)]
            table.add_row(net, str(few), *(f"{intent:.1f} / {slots:.1f}" for intent, slots in cells))
    return table


def main() -> None:
    parser = ArgumentParser(prog="python -m bench.foreign", description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, default=Path("build/foreign"), help="where results lie, to go on")
    parser.add_argument("--rows", type=int, default=4_000, help="of each language, all splits (default: %(default)s)")
    parser.add_argument("--nets", nargs="*", choices=list(NETS), default=list(NETS))
    parser.add_argument("--seeds", nargs="*", type=int, default=list(SEEDS))
    parser.add_argument("--jobs", type=int, default=2, help="trainings at once, one thread each")
    parser.add_argument("--texts", type=Path, help="write texts for `bench.smaller` to this file, and do no more")
    parser.add_argument("--cell", nargs=3, help="internal: train one net")
    options = parser.parse_args()
    torch.set_num_threads(1)
    options.folder.mkdir(parents=True, exist_ok=True)
    rows = options.folder / f"rows-{options.rows}.jsonl"
    if options.texts:
        texts = [row for row in home_records(20_000) if row["split"] == "train"]
        texts.sort(key=lambda row: zlib.crc32(row["id"].encode()))
        write_rows(texts[:TEXTS], options.texts)
    elif options.cell:
        net, few, seed = options.cell
        measure(rows, net, int(few), int(seed), options.folder)
    else:
        plain = f"data.0.options={{rows: {options.rows}}}"
        if not rows.exists():
            write_rows(home_records(options.rows, plain), rows)
        place = ["--folder", str(options.folder), "--rows", str(options.rows), "--cell"]
        cells = [[*place, net, str(few), str(seed)] for net in options.nets for few in FEW for seed in options.seeds]
        run_all("bench.foreign", cells, options.jobs)
        Console().print(report(options.nets, options.seeds, rows, options.folder))


if __name__ == "__main__":
    main()
