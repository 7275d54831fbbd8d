"""What shipped bundles understand of the public data sets: `make bench-quality`.

Nets are trained, exported and built as `trunkline retrain` does it, with three seeds, and the device runtime asks the
bundles the official test rows. What lies finished in the folder, of the same code, rows and settings, is used again, so
a run that was stopped goes on. Intervals are of 95 %, over rows and seeds (deploy/evaluation/transfer.py).
"""

from __future__ import annotations

import hashlib
import json
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Literal

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from bench.latency import SENTENCES, medians
from bench.mishearing import WIDTH, Asked, asked_rows, held_out_perturber, names_of, outcome
from bench.processes import run_all
from bench.product import bundle_of_net, home_rows
from bench.sizes import Point, draw
from deploy.evaluation.score import score_rows
from deploy.evaluation.transfer import Estimate, corrected, mean_over_seeds, transfer_of
from model.training.loop import train
from schemas.data.dataset import Dataset
from schemas.evaluation.metrics import HeadScore, Scores
from schemas.perturb import Kind, Perturber
from schemas.recipes.home_assistant import SOURCE
from schemas.spec.load import load_spec
from schemas.spec.product import Spec
from schemas.spec.teachers import teachers_of
from tasks.cache.code import code_version
from tasks.steps.score_files import load_scores, save_scores
from trunkline_edge.bundle.files import write_atomic
from trunkline_edge.understanding.result import OUT_OF_SCOPE, SEVERAL
from trunkline_edge.understanding.session import INTENT_HEAD, Runtime, open_folder

SEEDS = (0, 1, 2)
ROOT = Path(__file__).parents[1]
SPECS = ROOT / "bench" / "specs"
CONFIDENCE, RESAMPLES = 0.95, 1_000
WORDS = (5, 12, 30)
"""Lengths of the utterances that are timed."""
TIMED = 500
KINDS: tuple[Kind, ...] = ("typo", "mishearing")
ALONE = ("distill={}", "balance={kind: uncertainty}", "train.epochs=5", "train.keep=last")
"""What makes a set's own net comparable with the one net for all."""
SETS: Mapping[str, tuple[str, ...]] = {
    "atis": (),
    "snips": (),
    "clinc150": (),
    "sentiment": ("trunk.vectors=data/english.safetensors",),
}
"""Data sets of `everything`, with what its trunk has and their own spec lacks."""


@dataclass(frozen=True)
class Product:
    """A net that is measured."""

    spec: Path
    overrides: tuple[str, ...] = ()


def spec_file(name: str) -> Path:
    """Return the file of a spec: of `bench/specs` where it is there, else of `specs`."""
    return SPECS / f"{name}.yaml" if (SPECS / f"{name}.yaml").exists() else ROOT / "specs" / f"{name}.yaml"


def alone(name: str) -> str:
    """Return what the net of one set alone is called."""
    return f"{name}_alone"


PRODUCTS: Mapping[str, Product] = {
    **{name: Product(spec_file(name)) for name in ("atis", "snips", "clinc150", "home", "everything")},
    **{alone(name): Product(spec_file(name), (*ALONE, *more)) for name, more in SETS.items()},
    **{f"{name}_10mb": Product(spec_file(f"{name}-encoder")) for name in ("atis", "snips", "clinc150")},
    **{f"snips_{size}": Product(spec_file(f"snips-{size}")) for size in ("2mb", "5mb")},
    "home_five": Product(spec_file("home-five")),
    **{f"{name}_server": Product(spec_file(f"{name}-server")) for name in ("atis", "snips")},
}
PARTS = {
    "flight_intent": ("atis", "intent"),
    "flight_slots": ("atis", "slots"),
    "music_intent": ("snips", "intent"),
    "music_slots": ("snips", "slots"),
    "intent": ("clinc150", "intent"),
    "domain": ("clinc150", "domain"),
    "sentiment": ("sentiment", "sentiment"),
    "sentiment5": ("sentiment", "sentiment5"),
}
"""Head of `everything` -> the set that labels it, and the head there."""


@dataclass(frozen=True)
class Cell:
    """One bundle of the table."""

    product: str
    seed: int


