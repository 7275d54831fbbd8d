"""Does the device leave alone what is not for it, and halve nothing? `python -m bench.talk [--folder FOLDER]`.

Outside text that no training and no calibration has seen: of an English home CLINC150's out-of-scope rows and the rows
of its domains that a home has nothing of, and film reviews; of every home the held-out half of
`schemas.perturb.outside` (English), the test rows that are for nobody, commands of test rows that are forbidden, or
not to be carried out in whole, and talk about the things of their homes, in words that no train row has. Then test
rows, joined in twos and threes, and with one command of two and three things; and, over thresholds, the commands that
are turned down or misunderstood against what gets in.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from bench.acting import CONDITIONS, Asked, changed, fitting, is_meant, rows_of, thing
from bench.mishearing import held_out_perturber
from bench.product import home_parser, whole_home
from schemas.data.dataset import Dataset
from schemas.perturb.outside import OUTSIDE
from schemas.recipes.about import about
from schemas.recipes.compounds import join, may_begin, share
from schemas.recipes.forbidden import forbidden
from trunkline_edge.understanding.names import Names
from trunkline_edge.understanding.result import OUT_OF_SCOPE, Result
from trunkline_edge.understanding.session import INTENT_HEAD, SLOTS_HEAD, Runtime, open_folder

FOREIGN = ("banking", "credit_cards", "travel", "kitchen_and_dining", "auto_and_commute", "work")
"""Domains of CLINC150 of which a home has nothing; some of their rows (shopping lists, timers) are its own, and left
out by `HOMELY`."""
HOMELY = frozenset(
    {"shopping_list", "shopping_list_update", "todo_list", "todo_list_update", "order", "timer", "alarm"}
)
OUTSIDE_ROWS = 600
"""Asked of each source at most."""
THRESHOLDS = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.97, 0.98, 0.99, 0.992, 0.995)


def outside_texts(
    rows: Sequence[Asked], runtime: Runtime, dataset: Dataset, data: Path | None
) -> Iterator[tuple[str, list[tuple[str, Names | None]]]]:
    """Yield sources with their texts, none of which a training has seen, each with its home if it speaks of one."""
    if data is not None:
        yield from ((source, _anywhere(texts)) for source, texts in _public_texts(data))
    for kind, texts in OUTSIDE["held_out"].items():
        yield f"ours: {kind.replace('_', ' ')}", _anywhere(texts)
    talk = (
        text
        for frame in dataset.batches("test")
        for text, labels in zip(frame["text"], frame["labels"].to_list(), strict=True)
        if labels[INTENT_HEAD] == OUT_OF_SCOPE and not labels[SLOTS_HEAD]
    )
    yield "test rows: talk", _anywhere(talk)
    yield "test rows, forbidden", list(forbidden_rows(rows, runtime))
    yield "talk about things of the home", list(about_rows(rows, runtime))


def _anywhere(texts: Iterable[str]) -> list[tuple[str, Names | None]]:
    return [(text, None) for text in texts]


def forbidden_rows(rows: Sequence[Asked], runtime: Runtime) -> Iterator[tuple[str, Names]]:
    """Yield commands that are not to be carried out, or not in whole, each with the home in which it is said."""
    lists, things = runtime.manifest.names or {}, _things(rows, runtime)
    for i, row in enumerate(rows):
        rng = Random(i)
        said = forbidden(
            (row.text, _placed(row)),
            lambda label, row=row, rng=rng: (  # type: ignore[misc]
                _another(things, label, row, rng) or rng.choice(things["area", ""])
            ),
            runtime.manifest.lang,
            "test",
            rng,
        )
        if said is not None:
            text, spans = said
            home = row.home
            for start, end, label, _ in spans[len(row.spans) :]:
                home = _both(home, Names({lists[label]: (thing(text[start:end], label, row.labels, lists),)}))
            yield text, home


def about_rows(rows: Sequence[Asked], runtime: Runtime) -> Iterator[tuple[str, Names]]:
    """Yield talk about things of the homes of test rows, each with its home, in sentences that no train row has."""
    slots = {name: slot for slot, name in (runtime.manifest.names or {}).items()}
    for i, row in enumerate(rows):
        rng = Random(i)
        things = [
            (slots[name], entry) for name, entries in row.home.lists.items() for entry in entries if name in slots
        ]
        label, entry = rng.choice(things)
        yield about(label, entry.names[0].lower(), runtime.manifest.lang, "test", rng)[0], row.home


def _public_texts(data: Path) -> Iterator[tuple[str, list[str]]]:
    clinc = [json.loads(line) for line in (data / "clinc150.jsonl").read_text().splitlines()]
    labelled = [(row["text"], row["labels"]) for row in clinc if row["split"] == "test"]
    yield "CLINC150, out of scope", _some([text for text, labels in labelled if labels["intent"] == OUT_OF_SCOPE])
    yield (
        "CLINC150, other domains",
        _some([text for text, labels in labelled if labels["domain"] in FOREIGN and labels["intent"] not in HOMELY]),
    )
    reviews = [json.loads(line) for line in (data / "sentiment.jsonl").read_text().splitlines()]
    yield "film reviews", _some([row["text"] for row in reviews if row["split"] == "test"])


def _some(texts: list[str]) -> list[str]:
    return Random(0).sample(texts, min(OUTSIDE_ROWS, len(texts)))


def refusals(runtime: Runtime, rows: Sequence[Asked], dataset: Dataset, data: Path | None) -> Table:
    """Ask everything that is not for a home."""
    home = rows[0].home
    table = Table("outside", "texts", "accepted, no names", "accepted, names known", title="what gets in")
    for source, texts in outside_texts(rows, runtime, dataset, data):
        shares = []
        for knows in (False, True):
            accepted = 0
            for text, own in texts:
                runtime.know((own or home) if knows else Names({}))
                accepted += not runtime.parse(text).rejected
            shares.append(f"{accepted / max(1, len(texts)):.1%}")
        table.add_row(source, str(len(texts)), *shares)
    return table


def compounds(runtime: Runtime, rows: Sequence[Asked]) -> Table:
    """Ask several commands in one breath, in the homes of all."""
    table = Table("compounds", "asked", "all right", "halved", "otherwise wrong", "rejected", title="several commands")
    kinds = {
        f"{count} {what}": make(rows, runtime, count)
        for what, make in (("rows joined", joined), ("things of one command", of_several))
        for count in (2, 3)
    }
    for kind, made in kinds.items():
        for knows in (True, False):
            found: Counter[str] = Counter()
            for text, home, commands in made:
                runtime.know(home if knows else Names({}))
                found[outcome(runtime.parse(text), commands, runtime, knows)] += 1
            shares = (f"{found[what] / max(1, len(made)):.1%}" for what in ("right", "halved", "wrong", "rejected"))
            table.add_row(f"{kind}, names {'known' if knows else 'unknown'}", str(len(made)), *shares)
    return table


Compound = tuple[str, Names, list[Asked]]
"""Text, home, and the commands that are meant."""


def joined(rows: Sequence[Asked], runtime: Runtime, count: int) -> list[Compound]:
    """Say rows in one breath; three are a list with a comma."""
    made: list[Compound] = []
    for i, first in enumerate(rows):
        rng = Random(i)
        said, text, home = [first], first.text, first.home
        while len(said) < count and may_begin(_placed(said[-1])):
            following = rng.choice(rows)
            between = ", " if len(said) + 1 < count else ""
            text, _ = join((text, ()), (following.text, ()), runtime.manifest.lang, rng, between)
            home = _both(home, following.home)
            said.append(following)
        if len(said) == count:
            made.append((text, home, said))
    return made


def of_several(rows: Sequence[Asked], runtime: Runtime, count: int) -> list[Compound]:
    """Let one command be of several things."""
    lists, things = runtime.manifest.names or {}, _things(rows, runtime)
    made: list[Compound] = []
    for i, row in enumerate(rows):
        rng = Random(i)
        said = share(
            (row.text, _placed(row)),
            lambda label, row=row, rng=rng: _another(things, label, row, rng),  # type: ignore[misc]
            runtime.manifest.lang,
            rng,
            count,
        )
        if said is None:
            continue
        text, spans = said
        at = next(k for k, (one, other) in enumerate(pairwise(spans)) if one[2] == other[2] and one[2] in lists)
        label, home, commands = spans[at][2], row.home, [row]
        for start, end, *_ in spans[at + 1 : at + count]:
            home = _both(home, Names({lists[label]: (thing(text[start:end], label, row.labels, lists),)}))
            commands.append(_of_another(row, at, text[start:end]))
        made.append((text, home, commands))
    return made


Things = dict[tuple[str, str], list[str]]
"""Label of a span, and the domain where it is a name -> the texts of all rows' spans."""


