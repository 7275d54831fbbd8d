"""Every sharing, balance and prior kind on one mix: `python -m bench.kinds bench/specs/music.yaml`.

Variants are those of the spec, and each kind that these leave out, with its defaults. Rates, seeds and budget are
those of `trunkline compare`: every net, alone or shared, takes the learning rate that is best on valid rows. To afford
some forty nets, scores are those of the fp32 nets, and only nets that differ in their layers are shipped, once, to be
weighed and timed. Trainings and bundles lie in the step cache: the same command goes on where it stopped, and prints
the table in Markdown.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from pydantic import TypeAdapter

from deploy.bundle.built import Built
from deploy.evaluation.comparison import SETTLED
from deploy.evaluation.cost import median_ms
from deploy.evaluation.transfer import Transfer, corrected, mean_gain, transfer_of
from model.data.batches import encode
from model.training.cost import measure_steps
from model.training.device import choose_compute
from model.training.evaluate import score_net
from model.training.failed import TrainingDiverged
from model.training.finished import load_net, read_history
from schemas.data.dataset import Dataset
from schemas.evaluation.metrics import HeadScore
from schemas.spec.balance import BalanceSpec
from schemas.spec.compare import VariantSpec
from schemas.spec.load import load_spec
from schemas.spec.product import Spec
from schemas.spec.sharing import Prior, SharingSpec
from schemas.spec.variants import HARD, Trial, Trials, alone, plan_trials
from tasks.chain import TRAINING, walk
from tasks.records import Trained, Validated
from tasks.rows import open_data, validate
from tasks.settings import Settings
from tasks.trials.run import best_rate
from trunkline_edge.understanding.session import open_folder

TIMED_TEXTS = 200
MILLION = 1e6


ON_ENCODERS = ("low_rank",)
"""Kinds that adapt attention layers, of which a compact trunk has none."""


def kinds_of(section: Any) -> tuple[str, ...]:
    """Return what `kind` can be in a section of the spec."""
    return tuple(TypeAdapter(section).json_schema()["discriminator"]["mapping"])


def with_all_kinds(spec: Spec) -> Spec:
    """Return the spec with a variant for each kind that its own leave out: sharing, then priors, then balances."""
    variants = spec.compare.variants
    covered = {each.sharing.kind for each in variants.values() if each.sharing}
    made: dict[str, Any] = {
        kind: {"sharing": {"kind": kind}}
        for kind in kinds_of(SharingSpec)
        if kind not in (HARD, *ON_ENCODERS, *covered)
    }
    made |= {kind: {"sharing": {"kind": HARD, "prior": {"kind": kind}}} for kind in kinds_of(Prior)}
    made |= {kind: {"balance": {"kind": kind}} for kind in kinds_of(BalanceSpec) if kind != "equal"}
    all_of_them = variants | {name: VariantSpec.model_validate(fields) for name, fields in made.items()}
    return spec.model_copy(update={"compare": spec.compare.model_copy(update={"variants": all_of_them})})


@dataclass(frozen=True)
class Learned:
    """A net at the learning rate that suits it."""

    net: Trial
    rate: float
    specs: tuple[Spec, ...]
    """Of its seeds, in order."""
    folders: tuple[Path, ...]
    """Of its seeds' trainings."""

    @property
    def rise(self) -> float:
        """Of the valid score over the last third of the epochs, mean over the seeds."""
        histories = [[epoch.score for epoch in read_history(folder)] for folder in self.folders]
        return float(np.mean([scores[-1] - scores[-1 - math.ceil(len(scores) / 3)] for scores in histories]))


