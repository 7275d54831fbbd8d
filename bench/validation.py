"""How fast rows are validated, and in how much memory: `python -m bench.validation`."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import orjson
import polars as pl
from rich.console import Console
from rich.table import Table

from schemas.data.validate import validate
from schemas.spec.load import parse_spec
from schemas.spec.product import Spec

ROWS = 1_000_000
_VERBS = ("turn on", "turn off", "dim", "brighten", "open", "close", "start", "stop")
_SYLLABLES = ("ka", "lo", "mi", "nu", "re", "sa", "ti", "vo", "wen", "zur")


@dataclass(frozen=True)
class Measured:
    """One pass over generated rows."""

    format: str
    rows: int
    quarantined: int
    seconds: float
    peak_mib: float
    """Of the whole process: interpreter, libraries and all."""


def run(rows: int = ROWS, formats: tuple[str, ...] = ("jsonl", "parquet")) -> list[Measured]:
    """Validate generated rows, each format in a process of its own, so that each has its own peak of memory."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "rows.jsonl"
        with path.open("wb") as file:
            file.writelines(orjson.dumps(row) + b"\n" for row in generate(rows))
        pl.scan_ndjson(path, low_memory=True).sink_parquet(path.with_suffix(".parquet"))
        return [_measure_apart(path.with_suffix(f".{name}")) for name in formats]


def generate(rows: int) -> Iterator[dict[str, object]]:
    """Yield rows with an intent, two spans and a score; one in a thousand has a fault, one in ten repeats a text."""
    rng = Random(0)
    for number in range(rows):
        verb = _VERBS[number % len(_VERBS)]
        name = "".join(rng.choices(_SYLLABLES, k=3 if number % 10 else 1))
        room = "".join(rng.choices(_SYLLABLES, k=2))
        text = f"{verb} the {name} lamp in the {room} room please"
        start = len(verb) + 5
        end = start + len(name) + 5
        spans = [
            {"start": start, "end": end, "label": "name"},
            {"start": end + 8, "end": end + 13 + len(room), "label": "area"},
        ]
        labels = {"intent": verb if number % 1000 else "", "slots": spans, "urgency": len(text) % 7 / 7}
        yield {"id": f"row-{number}", "text": text, "split": None, "labels": labels}


def _spec(path: Path) -> Spec:
    heads = {"intent": {"kind": "class"}, "slots": {"kind": "tag"}, "urgency": {"kind": "score", "auxiliary": True}}
    return parse_spec({"name": "bench", "data": [{"path": str(path)}], "heads": heads})


def _measure_apart(path: Path) -> Measured:
    answer = subprocess.run([sys.executable, "-m", "bench.validation", str(path)], check=True, stdout=subprocess.PIPE)
    return Measured(**orjson.loads(answer.stdout))


def _measure(path: Path) -> Measured:
    folder = path.parent
    with TemporaryDirectory(dir=folder) as scratch:
        outcome = validate(_spec(path), cache=folder / "cache", quarantine=folder / "quarantine", scratch=Path(scratch))
    if outcome.refused is not None:
        raise RuntimeError(outcome.refused)
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # Linux tells KiB
    return Measured(path.suffix[1:], outcome.read, outcome.quarantined, outcome.seconds, peak_mib)


def _print(measurements: list[Measured]) -> None:
    table = Table(title="Validation")
    for column in ("format", "rows", "quarantined", "seconds", "rows/s", "peak MiB"):
        table.add_column(column, justify="left" if column == "format" else "right")
    for one in measurements:
        rate = f"{one.rows / one.seconds:,.0f}"
        table.add_row(
            one.format, f"{one.rows:,}", f"{one.quarantined:,}", f"{one.seconds:.1f}", rate, f"{one.peak_mib:,.0f}"
        )
    Console().print(table)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        sys.stdout.buffer.write(orjson.dumps(_measure(Path(sys.argv[1]))))
    else:
        _print(run())