def _things(rows: Sequence[Asked], runtime: Runtime) -> Things:
    things: Things = {}
    for row in rows:
        for start, end, label, _ in _placed(row):
            if label in (runtime.manifest.names or {}):
                things.setdefault(_kind(label, row), []).append(row.text[start:end])
    return things


def _another(things: Things, label: str, row: Asked, rng: Random) -> str:
    """Draw a thing of the kind that a row's own is of; nothing where there is none."""
    return rng.choice(things.get(_kind(label, row), [""]))


def _kind(label: str, row: Asked) -> tuple[str, str]:
    return label, row.labels["domain"] if label == "name" else ""


def _of_another(row: Asked, at: int, new: str) -> Asked:
    """Return the command of a row with another thing in place of its span `at`."""
    start, end, *_ = row.spans[at]
    text = row.text[:start] + new + row.text[end:]
    grown = len(new) - (end - start)
    slots = [dict(slot) for slot in row.labels[SLOTS_HEAD]]
    for k, slot in enumerate(slots):
        if k >= at:
            slot["end"] += grown
        if k > at:
            slot["start"] += grown
    spans = (span._replace(start=slot["start"], end=slot["end"]) for span, slot in zip(row.spans, slots, strict=True))
    return Asked(text, tuple(spans), {**row.labels, SLOTS_HEAD: slots}, text, row.home)