def learn(trials: Trials, data: Validated, minutes: float) -> Iterator[Learned]:
    """Train each net at each rate, and at its best one with the other seeds; baselines and `hard` come first.

    A net of which a training at its best rate diverges is told, and left out. So are those for which no time is left.
    """
    cache, until = Settings.from_environment().cache, time.monotonic() + 60 * minutes
    for net in sorted(trials.nets, key=lambda net: not net.is_baseline and net.name != HARD):
        if time.monotonic() > until:
            print(f"{net.name}: left out, no time", file=sys.stderr)
            continue
        begun = time.process_time()
        rate = best_rate({rate: _score(net.at(rate, trials.seeds[0]), data) for rate in trials.rates})
        each = trials.of(net, {net.name: rate})
        try:
            made = [_trained(trial, data) for trial in each]
        except TrainingDiverged as error:
            print(f"{net.name}: left out, {error}", file=sys.stderr)
            continue
        print(f"{net.name}: rate {rate:g}, {time.process_time() - begun:.0f} s", file=sys.stderr, flush=True)
        yield Learned(net, rate, tuple(trial.spec for trial in each), tuple(cache / one.cache_path for one in made))


def _score(trial: Trial, data: Validated) -> float | None:
    try:
        return _trained(trial, data).score
    except TrainingDiverged:
        return None


def _trained(trial: Trial, data: Validated) -> Trained:
    made = walk({"spec": trial.spec, "data": data}, lambda task: task.fn, TRAINING)["trained"]
    assert isinstance(made, Trained)
    return made


def scores_of(learned: Learned, dataset: Dataset) -> list[Mapping[str, HeadScore]]:
    """Score the fp32 nets of all seeds on test rows."""
    scores = []
    for spec, folder in zip(learned.specs, learned.folders, strict=True):
        net, featurizer = load_net(spec, folder)
        test = encode(dataset, "test", featurizer, net.plans)
        scores.append(score_net(net, test, choose_compute(spec.train)).heads)
    return scores


@dataclass(frozen=True)
class Row:
    """A variant in the table."""

    learned: Learned
    against_alone: tuple[Transfer, ...]
    """A head each; findings are corrected for all rows of the table."""
    against_hard: tuple[Transfer, ...]
    """The same; of `hard` itself, no difference."""


def rows_of(trials: Trials, learned: Mapping[str, Learned], dataset: Dataset) -> list[Row]:
    """Set every variant beside the baselines and beside `hard`."""
    gate, heads = trials.base.gate, list(trials.base.main_heads)
    scores = {name: scores_of(each, dataset) for name, each in learned.items()}
    variants = [name for name in trials.variants if name in learned]

    def against(other: Mapping[str, str]) -> list[Transfer]:
        return [
            transfer_of(
                head,
                [seed[head] for seed in scores[name]],
                [seed[head] for seed in scores[other[head]]],
                confidence=gate.confidence,
                resamples=gate.resamples,
            )
            for name in variants
            for head in heads
        ]

    beside_alone = corrected(against({head: alone(head) for head in heads}), gate.confidence)
    beside_hard = corrected(against(dict.fromkeys(heads, HARD)), gate.confidence)
    return [
        Row(learned[name], beside_alone[at : at + len(heads)], beside_hard[at : at + len(heads)])
        for name, at in zip(variants, range(0, len(beside_alone), len(heads)), strict=True)
    ]


@dataclass(frozen=True)
class Cost:
    """What a net costs."""

    step_ms: float
    size_bytes: int
    device_ms: float


def costs_of(learned: Mapping[str, Learned], data: Validated) -> dict[str, Cost]:
    """Ship the first seed of every net whose layers differ from `hard`'s, and time steps and answers turn by turn."""
    cache, dataset = Settings.from_environment().cache, open_data(data)
    with TemporaryDirectory() as folder:
        steps = measure_steps([each.specs[0] for each in learned.values()], dataset, Path(folder))
    own = [name for name, each in learned.items() if name == HARD or _ships_other_layers(each.net.spec, learned)]
    bundles = {name: _bundle(learned[name].specs[0], data) for name in own}
    texts = [text for frame in dataset.batches("test") for text in frame["text"]][:TIMED_TEXTS]
    times = dict(zip(own, median_ms([open_folder(cache / bundles[name].folder) for name in own], texts), strict=True))
    shipped = {name: name if name in own else HARD for name in learned}
    return {
        name: Cost(step.step_ms, bundles[shipped[name]].size_bytes, times[shipped[name]])
        for name, step in zip(learned, steps, strict=True)
    }


