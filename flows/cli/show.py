"""`trunkline show`: what a file of rows says, before anything is trained on it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from flows.cli.import_data import read_options
from flows.cli.printing import Span, colours, print_json, shown, shown_in_place, spanned
from schemas.data.infer_spec import infer_spec
from schemas.data.issues import tell_left_out
from schemas.data.sources.records import LeftOut, Record
from schemas.data.sources.registry import read_chunks
from schemas.spec.product import DataSpec, Spec

ROWS = 10
LABELS = 30
"""Of one head, in the table; `--json` has all."""


@dataclass
class Shown:
    """A file of rows, counted."""

    path: str
    format: str | None = None
    rows: int = 0
    unreadable: int = 0
    splits: Counter[str] = field(default_factory=Counter)
    """As the rows say; `none` where they do not, and a hash of the text will."""
    heads: dict[str, str] = field(default_factory=dict)
    """Head -> kind."""
    unlabelled: Counter[str] = field(default_factory=Counter)
    """Head -> rows without a label."""
    labels: dict[str, Counter[str]] = field(default_factory=dict)
    """Head -> label -> rows, of heads of spans: spans."""
    lengths: dict[str, dict[str, int]] = field(default_factory=dict)
    """`characters` and `words` of the texts: least, median, p95, most."""
    left_out: Counter[str] = field(default_factory=Counter)
    """What another tool's file says and rows cannot."""
    examples: list[dict[str, Any]] = field(default_factory=list)


def show_rows(path: Path, format_: str | None, options: list[str], *, as_json: bool) -> None:
    """Print counts, labels, lengths and some rows."""
    source = DataSpec(path=path, format=format_, options=read_options(options))
    spec = infer_spec(path, source)
    found = look_at(spec, spec.data[0])
    if as_json:
        print_json(vars(found))
    else:
        _print(Console(), found)


def look_at(spec: Spec, source: DataSpec) -> Shown:
    """Read all rows once; `spec` says what heads there are. Which rows are examples is always the same."""
    found = Shown(str(source.path), source.format, heads={name: head.kind for name, head in spec.heads.items()})
    found.labels = {name: Counter() for name, kind in found.heads.items() if kind != "score"}
    lengths: dict[str, Counter[int]] = {"characters": Counter(), "words": Counter()}
    rng = Random(0)

    def leave_out(left_out: LeftOut) -> None:
        found.left_out[left_out.what] += left_out.times

    for chunk in read_chunks(spec, source, leave_out):
        for record in chunk:
            if record.row is None or not isinstance(record.row.get("text"), str):
                found.unreadable += 1
                continue
            _count(found, record.row, lengths, source)
            # Each row is among the examples with the same chance (Vitter 1985, algorithm R).
            place = found.rows - 1 if found.rows <= ROWS else rng.randrange(found.rows)
            if place < ROWS:
                found.examples[place : place + 1] = [_example(record, source)]
    found.lengths = {what: _spread(counts) for what, counts in lengths.items()}
    return found


def _count(found: Shown, row: dict[str, Any], lengths: dict[str, Counter[int]], source: DataSpec) -> None:
    found.rows += 1
    found.splits[str(row.get("split") or "none")] += 1
    lengths["characters"][len(row["text"])] += 1
    lengths["words"][len(row["text"].split())] += 1
    labels = _labels(row, source)
    for head, kind in found.heads.items():
        label = labels.get(head)
        if label is None:
            found.unlabelled[head] += 1
        elif kind == "tag" and isinstance(label, list):
            found.labels[head].update(str(span.get("label")) for span in label if isinstance(span, dict))
        elif kind == "multilabel" and isinstance(label, list):
            found.labels[head].update(map(str, label))
        elif kind == "class":
            found.labels[head][str(label)] += 1


def _labels(row: dict[str, Any], source: DataSpec) -> dict[str, Any]:
    """Return the labels of a row by the heads that they belong to."""
    labels = row.get("labels", row)
    return (
        {source.rename.get(name) or name: label for name, label in labels.items()} if isinstance(labels, dict) else {}
    )


