"""How fast rows are validated, and in how much memory: `python -m bench.validation [--rows 1000000 ...]`.

Each line is a process of its own: by columns as it is, and for the first number of rows one by one as well, which is
what becomes of rows in doubt. Other work on the machine moves the seconds; processor time is what to compare.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import orjson
import polars as pl
from rich.console import Console
from rich.table import Table

import schemas.data.judge
from schemas.data.by_column import Placed
from schemas.data.coerce import shape
from schemas.data.validate import validate
from schemas.spec.load import parse_spec
from schemas.spec.product import Spec

ROWS = 1_000_000
_FRAME_ROWS = 100_000
_VERBS = ("turn on", "turn off", "dim", "brighten", "open", "close", "start", "stop")
_SYLLABLES = ("ka", "lo", "mi", "nu", "re", "sa", "ti", "vo", "wen", "zur")


@dataclass(frozen=True)
class Measured:
    """One pass over generated rows."""

    format: str
    way: str
    """`columns` or `one by one`."""
    rows: int
    quarantined: int
    digest: str
    seconds: float
    cpu_s: float
    """Processor time of all threads and child processes."""
    peak_mib: float
    """Of the whole process: interpreter, libraries and all."""


def run(
    rows: int = ROWS, formats: Sequence[str] = ("jsonl", "parquet"), ways: tuple[str, ...] = ("columns",)
) -> list[Measured]:
    """Validate generated rows, each format in a process of its own, so that each has its own peak of memory."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "rows.jsonl"
        with path.open("wb") as file:
            for frame in generate(rows):
                frame.write_ndjson(file)
        if "parquet" in formats:
            pl.scan_ndjson(path, low_memory=True).sink_parquet(path.with_suffix(".parquet"))
        return [_measure_apart(path.with_suffix(f".{name}"), way) for name in formats for way in ways]


def generate(rows: int) -> Iterator[pl.DataFrame]:
    """Yield rows with an intent, two spans and a score; one in a thousand has a fault, one in ten repeats a text."""
    rng = np.random.default_rng(0)
    syllables, verbs = pl.Series(_SYLLABLES), pl.Series(_VERBS)
    for begin in range(0, rows, _FRAME_ROWS):
        numbers = np.arange(begin, min(begin + _FRAME_ROWS, rows))
        said = [syllables.gather(rng.integers(len(syllables), size=len(numbers))).alias(str(at)) for at in range(5)]
        verb, name, room = pl.col("verb"), pl.col("name"), pl.col("room")
        short = pl.col("number") % 10 == 0
        text = pl.concat_str(verb, pl.lit(" the "), name, pl.lit(" lamp in the "), room, pl.lit(" room please"))
        start = verb.str.len_chars().cast(pl.Int64) + 5
        end = start + name.str.len_chars() + 5
        spans = pl.concat_list(
            pl.struct(start=start, end=end, label=pl.lit("name")),
            pl.struct(start=end + 8, end=end + 13 + room.str.len_chars(), label=pl.lit("area")),
        )
        frame = pl.DataFrame([pl.Series("number", numbers), verbs.gather(numbers % len(verbs)).alias("verb"), *said])
        frame = frame.with_columns(
            name=pl.when(short).then("0").otherwise(pl.concat_str("0", "1", "2")), room=pl.concat_str("3", "4")
        )
        intent = pl.when(pl.col("number") % 1000 == 0).then(pl.lit("")).otherwise(verb)
        score = text.str.len_chars() % 7 / 7
        yield frame.select(
            id=pl.format("row-{}", "number"),
            text=text,
            split=pl.lit(None, pl.String),
            labels=pl.struct(intent=intent, slots=spans, urgency=score),
        )


def _spec(path: Path) -> Spec:
    heads = {"intent": {"kind": "class"}, "slots": {"kind": "tag"}, "urgency": {"kind": "score", "auxiliary": True}}
    return parse_spec({"name": "bench", "data": [{"path": str(path)}], "heads": heads})


def _measure_apart(path: Path, way: str) -> Measured:
    command = [sys.executable, "-m", "bench.validation", "--measure", str(path), way]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    return Measured(**orjson.loads(answer.stdout))


def _measure(path: Path, way: str) -> Measured:
    folder = path.parent
    if way == "one by one":
        vars(schemas.data.judge)["shape_rows"] = lambda rows, *rest: [
            Placed(np.arange(len(rows)), shape(rows.records(), *rest))
        ]
    with TemporaryDirectory(dir=folder) as scratch:
        outcome = validate(_spec(path), cache=folder / "cache", quarantine=folder / "quarantine", scratch=Path(scratch))
    if outcome.dataset is None:
        raise RuntimeError(outcome.refused)
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return Measured(
        format=path.suffix[1:],
        way=way,
        rows=outcome.read,
        quarantined=outcome.quarantined,
        digest=outcome.dataset.digest,
        seconds=outcome.seconds,
        cpu_s=sum(each.ru_utime + each.ru_stime for each in used),
        peak_mib=_peak_mib(),
    )


def _peak_mib() -> float:
    # Not ru_maxrss, which counts the pages of the parent from before exec.
    status = Path("/proc/self/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


def _print(measurements: list[Measured]) -> None:
    table = Table(title="Validation")
    for column in ("format", "way", "rows", "quarantined", "seconds", "rows/s", "CPU us/row", "peak MiB", "digest"):
        table.add_column(column, justify="left" if column in ("format", "way") else "right")
    for one in measurements:
        table.add_row(
            one.format,
            one.way,
            f"{one.rows:,}",
            f"{one.quarantined:,}",
            f"{one.seconds:.1f}",
            f"{one.rows / one.seconds:,.0f}",
            f"{1e6 * one.cpu_s / one.rows:.1f}",
            f"{one.peak_mib:,.0f}",
            one.digest[:8],
        )
    Console(width=120).print(table)


def main() -> None:
    """Print the table, or what one process of it has measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[ROWS])
    parser.add_argument("--formats", nargs="+", default=["jsonl", "parquet"], choices=["jsonl", "parquet"])
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        path, way = options.measure
        sys.stdout.buffer.write(orjson.dumps(_measure(Path(path), way)))
        return
    found = []
    for number, rows in enumerate(options.rows):
        found += run(rows, options.formats, ("columns",) if number else ("columns", "one by one"))
    _print(found)


if __name__ == "__main__":
    main()