def _ships_other_layers(spec: Spec, learned: Mapping[str, Learned]) -> bool:
    hard = learned[HARD].net.spec
    return spec.sharing != hard.sharing or set(spec.main_heads) != set(hard.main_heads)


def _bundle(spec: Spec, data: Validated) -> Built:
    built = walk({"spec": spec, "data": data}, lambda task: task.fn)["bundle"]
    assert isinstance(built, Built)
    return built


def table_of(trials: Trials, rows: Sequence[Row], costs: Mapping[str, Cost]) -> Iterator[str]:
    """Yield the lines of the table, in Markdown: best score of a head in bold where it beats `hard` beyond chance."""
    heads = list(trials.base.main_heads)
    yield f"| net | rate | {' | '.join(heads)} | Delta_m % | step | MB | ms |"
    yield f"|---|--:|{'---|' * len(heads)}--:|--:|--:|--:|"
    alone_scores = " | ".join(f"{100 * transfer.baseline.value:.1f}" for transfer in rows[0].against_alone)
    apart = [costs[alone(head)] for head in heads if alone(head) in costs]
    yield f"| *each alone* | | {alone_scores} | | {_cost(apart, costs)} |"
    best = [max(row.against_alone[at].score.value for row in rows) for at in range(len(heads))]
    for row in rows:
        cells = []
        for of_all, alone_, hard in zip(best, row.against_alone, row.against_hard, strict=True):
            score, d = f"{100 * alone_.score.value:.1f}", alone_.difference
            score = f"**{score}**" if alone_.score.value == of_all and hard.is_positive else score
            mark = (" ↑" if alone_.is_positive else " ↓" if alone_.is_negative else "") + (
                " ⇑" if hard.is_positive else " ⇓" if hard.is_negative else ""
            )
            cells.append(f"{score} ({100 * d.value:+.1f}; {100 * d.low:+.1f} to {100 * d.high:+.1f}){mark}")
        name, gain = row.learned.net.name, mean_gain(row.against_alone)
        rate = f"{row.learned.rate:g}{'*' if row.learned.rise > SETTLED else ''}"
        cost = _cost([costs[name]] if name in costs else [], costs)
        yield f"| {name} | {rate} | {' | '.join(cells)} | {'-' if gain is None else f'{gain:+.1f}'} | {cost} |"


def _cost(nets: Sequence[Cost], costs: Mapping[str, Cost]) -> str:
    if not nets:
        return "| |"
    step, size = sum(net.step_ms for net in nets), sum(net.size_bytes for net in nets)
    ms = sum(net.device_ms for net in nets)
    return f"{step / costs[HARD].step_ms:.1f} | {size / MILLION:.2f} | {ms:.2f}"


def main() -> None:
    """Train what is not trained yet, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("spec", type=Path)
    parser.add_argument("--variant", action="append", default=[], help="only this one, and hard; may be repeated")
    parser.add_argument("--minutes", type=float, default=math.inf, help="begin no net after so long")
    parser.add_argument("--no-cost", action="store_true", help="do not ship and time the nets")
    options = parser.parse_args()
    torch.set_num_threads(1)
    trials = plan_trials(with_all_kinds(load_spec(options.spec)), options.variant)
    data = validate(trials.base, None)
    learned = {each.net.name: each for each in learn(trials, data, options.minutes)}
    rows = rows_of(trials, learned, open_data(data))
    counts = ", ".join(f"{count:,} {split}" for split, count in data.counts.items())
    print(f"{trials.base.name}: {counts} rows; {len(learned)} nets\n")
    print("\n".join(table_of(trials, rows, {} if options.no_cost else costs_of(learned, data))))
    highest = [name for name, each in learned.items() if each.rate == trials.rates[-1]]
    print(f"\nTook the highest rate tried: {', '.join(highest)}")
    print(f"Still rising (*), alone too: {', '.join(name for name, each in learned.items() if each.rise > SETTLED)}")
    print(f"Corrected (Holm) for {len(rows) * len(trials.base.main_heads)} intervals each. {trials.budget}")


if __name__ == "__main__":
    main()