@dataclass(frozen=True)
class Measured:
    """A bundle and what it answered to the test rows."""

    bundle: Path
    size_bytes: int
    shipped: Mapping[str, str]
    """Graph -> precision."""
    valid: Mapping[str, Mapping[str, float]]
    """Head -> metric -> value on valid rows, of what ships."""
    ids: tuple[str, ...]
    """Of the test rows."""
    intents: tuple[str | None, ...]
    """Labels of the intent head there; none where it has no such head."""
    sources: tuple[str, ...]
    """Where they come from."""

    @cached_property
    def scores(self) -> Scores:
        """On the test rows."""
        return load_scores(self.bundle.parent)

    @property
    def sentences(self) -> HeadScore:
        """Whole sentences: right where every head is."""
        heads = list(self.scores.heads.values())
        return right(np.logical_and.reduce([head.correct for head in heads]), heads[0].rows)

    def intent(self, *, in_scope: bool) -> HeadScore:
        """The intent on rows within scope; or on the others, where rejection is right."""
        score = self.scores.heads[INTENT_HEAD]
        chosen = np.asarray([(self.intents[row] != OUT_OF_SCOPE) == in_scope for row in score.rows])
        return right(score.correct[chosen], score.rows[chosen])

    def single(self, head: str) -> HeadScore:
        """A head on the recipe's single commands: not on what is for nobody, several in one or corrects itself."""
        score = self.scores.heads[head]
        chosen = np.asarray(
            [self.sources[row] == SOURCE and self.intents[row] not in (OUT_OF_SCOPE, SEVERAL) for row in score.rows]
        )
        return replace(score, counts=score.counts[chosen], correct=score.correct[chosen], rows=score.rows[chosen])


def right(correct: NDArray[np.bool_], rows: NDArray[np.int64]) -> HeadScore:
    """Return the score of a head that is right or wrong on each row."""
    return HeadScore("class", correct[:, np.newaxis].astype(np.float64), correct, rows, {}, np.zeros((0, 2)))


def spec_of(cell: Cell, source: Path) -> Spec:
    """Return what a cell trains, its files taken from `source`."""
    product = PRODUCTS[cell.product]
    spec = load_spec(product.spec, overrides=(*product.overrides, f"train.seed={cell.seed}"))
    return with_source(spec, source)


def with_source(spec: Spec, source: Path) -> Spec:
    """Return the spec with its files taken from `source`."""
    data = tuple(each.model_copy(update={"path": source / each.path.name}) if each.path else each for each in spec.data)
    return spec.model_copy(update={"data": data})


def net_of(spec: Spec, dataset: Dataset, folder: Path) -> Path:
    """Train a net and before it its teachers, unless they lie there; returns its folder."""
    code = code_version("model.training.loop")
    place = folder / "nets" / f"{spec.name}-{spec.training_digest()[:12]}-{dataset.digest[:8]}-{code[:8]}"
    teachers = {name: net_of(teacher, dataset, folder) for name, teacher in teachers_of(spec).items()}
    for _ in train(spec, dataset, place, teachers):
        pass
    return place


def measure(cell: Cell, source: Path, folder: Path) -> Measured:
    """Train, export, build and score one bundle, or read what an earlier run found."""
    spec = spec_of(cell, source)
    dataset = home_rows(spec, folder)
    net = net_of(spec, dataset, folder)
    settings = (spec.export.model_dump_json() + spec.reject.model_dump_json()).encode()
    code = code_version("deploy.bundle.build", "deploy.evaluation.score")
    place = net / f"{code[:8]}-{hashlib.sha256(settings).hexdigest()[:8]}"
    bundle, result = place / "bundle", place / "facts.json"
    if not result.exists():
        built = bundle_of_net(net, spec, dataset, place)
        scores = score_rows(open_folder(bundle), dataset.batches("test")).scores
        save_scores(place, scores)
        rows = pl.concat(dataset.batches("test"))
        facts = {
            "size_bytes": built.size_bytes,
            "shipped": dict(built.shipped),
            "valid": built.scores[built.form],
            "ids": rows["id"].to_list(),
            "sources": rows["source"].to_list(),
            "intents": [
                labels[INTENT_HEAD] if INTENT_HEAD in spec.main_heads else None for labels in rows["labels"].to_list()
            ],
        }
        write_atomic(result, json.dumps(facts).encode())
    facts = json.loads(result.read_bytes())
    return Measured(bundle, **facts | {name: tuple(facts[name]) for name in ("ids", "intents", "sources")})


