"""How fast an epoch's rows are read, and in how much memory: `python -m bench.shards [--rows 1000000 ...]`.

Each line is a process of its own. `files` is a split above `train.window_rows`, `memory` one below; the first number of
rows is read both ways. Seconds are the process's CPU time, one thread's work: what else runs on the machine then counts
least.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import polars as pl
import pyarrow.parquet as pq
import torch
from rich.console import Console
from rich.table import Table

from model.data.batches import collate
from model.training.loop import SHARDS, Training
from schemas.data.dataset import ROW_GROUP_ROWS, Dataset, rows_file
from schemas.spec.load import parse_spec
from schemas.spec.product import Spec

ROWS, VALID, BATCH, WINDOW = 1_000_000, 1_000, 256, 500_000
ALL = 100_000_000
_VERBS = ("turn on", "turn off", "dim", "brighten", "open", "close", "start", "stop")
_SYLLABLES = ("ka", "lo", "mi", "nu", "re", "sa", "ti", "vo", "wen", "zur")


def generate(folder: Path, split: str, rows: int) -> None:
    """Write rows as validation leaves them: an intent each, and two spans in two of three."""
    path = rows_file(folder, split)
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = None
    for first in range(0, rows, ROW_GROUP_ROWS):
        table = _frame(first, min(ROW_GROUP_ROWS, rows - first)).to_arrow()
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    assert writer is not None
    writer.close()


def _frame(first: int, rows: int) -> pl.DataFrame:
    rng = np.random.default_rng(first)

    def said(syllables: int) -> pl.Expr:
        columns = [pl.Series(rng.choice(_SYLLABLES, rows)) for _ in range(syllables)]
        return pl.concat_str(columns)

    numbers = np.arange(first, first + rows)
    frame = pl.DataFrame({"number": numbers, "verb": np.asarray(_VERBS)[numbers % len(_VERBS)]})
    frame = frame.with_columns(name=said(3), room=said(2)).with_columns(
        text=pl.format("{} the {} lamp in the {} room please", "verb", "name", "room"),
        start=pl.col("verb").str.len_chars().cast(pl.Int64) + 5,
    )
    frame = frame.with_columns(end=pl.col("start") + pl.col("name").str.len_chars() + 5)
    area = pl.struct(
        start=pl.col("end") + 8,
        end=pl.col("end") + 13 + pl.col("room").str.len_chars(),
        label=pl.lit("area"),
        value=pl.lit(None, pl.String),
    )
    name = pl.struct("start", "end", label=pl.lit("name"), value=pl.lit(None, pl.String))
    slots = pl.when(pl.col("number") % 3 > 0).then(pl.concat_list(name, area))
    return frame.select(
        pl.format("row-{}", "number").alias("id"), "text", lang=pl.lit("en"), labels=pl.struct("verb", slots=slots)
    ).with_columns(pl.col("labels").struct.rename_fields(["intent", "slots"]))


def _spec(window: int) -> Spec:
    return parse_spec(
        {
            "name": "bench",
            "data": [{"path": "rows.jsonl"}],
            "heads": {"intent": {"kind": "class"}, "slots": {"kind": "tag"}},
            "trunk": {"embedding_width": 8, "width": 8, "layers": 1, "featurizer": {"buckets": 1024}},
            "train": {"epochs": 1, "batch_size": BATCH, "window_rows": window, "device": "cpu", "precision": "fp32"},
        }
    )


def _measure(folder: Path, rows: int, window: int) -> dict[str, Any]:
    torch.set_num_threads(1)
    labels = {"intent": tuple(sorted(_VERBS)), "slots": ("area", "name")}
    dataset = Dataset("", folder, {"train": rows, "valid": VALID}, labels, {}, {}, ())
    with TemporaryDirectory(dir=folder) as net:
        begun = time.process_time()
        training = Training(_spec(window), dataset, Path(net))
        steps = training.rows.steps(BATCH, 0, 1)
        encoded_s, begun = time.process_time() - begun, time.process_time()
        read = sum(len(collate(encoded, some).rows) for encoded, some in steps.after(0))
        assert read == rows, "each comes once"
        return {
            "way": "files" if rows > window else "memory",
            "encoded_s": encoded_s,
            "read_s": time.process_time() - begun,
            "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,  # Linux tells KiB
            "disk": sum(path.stat().st_size for path in (Path(net) / SHARDS).rglob("*.safetensors")),
        }


def run(rows: int, windows: tuple[int, ...]) -> list[dict[str, Any]]:
    """Measure rows with each size of window, in a process each, so that each has its own peak of memory."""
    with TemporaryDirectory() as folder:
        for split, size in (("train", rows), ("valid", VALID)):
            generate(Path(folder), split, size)
        command = [sys.executable, "-m", "bench.shards", "--measure", folder, str(rows)]
        return [
            json.loads(subprocess.run([*command, str(window)], check=True, stdout=subprocess.PIPE).stdout)
            for window in windows
        ]


def main() -> None:
    """Print the table, or what one process of it has measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[ROWS])
    parser.add_argument("--measure", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        folder, rows, window = options.measure
        print(json.dumps(_measure(Path(folder), int(rows), int(window))))
        return
    table = Table(title=f"An epoch's rows, batches of {BATCH}")
    for column in ("rows", "held in", "encoded, rows/s", "read, rows/s", "peak MiB", "disk, bytes/row"):
        table.add_column(column, justify="right")
    for number, rows in enumerate(options.rows):
        for one in run(rows, (min(WINDOW, rows // 2), ALL) if number == 0 else (WINDOW,)):
            rates = (f"{rows / one[what]:,.0f}" for what in ("encoded_s", "read_s"))
            table.add_row(f"{rows:,}", one["way"], *rates, f"{one['peak_mib']:,.0f}", f"{one['disk'] / rows:.0f}")
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
