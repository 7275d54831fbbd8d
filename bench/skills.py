"""Skills on a frozen trunk, measured. Work in progress."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import torch

from bench.mixes import is_drawn
from bench.product import bundle_of, home_rows
from schemas.spec.load import parse_spec
from schemas.spec.product import Spec

GROUPED_BY = {"clinc150": "domain", "snips": "intent"}
HEADS = {"clinc150": {"intent": "class", "domain": "class"}, "snips": {"intent": "class", "slots": "tag"}}
SHARES = {"clinc150": {"train": 0.4, "valid": 0.4, "test": 0.6}, "snips": {"train": 0.4, "valid": 1.0, "test": 1.0}}
EPOCHS = {"clinc150": 10, "snips": 8}


def rows_of(source: Path, name: str) -> list[dict]:
    with (source / f"{name}.jsonl").open(encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    return [row for row in rows if is_drawn(row, SHARES[name][row["split"]])]


def base_spec(name: str, rows: Path) -> Spec:
    return parse_spec(
        {
            "name": f"base-{name}",
            "data": [{"path": str(rows)}],
            "heads": {head: {"kind": kind} for head, kind in HEADS[name].items()},
            "trunk": {"width": 128, "embedding_width": 64, "featurizer": {"buckets": 8192}},
            "train": {"epochs": EPOCHS[name], "patience": EPOCHS[name], "batch_size": 32, "learning_rate": 4e-3},
            "reject": {"false_accept": 0.3},
        }
    )


def make_base(source: Path, folder: Path, name: str, without: set[str]) -> None:
    if (folder / "bundle" / "manifest.json").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    kept = [row for row in rows_of(source, name) if row["labels"][GROUPED_BY[name]] not in without]
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in kept), encoding="utf-8")
    begun = time.monotonic()
    spec = base_spec(name, folder / "rows.jsonl")
    built = bundle_of(spec, home_rows(spec, folder), folder)
    print(name, sorted(without), f"{time.monotonic() - begun:.0f} s", built.scores, flush=True)


if __name__ == "__main__":
    torch.set_num_threads(1)
    source, folder = Path(sys.argv[1]), Path(sys.argv[2])
    for name in sys.argv[3].split(","):
        groups = sorted({row["labels"][GROUPED_BY[name]] for row in rows_of(source, name)} - {"oos"})
        half = set(groups[::2]) if name == "clinc150" else set()
        for without in (set(), half, *({group} for group in groups)):
            make_base(source, folder / name / ("-".join(sorted(without)) or "joint"), name, without)