def make_all(cells: Sequence[Cell], source: Path, folder: Path, jobs: int) -> None:
    """Make all bundles, some at a time, each in a process of its own; teachers first, as seeds share them."""

    place = [str(source), "--folder", str(folder)]
    products = dict.fromkeys(cell.product for cell in cells)
    run_all("bench.quality", [[*place, "--teachers", product] for product in products], jobs)
    run_all("bench.quality", [[*place, "--cell", cell.product, str(cell.seed)] for cell in cells], jobs)


def report(measured: Mapping[str, Sequence[Measured]], source: Path, folder: Path) -> list[Table]:
    """Return the tables of bundles, a product's seeds together."""
    tables = [_target_table(measured, source, folder), _bundle_table(measured)]
    if {"everything", *map(alone, SETS)} <= set(measured):
        tables.append(_together_table(measured))
    return tables


def _target_table(measured: Mapping[str, Sequence[Measured]], source: Path, folder: Path) -> Table:
    table = Table("what", "floor", "goal", "reached", "seeds")
    table.title = "shipped bundles on official test rows, %, mean over seeds and 95 % interval"
    for name, what, floor, goal, scores_of in TARGETS:
        if name in measured:
            estimate = mean_over_seeds(
                [scores_of(each) for each in measured[name]], confidence=CONFIDENCE, resamples=RESAMPLES
            )
            seeds = ", ".join(f"{100 * scores_of(each).primary:.1f}" for each in measured[name])
            table.add_row(what, floor, goal, _percent(estimate), seeds)
    if "home" in measured:
        dataset = home_rows(spec_of(Cell("home", SEEDS[0]), source), folder)
        rows, perturber = list(asked_rows(dataset, "test")), held_out_perturber(dataset)
        kinds: tuple[Kind | Literal[""], ...] = ("", *KINDS)
        for kind in kinds:
            found = [_damage(each, rows, perturber, kind) for each in measured["home"]]
            lost, wrong, rejected = zip(*found, strict=True)
            under = f"home, one {kind}" if kind else "home as it stands"
            lines = [("points of intent lost", "6", "3", lost)] if kind else []
            for what, floor, goal, values in [*lines, ("wrong", "1", "1", wrong), ("rejected", "", "", rejected)]:
                seeds = ", ".join(f"{100 * value:.1f}" for value in values)
                table.add_row(f"{under}: {what}", floor, goal, f"{100 * np.mean(values):.1f}", seeds)
    return table


def _damage(
    measured: Measured, rows: Sequence[Asked], perturber: Perturber, kind: Kind | Literal[""]
) -> tuple[float, float, float]:
    """Return the accuracy of the likeliest intent that a perturbation costs, and the shares wrong and rejected.

    Without a kind, sentences stay as they are.
    """
    runtime = open_folder(measured.bundle)
    lost = asked = 0
    outcomes: Counter[str] = Counter()
    for number, row in enumerate(rows):
        made = perturber.perturb(kind, row.text, row.spans, Random(number)) if kind else row
        if made is not None:
            before, after = runtime.parse(row.text), runtime.parse(made.text)
            lost += (names_of(before) == row.intents) - (names_of(after) == row.intents)
            outcomes[outcome(row, after)] += 1
            asked += 1
    return lost / asked, outcomes["wrong"] / asked, outcomes["rejected"] / asked


def _bundle_table(measured: Mapping[str, Sequence[Measured]]) -> Table:
    columns = [f"{words} words: p50 (p95) ms" for words in WORDS]
    shares = [f"{words} words: times its graphs" for words in WORDS]
    table = Table("bundle", "MB", "graphs", *columns, *shares)
    table.title = (
        f"first seed's bundle, one thread, {TIMED} answers a length; text to result, and against the graphs alone"
    )
    for name, (first, *_) in measured.items():
        runtime = open_folder(first.bundle)
        cells = [latency(runtime, SENTENCES[words]) for words in WORDS]
        precisions = ", ".join(f"{graph} {precision}" for graph, precision in first.shipped.items())
        ratios = [f"{times_graphs(runtime, SENTENCES[words]):.2f}" for words in WORDS]
        table.add_row(name, f"{first.size_bytes / 1e6:.1f}", precisions, *cells, *ratios)
    return table


