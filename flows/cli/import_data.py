"""`trunkline import`: another tool's files as JSON Lines, and what could not be carried over."""

from __future__ import annotations

import sys
from collections import Counter
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TextIO

import orjson
from rich.console import Console

from flows.cli.out_file import opened_whole
from flows.cli.printing import print_json, shown
from schemas.data.issues import tell_left_out
from schemas.data.sources.records import DataRefused, LeftOut, Record
from schemas.data.sources.registry import read
from schemas.errors import UserError
from schemas.spec.bounded_yaml import parse_yaml
from schemas.spec.product import DataSpec

SHOWN_FAULTS = 10


@dataclass(frozen=True)
class Fault:
    """An utterance that could not be read."""

    file: str
    line: int
    message: str


@dataclass(frozen=True)
class Imported:
    """What became of another tool's files."""

    format: str
    path: str
    out: str | None
    rows: int
    unreadable: int
    faults: tuple[Fault, ...]
    """The first of the unreadable."""
    left_out: dict[str, int]
    """What has no place in rows -> how often."""


def run_import(
    format_: str, path: Path, out: Path | None, options: list[str], rename: list[str], *, as_json: bool
) -> None:
    """Write the rows to `out`, or print them, and tell what was left out; rows printed, that goes to stderr."""
    source = DataSpec(path=path, format=format_, options=read_options(options), rename=dict(map(_pair, rename)))
    with nullcontext(sys.stdout) if out is None else opened_whole(out) as target:
        done = import_rows(source, target, out)
        if not done.rows:
            first = f"; the first: {_told(done.faults[0])}" if done.faults else ""
            raise DataRefused(f"{path}: no utterance could be read as {format_}{first}")
    if as_json and out is None:
        print(orjson.dumps(asdict(done)).decode(), file=sys.stderr)
    elif as_json:
        print_json(asdict(done))
    else:
        _show(Console(stderr=out is None), done)


def import_rows(source: DataSpec, target: TextIO, out: Path | None) -> Imported:
    """Write each row as a line of JSON."""
    left_out: Counter[str] = Counter()

    def leave_out(found: LeftOut) -> None:
        left_out[found.what] += found.times

    n_rows = n_unreadable = 0
    faults: list[Fault] = []
    for record in read(source, {}, leave_out):
        if record.row is None:
            n_unreadable += 1
            if len(faults) < SHOWN_FAULTS:
                faults.append(Fault(_file(source, record), record.line, record.message))
            continue
        n_rows += 1
        target.write(orjson.dumps(_renamed(record.row, source.rename)).decode() + "\n")
    where = None if out is None else str(out)
    return Imported(str(source.format), str(source.path), where, n_rows, n_unreadable, tuple(faults), dict(left_out))


def _renamed(row: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """Return the row without what is null, its heads renamed."""
    labels = {names.get(head, head): label for head, label in (row.get("labels") or {}).items()}
    kept = {name: value for name, value in row.items() if value is not None and name != "labels"}
    return {**kept, "labels": labels}


def _file(source: DataSpec, record: Record) -> str:
    return f"{source.path}/{record.file}" if record.file else str(source.path)


def read_options(given: list[str]) -> dict[str, Any]:
    """Return the options of a format, given as NAME=VALUE with the value in YAML."""
    return {name: parse_yaml(value, f"--option {name}").value for name, value in map(_pair, given)}


def _pair(given: str) -> tuple[str, str]:
    name, equals, value = given.partition("=")
    if not name or not equals:
        raise UserError(f"{given:.80}: expected NAME=VALUE")
    return name, value


def _show(console: Console, done: Imported) -> None:
    where = f" in {done.out}" if done.out else ""
    _say(console, f"{done.rows:,} rows{where}")
    if done.left_out:
        _say(console, f"not carried over: {tell_left_out(done.left_out)}")
    if done.unreadable:
        _say(console, f"utterances that could not be read ({done.unreadable:,}):")
        for fault in done.faults:
            _say(console, f"  {_told(fault)}")
    if done.out:
        _say(console, f"Look at them: trunkline show {done.out}")


def _told(fault: Fault) -> str:
    return f"{fault.file} line {fault.line}: {fault.message}"


def _say(console: Console, text: str) -> None:
    console.print(shown(text), soft_wrap=True, highlight=False)
