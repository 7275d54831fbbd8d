"""Would the device do what was said? `python -m bench.acting [--folder FOLDER]`.

Test rows, whose names no training has seen, are asked as they stand and changed in one way each, by a device that knows
the names of the home in which they are said, and by one that was told none. An answer is right where the intent is
right, every slot has the right value, a named thing its id, and nothing else is filled. Then what an answer takes, and
what looking up names costs, with 0 to 10,000 of them. A training that lies finished in FOLDER is used again.

`--languages en,de,fr,es,nl` trains one net of all of these, and one of each alone by the same recipe, and asks both the
same test rows, language by language.
"""

from __future__ import annotations

import json
import tracemalloc
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from bench.latency import medians
from bench.mishearing import held_out_perturber
from bench.product import HOME, bundle_of, home_parser, home_rows, whole_home
from schemas.data.dataset import Dataset
from schemas.perturb import Kind, Perturber, Span, kinds_of
from schemas.perturb.speech import SPEECH
from schemas.recipes.home_assistant import CORRECTED, SOURCE
from schemas.recipes.strangers import STRANGERS
from schemas.spec.load import load_spec
from trunkline_edge.understanding.names import Entry, Lexicon, Names
from trunkline_edge.understanding.result import OUT_OF_SCOPE, SEVERAL, UNSPOKEN_HEAD, Intent, Result, unspoken_slots
from trunkline_edge.understanding.session import INTENT_HEAD, SLOTS_HEAD, Runtime, open_folder
from trunkline_edge.understanding.text import normalise, split_words

CONDITIONS = ("clean", "one typo", "filler", "dropped word", "polite")
OTHERS_ALONE: Mapping[str, Kind] = {
    "misheard": "mishearing",
    "another word": "substitution",
    "split or joined": "boundary",
    "number otherwise": "number",
    "casing, marks": "casing",
}
"""What else training changes rows by, each alone; asked with `--every`."""
KIND: Mapping[str, Kind] = {"one typo": "typo", "filler": "filler", "dropped word": "function_word", **OTHERS_ALONE}
POLITE = ("might you {}", "{} if you wouldn't mind", "would you kindly {}", "i need you to {}", "{} thank you kindly")
POLITE_ANY = ("{} if possible", "apologies {}", "{} thank you kindly")
"""For questions. No training has heard any of these. English alone is asked so."""
DEVICES = "entity"
"""The list whose things have a domain."""
OTHERS = 30
"""Things in a home that are not spoken of."""
NESTED = 0.5
"""Share of homes that have an area or a thing of a name that stands inside of one that is said."""
TIMED = 200
"""Rows whose answers are timed."""
NAMES = (0, 100, 1_000, 10_000)
WIDTH = 140
"""Of the table of languages, in characters."""
TEXT = "please turn off the small reading lamp in the upstairs guest bedroom now"
"""Twelve words."""


@dataclass(frozen=True)
class Asked:
    """A test row, or what became of it, with the home in which it is said."""

    text: str
    spans: tuple[Span, ...]
    """As they stand in `text`; the label is the place of the span in the row's own."""
    labels: dict[str, Any]
    original: str
    home: Names