def _example(record: Record, source: DataSpec) -> dict[str, Any]:
    assert record.row is not None
    row = record.row
    return {"line": record.line, "file": record.file or None, "text": row["text"], "labels": _labels(row, source)}


def _spread(counts: Counter[int]) -> dict[str, int]:
    """Return least, median, 95th percentile and most of counted lengths."""
    if not counts:
        return {}
    ordered = sorted(counts.items())

    def at(share: float) -> int:
        passed = 0
        for length, times in ordered:
            passed += times
            if passed >= share * counts.total():
                return length
        return ordered[-1][0]

    return {"least": ordered[0][0], "median": at(0.5), "p95": at(0.95), "most": ordered[-1][0]}


def _print(console: Console, found: Shown) -> None:
    splits = ", ".join(f"{split} {rows:,}" for split, rows in sorted(found.splits.items()))
    console.print(shown(f"{found.path}: {found.rows:,} rows (split: {splits or 'none'})"), soft_wrap=True)
    if found.unreadable:
        asked = f"import {found.format}" if found.format else "validate"
        said = f"rows that cannot be read: {found.unreadable:,}; `trunkline {asked} {found.path}` says why"
        console.print(shown(said), soft_wrap=True)
    if found.left_out:
        console.print(shown(f"not carried over: {tell_left_out(found.left_out)}"), soft_wrap=True)
    for what, spread in found.lengths.items():
        console.print(f"{what}: " + ", ".join(f"{name} {value:,}" for name, value in spread.items()), highlight=False)
    console.print(_label_table(found))
    for head, labels in found.labels.items():
        if len(labels) > LABELS:
            console.print(shown(f"{head}: and {len(labels) - LABELS:,} more labels; --json has all"))
    console.print(_example_table(found, coloured=console.color_system is not None))


def _label_table(found: Shown) -> Table:
    table = Table(title="labels", title_justify="left")
    table.add_column("head")
    table.add_column("kind")
    table.add_column("label")
    table.add_column("times", justify="right")
    for head, kind in found.heads.items():
        labels = found.labels.get(head, Counter())
        style = _colours(found, head)
        counted = [(Text(label, style=style.get(label, "")), times) for label, times in labels.most_common(LABELS)]
        if found.unlabelled[head]:
            counted.append((Text("(no label)", style="dim"), found.unlabelled[head]))
        for number, (label, times) in enumerate(counted):
            first = ("", "") if number else (head, kind)
            table.add_row(
                *map(shown, first), shown_in_place(label), f"{times:,}", end_section=number == len(counted) - 1
            )
    return table


def _colours(found: Shown, head: str) -> dict[str, str]:
    if found.heads[head] != "tag":
        return {}
    return colours(found.labels[head])


def _example_table(found: Shown, *, coloured: bool) -> Table:
    """Return a table of rows; where there are no colours, their spans are mark-up."""
    table = Table(title=f"{len(found.examples)} of the rows", title_justify="left")
    table.add_column("line", justify="right")
    table.add_column("text")
    tags = [head for head, kind in found.heads.items() if kind == "tag"]
    others = [head for head in found.heads if head not in tags]
    style = {label: colour for head in tags for label, colour in _colours(found, head).items()}
    for head in others:
        table.add_column(head)
    for row in islice(found.examples, ROWS):
        spans = [span for head in tags for span in _spans(row["labels"].get(head))]
        values = [row["labels"].get(head) for head in others]
        told = [
            "" if value is None else ", ".join(value) if isinstance(value, list) else str(value) for value in values
        ]
        table.add_row(str(row["line"]), spanned(row["text"], spans, style, coloured=coloured), *map(shown, told))
    return table


def _spans(label: Any) -> list[Span]:
    """Return the spans of a label that can be shown."""
    kinds = {"start": int, "end": int, "label": str}
    return [
        (span["start"], span["end"], span["label"])
        for span in (label if isinstance(label, list) else ())
        if isinstance(span, dict) and all(isinstance(span.get(part), kind) for part, kind in kinds.items())
    ]
