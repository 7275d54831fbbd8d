"""Exact templates, the net, and templates before the net: `python -m bench.hybrid FOLDER [--rows 300]`.

FOLDER holds a bundle of product `home` (`trunkline export folder`). Test rows of the recipe are asked as they stand,
with one typo, and with one mis-hearing, of vocabularies that training never saw. Templates and net know all names of
these rows, as they would those of a home. *Right* is the intent with all spoken slots as said; *wrong* another intent,
which does harm; what is neither is a right intent with other slots, or no answer.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from rich.console import Console
from rich.table import Table

from schemas.perturb import Perturber, Span
from schemas.recipes.home_assistant import HomeAssistantOptions, home_assistant_rows
from trunkline_edge.services.templates import NAMED_SLOTS, Templates
from trunkline_edge.understanding.names import Entry, Names
from trunkline_edge.understanding.result import Result
from trunkline_edge.understanding.session import open_folder
from trunkline_edge.understanding.text import normalise, split_words

Answer = Callable[[str], Result | None]


@dataclass(frozen=True)
class Asked:
    """A sentence and what it means."""

    text: str
    intent: str
    slots: frozenset[tuple[str, str]]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=300)
    options = parser.parse_args()
    runtime = open_folder(options.folder)
    rows = list(home_assistant_rows(HomeAssistantOptions()))
    perturber = Perturber("held_out", {w.form for r in rows if r["split"] == "train" for w in split_words(r["text"])})
    tests = [row for row in rows if row["split"] == "test"]
    tests = Random(0).sample(tests, min(options.rows, len(tests)))
    names, templates = home_of(tests), Templates(runtime.manifest.lang)
    runtime.know(names)
    templates.know(names, runtime.manifest.names or {}, runtime.lexicon)
    arms: dict[str, Answer] = {
        "templates": lambda text: templates.answer(text, ""),
        "net": runtime.parse,
        "templates, then net": lambda text: templates.answer(text, "") or runtime.parse(text),
    }
    sets = {
        "as they stand": [asked(row["text"], spans_of(row), row["labels"]["intent"]) for row in tests],
        "one typo": perturbed(perturber, "typo", tests),
        "one mis-hearing": perturbed(perturber, "mishearing", tests),
    }
    table = Table(title=f"home, {len(tests)} test rows", title_justify="left")
    for column in ("sentences", "asked", "by", "right", "wrong", "no answer", "p50 ms", "p95 ms"):
        table.add_column(column, justify="left" if column in ("sentences", "by") else "right")
    for name, sentences in sets.items():
        for arm, answer in arms.items():
            table.add_row(name, str(len(sentences)), arm, *measured(answer, sentences))
        table.add_section()
    Console(width=110).print(table)


def spans_of(row: dict[str, Any]) -> tuple[Span, ...]:
    """Return a row's slots."""
    return tuple(Span(each["start"], each["end"], each["label"]) for each in row["labels"]["slots"])


def asked(text: str, spans: Sequence[Span], intent: str) -> Asked:
    """Return a sentence with its meaning in normal form."""
    return Asked(text, intent, frozenset((s.label, normalise(text[s.start : s.end])) for s in spans))


def perturbed(perturber: Perturber, kind: Any, rows: Sequence[dict[str, Any]]) -> list[Asked]:
    """Return the rows in which a change was found."""
    made = [(row, perturber.perturb(kind, row["text"], spans_of(row), Random(i))) for i, row in enumerate(rows)]
    return [asked(each.text, each.spans, row["labels"]["intent"]) for row, each in made if each is not None]


def home_of(rows: Sequence[dict[str, Any]]) -> Names:
    """Return the names of the home in which all these sentences are said."""
    lists: dict[str, dict[str, Entry]] = {"area": {}, "floor": {}, "entity": {}}
    for row in rows:
        for span in spans_of(row):
            said, domain = row["text"][span.start : span.end], row["labels"]["domain"]
            if span.label in NAMED_SLOTS and not (span.label == "name" and domain == "timer"):
                entry_id = f"{domain}.{said}" if span.label == "name" else said
                lists["entity" if span.label == "name" else span.label][entry_id] = Entry(entry_id, (said,))
    return Names({name: tuple(entries.values()) for name, entries in lists.items()})


def measured(answer: Answer, sentences: Sequence[Asked]) -> tuple[str, ...]:
    """Ask one way; returns shares and times."""
    right = wrong = none = 0
    taken = []
    for each in sentences:
        begun = time.perf_counter()
        said = answer(each.text)
        taken.append((time.perf_counter() - begun) * 1e3)
        if said is None or said.rejected or not said.intents:
            none += 1
            continue
        slots = {(s.name, normalise(s.raw)) for intent in said.intents for s in intent.slots if s.raw}
        is_intent = [intent.name for intent in said.intents] == [each.intent]
        right += is_intent and slots == each.slots
        wrong += not is_intent
    taken.sort()
    shares = (f"{100 * count / len(sentences):.1f} %" for count in (right, wrong, none))
    return *shares, f"{taken[len(taken) // 2]:.1f}", f"{taken[int(0.95 * len(taken))]:.1f}"


if __name__ == "__main__":
    main()
