"""What typos, mis-hearings and strangers' talk do to a product: `python -m bench.mishearing [SPEC --data PATH]`.

Two bundles of the same spec, trained without and with perturbed rows, are asked test rows as they stand and perturbed
with vocabularies that training never saw. A rejected utterance is asked again; one that is misunderstood does harm: so
the two are told apart. Trainings that lie finished in `TRUNKLINE_BENCH` (default: a temporary folder) are used again.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.product import bundle_of, home_rows, home_spec
from schemas.data.dataset import Dataset
from schemas.evaluation.metrics import score_head
from schemas.perturb import Perturber, Span, kinds_of
from schemas.perturb.outside import OUTSIDE
from schemas.spec.load import load_spec
from schemas.spec.product import Spec
from trunkline_edge.understanding.commands import pieces
from trunkline_edge.understanding.result import OUT_OF_SCOPE, SEVERAL, Result
from trunkline_edge.understanding.session import INTENT_HEAD, SLOTS_HEAD, Runtime, open_folder
from trunkline_edge.understanding.text import split_words

AUGMENT = 0.5
QUICK = (8_000, 3)
"""Rows and epochs of home where no spec is given."""
ROWS = 2_000
"""Test rows that are asked; of longer splits each n-th."""
PAIRS = 500
"""Of rows that are joined by "and"."""
WIDTH = 120
"""Of the printed tables, in characters, also where they go into a file."""


@dataclass(frozen=True)
class Asked:
    """A test row, or what became of it."""

    text: str
    spans: tuple[Span, ...]
    intents: tuple[str, ...]
    """Of the commands in it, in order."""


def run(runtime: Runtime, dataset: Dataset, title: str) -> Table:
    """Ask one bundle everything; returns the table."""
    split = "test" if dataset.counts.get("test") else "valid"
    rows = list(asked_rows(dataset, split))
    perturber = held_out_perturber(dataset, runtime.manifest.lang)
    table = Table(title=title)
    for column in (
        "perturbed by",
        "rows",
        "accuracy",
        "perturbed",
        "right",
        "wrong",
        "rejected",
        "slot F1",
        "perturbed",
    ):
        table.add_column(column, justify="left" if column == "perturbed by" else "right")
    table.add_row("nothing", *_cells(runtime, rows, rows))
    for kind in kinds_of(runtime.manifest.lang):
        pairs = [(row, perturber.perturb(kind, row.text, row.spans, Random(i))) for i, row in enumerate(rows)]
        changed = [(row, Asked(made.text, made.spans, row.intents)) for row, made in pairs if made is not None]
        if changed:
            table.add_row(kind, *_cells(runtime, *zip(*changed, strict=True)))
    table.add_section()
    single = [row for row in rows if len(pieces(row.text, runtime.manifest.lang)) > 1]
    plain = [row for row in rows if row not in single]
    joined = [_joined(perturber, plain, Random(i)) for i in range(PAIRS if len(plain) > 1 else 0)]
    table.add_row("two commands joined", *_cells(runtime, joined, joined))
    table.add_row('one command with "and"', *_cells(runtime, single, single))
    table.add_section()
    for name, texts in OUTSIDE["held_out"].items():
        rejected = sum(runtime.parse(text).rejected for text in texts)
        shares = ("", "", "", f"{1 - rejected / len(texts):.1%}", f"{rejected / len(texts):.1%}", "", "")
        table.add_row(f"(outside: {name.replace('_', ' ')})", str(len(texts)), *shares)
    return table


def _cells(runtime: Runtime, before: Iterable[Asked], after: Iterable[Asked]) -> Iterator[str]:
    """Yield rows, accuracy before and after, shares right, wrong and rejected, slot F1 before and after."""
    before, after = list(before), list(after)
    first, second = ([runtime.parse(row.text) for row in rows] for rows in (before, after))
    yield str(len(after))
    for rows, results in ((before, first), (after, second)):
        likeliest = [names_of(result) == row.intents for row, result in zip(rows, results, strict=True)]
        yield f"{sum(likeliest) / max(1, len(rows)):.1%}"
    found = Counter(outcome(row, result) for row, result in zip(after, second, strict=True))
    for what in ("right", "wrong", "rejected"):
        yield f"{found[what] / max(1, len(after)):.1%}"
    for rows, results in ((before, first), (after, second)):
        has_slots = any(head.name == SLOTS_HEAD for head in runtime.manifest.heads)
        yield f"{_slot_f1(rows, results):.3f}" if has_slots else ""


def outcome(row: Asked, result: Result) -> str:
    """Say what became of a command: right, wrong or rejected."""
    if result.rejected:
        return "rejected"
    return "right" if names_of(result) == row.intents else "wrong"


def names_of(result: Result) -> tuple[str, ...]:
    """Return the intents of an answer, whether or not it was rejected."""
    return tuple(intent.name for intent in result.intents)


def _slot_f1(rows: list[Asked], results: list[Result]) -> float:
    found = [
        [(s.start, s.end, s.label or s.name) for intent in result.intents for s in intent.slots] for result in results
    ]
    return score_head("tag", [[tuple(span) for span in row.spans] for row in rows], found).primary


def _joined(perturber: Perturber, rows: list[Asked], rng: Random) -> Asked:
    """Say two rows as one."""
    first, second = rng.sample(rows, 2)
    made = perturber.join((first.text, first.spans), (second.text, second.spans), rng)
    return Asked(made.text, made.spans, (*first.intents, *second.intents))


def held_out_perturber(dataset: Dataset, lang: str = "en") -> Perturber:
    """Return what perturbs by vocabularies that training never saw."""
    return Perturber("held_out", {word.form for text in _texts(dataset, "train") for word in split_words(text)}, lang)


def asked_rows(dataset: Dataset, split: str) -> Iterator[Asked]:
    """Yield the rows of a split that are one command in scope: what several are together, no row says."""
    step = max(1, dataset.counts[split] // ROWS)
    labels: list[dict[str, Any]] = [each for frame in dataset.batches(split) for each in frame["labels"].to_list()]
    for text, label in list(zip(_texts(dataset, split), labels, strict=True))[::step]:
        if label[INTENT_HEAD] not in (None, OUT_OF_SCOPE, SEVERAL):
            spans = tuple(Span(s["start"], s["end"], s["label"]) for s in label.get(SLOTS_HEAD) or ())
            yield Asked(text, spans, (label[INTENT_HEAD],))


def _texts(dataset: Dataset, split: str) -> Iterator[str]:
    for frame in dataset.batches(split):
        yield from frame["text"]


def compare(spec: Spec, folder: Path) -> Iterator[Table]:
    """Train a spec without and with augmentation, and ask both."""
    dataset = home_rows(spec, folder)
    for share in (0.0, AUGMENT):
        one = spec.model_copy(update={"train": spec.train.model_copy(update={"augment": share})})
        built = bundle_of(one, dataset, folder / f"{spec.name}-augment-{share}")
        reasons = [reason for reason in built.reasons if reason.startswith(f"{INTENT_HEAD}: rejected")]
        yield run(open_folder(built.folder), dataset, "\n".join([f"{spec.name}, train.augment={share}", *reasons]))


def main(arguments: Sequence[str] = ()) -> None:
    parser = ArgumentParser(prog="python -m bench.mishearing")
    parser.add_argument("spec", nargs="?", type=Path, help="default: home with few rows and epochs")
    parser.add_argument("--data", action="append", type=Path, default=[], help="file in place of the spec's data")
    parser.add_argument("--set", action="append", default=[], help="field of the spec, e.g. train.epochs=3")
    parser.add_argument("--folder", type=Path, help="where trainings lie; finished ones are used again")
    options = parser.parse_args(arguments)
    spec = load_spec(options.spec, data=options.data, overrides=options.set) if options.spec else home_spec(*QUICK)
    with TemporaryDirectory() as folder:
        for table in compare(spec, options.folder or Path(folder)):
            Console(width=WIDTH).print(table)


if __name__ == "__main__":
    main(sys.argv[1:])