def latency(runtime: Runtime, text: str) -> str:
    """Return median and 95th percentile of many answers to one utterance, in milliseconds."""
    times = []
    for _ in range(TIMED):
        begun = perf_counter()
        runtime.parse(text)
        times.append(1e3 * (perf_counter() - begun))
    p50, p95 = np.percentile(times, [50, 95])
    return f"{p50:.2f} ({p95:.2f})"


def times_graphs(runtime: Runtime, text: str) -> float:
    """Return what an answer takes from text to result, against running its graphs once on what was read."""
    encoding = runtime.featurizer.read(text)
    graphs, whole = medians(lambda: runtime.tensors(encoding), lambda: runtime.parse(text), rounds=TIMED)
    return whole / graphs


def _together_table(measured: Mapping[str, Sequence[Measured]]) -> Table:
    table = Table("head", "one net for all", "a net of its own set", "difference", "beyond chance (Holm)")
    sizes = sum(measured[alone(name)][0].size_bytes for name in SETS)
    table.title = (
        f"one net for four data sets, {measured['everything'][0].size_bytes / 1e6:.1f} MB, against four nets, together "
        f"{sizes / 1e6:.1f} MB; {len(measured['everything'])} seeds, points"
    )
    transfers = []
    for head, (name, theirs) in PARTS.items():
        pairs = list(zip(measured["everything"], measured[alone(name)], strict=True))
        place = {row: number for number, row in enumerate(sorted({*pairs[0][0].ids, *pairs[0][1].ids}))}
        transfers.append(
            transfer_of(
                head,
                [_by_id(whole, head, place) for whole, _ in pairs],
                [_by_id(own, theirs, place) for _, own in pairs],
                confidence=CONFIDENCE,
                resamples=RESAMPLES,
            )
        )
    for each in corrected(transfers, CONFIDENCE):
        finding = "better" if each.is_positive else "worse" if each.is_negative else ""
        table.add_row(each.head, *map(_percent, (each.score, each.baseline, each.difference)), finding)
    table.add_row(
        "mean of the heads", "", "", f"{100 * np.mean([each.difference.value for each in transfers]):.1f}", ""
    )
    return table


def _by_id(measured: Measured, head: str, place: Mapping[str, int]) -> HeadScore:
    """Return a head's score with its rows in the places of their ids: among several data sets their numbers differ."""
    score = measured.scores.heads[head]
    places = np.asarray([place[measured.ids[row]] for row in score.rows])
    order = np.argsort(places)
    return replace(score, counts=score.counts[order], correct=score.correct[order], rows=places[order])


def _percent(estimate: Estimate) -> str:
    return f"{100 * estimate.value:.1f} [{100 * estimate.low:.1f}, {100 * estimate.high:.1f}]"