def rows_of(
    dataset: Dataset,
    runtime: Runtime,
    wanted: int,
    source: str = SOURCE,
    lang: str | None = None,
    split: str = "test",
) -> list[Asked]:
    """Return rows of one command, one source, and one language or all, each with a made-up home of its own."""
    rows = [
        (text, labels)
        for frame in dataset.batches(split)
        for text, labels, of, said_in in zip(
            frame["text"], frame["labels"].to_list(), frame["source"], frame["lang"], strict=True
        )
        if labels[INTENT_HEAD] not in (OUT_OF_SCOPE, SEVERAL) and of == source and lang in (None, said_in)
    ]
    lists = runtime.manifest.names or {}
    pools: dict[str, list[Entry]] = {name: [] for name in runtime.manifest.name_lists}
    for text, labels in rows:
        for span in labels[SLOTS_HEAD]:
            if span["label"] in lists:
                pools[lists[span["label"]]].append(
                    thing(text[span["start"] : span["end"]], span["label"], labels, lists)
                )
    everything = Lexicon(
        Names({of: tuple({entry.names: entry for entry in entries}.values()) for of, entries in pools.items()}),
        runtime.manifest.name_lists,
    )
    asked = []
    for i, (text, labels) in enumerate(rows[:: max(1, len(rows) // wanted)]):
        spans = tuple(Span(s["start"], s["end"], str(at)) for at, s in enumerate(labels[SLOTS_HEAD]))
        home = _home(text, labels, lists, pools, everything, Random(i))
        asked.append(Asked(text, spans, labels, text, home))
    return asked


def thing(said: str, label: str, labels: Mapping[str, Any], lists: Mapping[str, str]) -> Entry:
    """Return what a span names; as in Home Assistant, the id of a device begins with its domain, "light.desk"."""
    name, of = normalise(said), lists[label]
    return Entry(f"{labels['domain'] if of == DEVICES else of}.{name}", (name,))


def _home(
    text: str,
    labels: Mapping[str, Any],
    lists: Mapping[str, str],
    pools: Mapping[str, Sequence[Entry]],
    everything: Lexicon,
    rng: Random,
) -> Names:
    found: dict[str, dict[str, Entry]] = {name: {} for name in pools}
    for span in labels[SLOTS_HEAD]:
        if span["label"] in lists:
            said = thing(text[span["start"] : span["end"]], span["label"], labels, lists)
            found[lists[span["label"]]][said.names[0]] = said
    if rng.random() < NESTED:
        for match in everything.matches([word.form for word in split_words(text)]):
            # A name that covers another would change what is meant; one inside of another may not.
            name = match.entry.names[0]
            is_inside = any(name in other for names in found.values() for other in names)
            if not match.slips and is_inside and not any(name in names for names in found.values()):
                found[match.list_name][name] = match.entry
    for _ in range(OTHERS):
        list_name = rng.choice(list(pools))
        other = rng.choice(pools[list_name])
        if other.names[0] not in normalise(text):
            found[list_name].setdefault(other.names[0], other)
    return Names({of: tuple(names.values()) for of, names in found.items()})


def fitting(conditions: Sequence[str], lang: str) -> list[str]:
    """Return those of the conditions in which a language can be asked."""
    return [each for each in conditions if lang == "en" or each == "clean" or KIND.get(each) in kinds_of(lang)]


def changed(condition: str, row: Asked, perturber: Perturber, rng: Random) -> Asked | None:
    """Return a row changed in one way; None where it cannot be."""
    if condition == "clean":
        return row
    if condition == "polite":
        is_question = split_words(row.text)[0].form in SPEECH["en"].question_words
        before, _, after = rng.choice(POLITE_ANY if is_question else POLITE).partition("{}")
        spans = tuple(Span(s.start + len(before), s.end + len(before), s.label) for s in row.spans)
        return Asked(f"{before}{row.text.rstrip('.?')}{after}", spans, row.labels, row.original, row.home)
    for _ in range(6):
        made = perturber.perturb(KIND[condition], row.text, row.spans, rng)
        if made is not None and (condition != "dropped word" or len(made.text) < len(row.text)):
            return Asked(made.text, made.spans, row.labels, row.original, row.home)
    return None


def is_right(result: Result, row: Asked, runtime: Runtime, knows: bool) -> bool:
    """Say whether an answer does what the row asks for, and nothing else."""
    return not result.rejected and len(result.intents) == 1 and is_meant(result.intents[0], row, runtime, knows)


def is_meant(intent: Intent, row: Asked, runtime: Runtime, knows: bool) -> bool:
    """Say whether a command is the one that the row asks for."""
    if intent.name != row.labels[INTENT_HEAD]:
        return False
    lists, values = runtime.manifest.names or {}, runtime.values
    assert values is not None
    wanted: Counter[tuple[str, Any]] = Counter()
    for span in row.spans:
        gold = row.labels[SLOTS_HEAD][int(span.label)]
        label = gold["label"]
        if knows and label in lists:
            meant: Any = thing(row.original[gold["start"] : gold["end"]], label, row.labels, lists).id
        elif gold["value"] is not None:
            meant = json.loads(gold["value"])
        else:
            meant = normalise(row.text[span.start : span.end])
        wanted[values.slot_of(label), meant] += 1
    found = Counter((slot.name, slot.id if knows and slot.is_name else slot.value) for slot in intent.slots)
    return wanted == found and unspoken_slots(row.labels[UNSPOKEN_HEAD]) == intent.unspoken


def right_actions(
    runtime: Runtime,
    rows: Sequence[Asked],
    corrected: Sequence[Asked],
    perturber: Perturber,
    conditions: Sequence[str] = CONDITIONS,
) -> Table:
    """Ask everything twice: with the names of each row's home, and with none."""
    table = Table("said", "rows", title=f"right actions of {runtime.manifest.product}, unseen names")
    for knows in ("known", "unknown"):
        for column in ("right", "wrong intent", "rejected"):
            table.add_column(f"{column}\nnames {knows}", justify="right")
    for condition in conditions:
        made = [changed(condition, row, perturber, Random(i)) for i, row in enumerate(rows)]
        asked = [row for row in made if row is not None]
        cells = [cell for knows in (True, False) for cell in _shares(runtime, asked, knows)]
        table.add_row(condition, str(len(asked)), *cells)
    cells = [cell for knows in (True, False) for cell in _shares(runtime, corrected, knows)]
    table.add_row("corrects itself", str(len(corrected)), *cells)
    return table


def _shares(runtime: Runtime, asked: Sequence[Asked], knows: bool) -> Iterator[str]:
    found: Counter[str] = Counter()
    for row in asked:
        runtime.know(row.home if knows else Names({}))
        result = runtime.parse(row.text)
        found["right"] += is_right(result, row, runtime, knows)
        found["rejected"] += result.rejected
        names = [intent.name for intent in result.intents]
        found["wrong"] += not result.rejected and names != [row.labels[INTENT_HEAD]]
    for what in ("right", "wrong", "rejected"):
        yield f"{found[what] / max(1, len(asked)):.1%}"


def answers(runtime: Runtime, rows: Sequence[Asked]) -> Table:
    """Time the answers to rows, each fifty times, with the names of each row's home and with none."""
    table = Table("names", "graphs, us", "answer, us", "times its graphs, p50 and p95", title="p50 of text to result")
    for knows in (True, False):
        timed = []
        for row in rows:
            runtime.know(row.home if knows else Names({}))
            encoding = runtime.featurizer.read(row.text)
            timed.append(medians(partial(runtime.tensors, encoding), partial(runtime.parse, row.text), rounds=50))
        graphs, whole = np.transpose(timed)
        p50, p95 = np.percentile(whole / graphs, (50, 95))
        cells = (f"{np.median(graphs):.0f}", f"{np.median(whole):.0f}", f"{p50:.2f}, {p95:.2f}")
        table.add_row("known" if knows else "none", *cells)
    return table


def cost(runtime: Runtime, dataset: Dataset) -> Table:
    """Time twelve words, and the look-up alone, with more and more names."""
    table = Table("names", "look-up, us", "parse, p50 us", "ready in, ms", "MB", title="what names cost")
    pool = sorted(
        {
            normalise(text[span["start"] : span["end"]])
            for split in ("train", "test")
            for frame in dataset.batches(split)
            for text, labels in zip(frame["text"], frame["labels"].to_list(), strict=True)
            for span in labels[SLOTS_HEAD]
            if span["label"] in (runtime.manifest.names or {})
        }
    )
    Random(0).shuffle(pool)
    pool = [*pool, *(f"{first} {second}" for first, second in pairwise(pool))]
    forms = [word.form for word in split_words(TEXT)]
    lexicons, prepared = [], []
    for count in NAMES:
        names = Names({"entity": tuple(Entry(f"entity.{i}", (name[:100],)) for i, name in enumerate(pool[:count]))})
        begun = perf_counter()
        lexicons.append(Lexicon(names, runtime.manifest.name_lists))
        ready = perf_counter() - begun
        tracemalloc.start()  # apart: it slows down what it watches
        again = Lexicon(names, runtime.manifest.name_lists)
        prepared.append((ready * 1e3, tracemalloc.get_traced_memory()[0] / 1e6))
        tracemalloc.stop()
        del again

    def parse(lexicon: Lexicon) -> None:
        runtime.lexicon = lexicon
        runtime.parse(TEXT)

    looked_up = medians(*(partial(lexicon.tensor, forms) for lexicon in lexicons))
    parsed = medians(*(partial(parse, lexicon) for lexicon in lexicons))
    for count, look_up, whole, (ready, size) in zip(NAMES, looked_up, parsed, prepared, strict=True):
        table.add_row(f"{count:,}", f"{look_up:.0f}", f"{whole:.0f}", f"{ready:.0f}", f"{size:.1f}")
    return table


def by_language(languages: Sequence[str], folder: Path, settings: Sequence[str], wanted: int) -> Table:
    """Train one net of all languages and one of each, and ask both the same rows; finished trainings are used again."""
    table = Table("language", "rows", title="test rows with unseen names: one net of all languages, and one of each")
    for net in ("all", "alone"):
        for column in ("intent", "action,\nnames known", "action,\nunknown", "rejected"):
            table.add_column(f"{net}: {column}", justify="right")

    def made(name: str, spoken: Sequence[str]) -> tuple[Dataset, Runtime]:
        silent = [] if STRANGERS.keys() & {*spoken} else ["data.0.options.outside_share=0"]
        spec = load_spec(HOME, overrides=[*settings, f"data.0.languages=[{','.join(spoken)}]", *silent])
        (folder / name).mkdir(exist_ok=True, parents=True)
        dataset = home_rows(spec, folder / name)
        return dataset, open_folder(bundle_of(spec, dataset, folder / name).folder)

    dataset, together = made("all", languages)
    for lang in languages:
        cells: list[str] = []
        for runtime in (together, made(lang, [lang])[1]):
            asked = rows_of(dataset, runtime, wanted, lang=lang)
            known, unknown = ([_answered(runtime, row, knows) for row in asked] for knows in (True, False))
            found = [
                (intent, right, other[1], rejected)
                for (intent, right, rejected), other in zip(known, unknown, strict=True)
            ]
            cells += [f"{sum(each) / len(asked):.1%}" for each in zip(*found, strict=True)]
        table.add_row(lang, str(len(asked)), *cells)
    return table


def _answered(runtime: Runtime, row: Asked, knows: bool) -> tuple[bool, bool, bool]:
    """Ask one row; say whether its intent is right and accepted, whether all of it is, and whether it was rejected."""
    runtime.know(row.home if knows else Names({}))
    result = runtime.parse(row.text)
    has_intent = not result.rejected and [each.name for each in result.intents] == [row.labels[INTENT_HEAD]]
    return has_intent, is_right(result, row, runtime, knows), result.rejected


def main(arguments: Sequence[str] | None = None) -> None:
    parser = home_parser("python -m bench.acting", rows=1_000)
    parser.add_argument("--languages", help="compare one net of these with one of each, e.g. en,de,fr,es,nl")
    parser.add_argument("--every", action="store_true", help="also in every other way that training changes rows")
    options = parser.parse_args(arguments)
    if options.languages:
        with TemporaryDirectory() as scratch:
            folder = options.folder or Path(scratch)
            Console(width=WIDTH).print(by_language(options.languages.split(","), folder, options.set, options.rows))
        return
    with whole_home(options) as (dataset, bundle):
        runtime = open_folder(bundle)
        lang = runtime.manifest.lang
        rows, corrected = (rows_of(dataset, runtime, options.rows, source) for source in (SOURCE, CORRECTED))
        every = (*CONDITIONS, *OTHERS_ALONE) if options.every else CONDITIONS
        perturber = held_out_perturber(dataset, lang)
        Console().print(right_actions(runtime, rows, corrected, perturber, fitting(every, lang)))
        Console().print(answers(runtime, rows[:TIMED]))
        Console().print(cost(runtime, dataset))


if __name__ == "__main__":
    main()