def _placed(row: Asked) -> list[tuple[int, int, str, None]]:
    return [(span.start, span.end, row.labels[SLOTS_HEAD][int(span.label)]["label"], None) for span in row.spans]


def _both(first: Names, second: Names) -> Names:
    lists = {**first.lists, **{name: () for name in second.lists if name not in first.lists}}
    return Names(
        {
            name: tuple({entry.id: entry for entry in (*entries, *second.lists.get(name, ()))}.values())
            for name, entries in lists.items()
        }
    )


def outcome(result: Result, commands: list[Asked], runtime: Runtime, knows: bool) -> str:
    """Say what became of several commands: right, halved, wrong or rejected."""
    if result.rejected:
        return "rejected"
    if len(result.intents) < len(commands):
        return "halved"
    pairs = zip(result.intents, commands, strict=False)
    is_right = len(result.intents) == len(commands) and all(is_meant(*pair, runtime, knows) for pair in pairs)
    return "right" if is_right else "wrong"


def operating_curve(folder: Path, rows: Sequence[Asked], dataset: Dataset, data: Path | None) -> Table:
    """Ask commands and strangers' sentences once, and count at each threshold."""
    shipped = open_folder(folder)
    chosen = next(head.threshold for head in shipped.manifest.heads if head.name == INTENT_HEAD)
    heads = tuple(replace(head, threshold=0.0) if head.name == INTENT_HEAD else head for head in shipped.manifest.heads)
    runtime = Runtime(replace(shipped.manifest, heads=heads), lambda entry: folder / entry.name)
    lang = shipped.manifest.lang
    perturber = held_out_perturber(dataset, lang)
    table = Table("threshold", title="turned down / misunderstood, names known; outside accepted")
    columns: list[tuple[str, Any, Any]] = []
    for condition in fitting(CONDITIONS, lang):
        sure, right = [], []
        for i, row in enumerate(rows):
            asked = changed(condition, row, perturber, Random(i))
            if asked is not None:
                runtime.know(asked.home)
                result = runtime.parse(asked.text)
                sure.append(_sure(runtime, result))
                right.append([intent.name for intent in result.intents] == [row.labels[INTENT_HEAD]])
        columns.append((condition, np.asarray(sure), np.asarray(right)))
    runtime.know(Names({}))
    strangers = [
        (source, np.asarray([_sure(runtime, runtime.parse(text)) for text, _ in texts]))
        for source, texts in outside_texts(rows, runtime, dataset, data)
        if texts
    ]
    for name in [*(column[0] for column in columns), *(source for source, _ in strangers)]:
        table.add_column(name, justify="right")
    for threshold in sorted({*THRESHOLDS, round(chosen, 3)}):
        cells = [
            f"{(sure < threshold).mean():.1%} / {((sure >= threshold) & ~right).mean():.1%}"
            for _, sure, right in columns
        ]
        cells += [f"{(sure >= threshold).mean():.1%}" for _, sure in strangers]
        table.add_row(f"{threshold}{' (shipped)' if threshold == round(chosen, 3) else ''}", *cells)
    return table


def _sure(runtime: Runtime, result: Result) -> float:
    """How sure the answer is as one command; below every threshold where it was turned down for what it is."""
    return -1.0 if result.rejected else runtime.sure(runtime.hear(result.text))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = home_parser("python -m bench.talk", rows=700)
    parser.add_argument("--data", type=Path, help="folder of clinc150.jsonl and sentiment.jsonl, for an English home")
    options = parser.parse_args(arguments)
    with whole_home(options) as (dataset, bundle):
        runtime = open_folder(bundle)
        rows = rows_of(dataset, runtime, options.rows)
        console = Console(width=200)
        console.print(compounds(runtime, rows))
        console.print(refusals(runtime, rows, dataset, options.data))
        console.print(operating_curve(bundle, rows, dataset, options.data))


if __name__ == "__main__":
    main()