TARGETS: Sequence[tuple[str, str, str, str, Callable[[Measured], HeadScore]]] = (
    ("atis", "ATIS, whole sentence", "85.0", "87.2", lambda m: m.sentences),
    ("atis_10mb", "ATIS in 10 MB, whole sentence", "87.2", "88.6", lambda m: m.sentences),
    ("atis_server", "ATIS on a server, whole sentence", "87.5", "88.6", lambda m: m.sentences),
    ("atis", "ATIS, intent", "", "", lambda m: m.scores.heads["intent"]),
    ("atis", "ATIS, slot F1", "", "", lambda m: m.scores.heads["slots"]),
    ("snips", "SNIPS, whole sentence", "84.0", "87.3", lambda m: m.sentences),
    ("snips_2mb", "SNIPS in 2 MB, whole sentence", "84.0", "86.0", lambda m: m.sentences),
    ("snips_5mb", "SNIPS in 5 MB, whole sentence", "87.0", "90.0", lambda m: m.sentences),
    ("snips_10mb", "SNIPS in 10 MB, whole sentence", "88.5", "92.8", lambda m: m.sentences),
    ("snips_server", "SNIPS on a server, whole sentence", "90.0", "93.6", lambda m: m.sentences),
    ("snips", "SNIPS, intent", "", "", lambda m: m.scores.heads["intent"]),
    ("snips", "SNIPS, slot F1", "", "", lambda m: m.scores.heads["slots"]),
    ("clinc150", "CLINC150, in scope", "93.5", "96.9", lambda m: m.intent(in_scope=True)),
    ("clinc150", "CLINC150, out of scope: recall", "47.4", "52.3", lambda m: m.intent(in_scope=False)),
    ("clinc150_10mb", "CLINC150 in 10 MB, in scope", "95.5", "96.9", lambda m: m.intent(in_scope=True)),
    ("clinc150_10mb", "CLINC150 in 10 MB, out of scope: recall", "62.0", "75.0", lambda m: m.intent(in_scope=False)),
    ("home", "home, single commands, unseen names: intent", "98.5", "99.5", lambda m: m.single("intent")),
    ("home", "home, single commands, unseen names: slot F1", "96.0", "98.5", lambda m: m.single("slots")),
    ("home", "the same, all rows: intent", "", "", lambda m: m.scores.heads["intent"]),
    ("home", "the same, all rows: slot F1", "", "", lambda m: m.scores.heads["slots"]),
    ("home_five", "home in five languages, single commands: intent", "98.5", "99.5", lambda m: m.single("intent")),
    ("home_five", "home in five languages, single commands: slot F1", "95.0", "98.0", lambda m: m.single("slots")),
    ("home_five", "the same, all rows: intent", "", "", lambda m: m.scores.heads["intent"]),
    ("home_five", "the same, all rows: slot F1", "", "", lambda m: m.scores.heads["slots"]),
)
"""Product, what is measured, floor and goal as set before its first net, and where it is found."""


def _draw_sizes(measured: Mapping[str, Sequence[Measured]], file: Path) -> None:
    """Draw whole sentences of the test rows against the size of what ships."""
    points: dict[str, Point] = {}
    for product, found in measured.items():
        estimate = mean_over_seeds([each.sentences for each in found], confidence=CONFIDENCE, resamples=RESAMPLES)
        size = float(np.mean([each.size_bytes for each in found])) / 1e6
        points[product] = Point(size, estimate)
    draw("what ships: mean of the seeds and 95 % interval", "bundle", "test sentences right", points, file)


def main() -> None:
    parser = ArgumentParser(prog="python -m bench.quality")
    parser.add_argument("source", type=Path, help="folder of the public data sets, e.g. ../shared/data")
    parser.add_argument("--folder", type=Path, default=Path("build/quality"), help="where trainings lie")
    parser.add_argument("--jobs", type=int, default=2, help="trainings at once, one thread each")
    parser.add_argument("--only", nargs="*", default=list(PRODUCTS), choices=list(PRODUCTS))
    parser.add_argument("--seeds", nargs="*", type=int, default=list(SEEDS))
    parser.add_argument("--picture", type=Path, help="file for a picture of size and sentences, of products of one set")
    parser.add_argument("--teachers", help="internal: train the teachers of one product")
    parser.add_argument("--cell", nargs=2, help="internal: make one bundle")
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.teachers:
        spec = spec_of(Cell(options.teachers, 0), options.source)
        if teachers_of(spec):
            dataset = home_rows(spec, options.folder)
            for teacher in teachers_of(spec).values():
                net_of(teacher, dataset, options.folder)
    elif options.cell:
        measure(Cell(options.cell[0], int(options.cell[1])), options.source, options.folder)
    else:
        cells = [Cell(product, seed) for product in options.only for seed in options.seeds]
        make_all(cells, options.source, options.folder, options.jobs)
        measured: dict[str, list[Measured]] = {}
        for cell in cells:
            measured.setdefault(cell.product, []).append(measure(cell, options.source, options.folder))
        for table in report(measured, options.source, options.folder):
            Console(width=WIDTH).print(table)
        if options.picture:
            _draw_sizes(measured, options.picture)


if __name__ == "__main__":
    main()
