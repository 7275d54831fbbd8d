"""Trials to a comparison: what each variant cost, what it gained, and how the heads relate."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from prefect import task

from deploy.bundle.built import Built
from deploy.evaluation.comparison import (
    AFFINITY,
    Comparison,
    Costs,
    HeadResult,
    Tuned,
    VariantCost,
    VariantResult,
    cost_together,
)
from deploy.evaluation.cost import median_ms
from deploy.evaluation.prediction import predict
from deploy.evaluation.transfer import (
    Transfer,
    corrected,
    mean_gain,
    mean_table,
    rank_correlations,
    suspect,
    transfer_of,
)
from model.training.cost import measure_steps
from model.training.finished import read_history, read_tables
from schemas.evaluation.head_grouping import Grouping, choose_groups
from schemas.evaluation.matrix import Table
from schemas.evaluation.metrics import HeadScore
from schemas.spec.product import GateSpec, Spec
from schemas.spec.variants import GROUPED, HARD, Trials, alone, net_of_group
from tasks.cache.keys import cost_key
from tasks.cache.step import step
from tasks.cache.store import empty
from tasks.progress import Advanced, tell
from tasks.records import Made, Tried, Validated
from tasks.rows import open_data
from tasks.settings import Settings
from tasks.steps.score_files import load_scores
from tasks.steps.train import teacher_folders
from trunkline_edge.understanding.session import open_folder

MEASURED_UTTERANCES = 300


@step(cost_key)
def measure(folder: Path, specs: Mapping[str, Spec], bundles: Mapping[str, Built], data: Validated) -> Costs:
    """Time a training step and an answer of every net, turn by turn; nothing else of ours runs meanwhile."""
    empty(folder)
    dataset = open_data(data)
    cache = Settings.from_environment().cache
    trained = measure_steps(list(specs.values()), dataset, folder, partial(teacher_folders, data=data))
    runtimes = [open_folder(cache / bundles[name].folder) for name in specs]
    texts = [text for frame in dataset.batches(data.held_out) for text in frame["text"]][:MEASURED_UTTERANCES]

    def told(number: int) -> None:
        if number % 50 == 0:
            tell(Advanced("measure", number, len(texts), f"{number} of {len(texts)} utterances"))

    answered = median_ms(runtimes, texts, told)
    return Costs(
        nets={
            name: VariantCost(
                parameters=cost.parameters,
                size_bytes=bundles[name].size_bytes,
                precision=bundles[name].shipped["trunk"],
                step_ms=cost.step_ms,
                device_ms=ms,
            )
            for name, cost, ms in zip(specs, trained, answered, strict=True)
        },
        utterances=len(texts),
    )


def recommend(trials: Trials, tried: Mapping[str, Tried]) -> Grouping | None:
    """Return the groups that the affinities of `hard` recommend; None where none were measured."""
    affinity = mean_affinity(tried[HARD])
    return choose_groups(affinity, tuple(trials.base.main_heads), trials.groups) if affinity else None


@task
def weigh(
    trials: Trials, data: Validated, tried: Mapping[str, Tried], grouping: Grouping | None, costs: Costs
) -> Comparison:  # fmt: skip
    """Set every variant beside the baselines."""
    results = _results(trials, tried, grouping, costs)
    relations = _relations(trials, tried)
    affinity = mean_affinity(tried[HARD])
    gained = {head.transfer.head: 100 * head.transfer.difference.value for head in results[0].heads}
    return Comparison(
        product=trials.base.name,
        split=data.held_out,
        utterances=data.counts[data.held_out],
        seeds=trials.seeds,
        results=results,
        relations=tuple(relations.values()),
        agreement=rank_correlations(relations) if len(relations) > 1 else None,
        trunks=trials.groups,
        grouping=grouping,
        predictions=predict(grouping, affinity, gained) if grouping and affinity else (),
        tuned=tuple(_tuned(name, each) for name, each in tried.items()),
        alone=cost_together([costs.nets[alone(head)] for head in trials.base.main_heads]),
        measured_utterances=costs.utterances,
        budget=trials.budget,
    )


@dataclass(frozen=True)
class _Side:
    """A variant: which net answers for each main head."""

    name: str
    says: str
    net_of: dict[str, str]
    """Main head -> net."""

    @property
    def tested(self) -> list[str]:
        """The heads that are not their own baseline here."""
        return [head for head, net in self.net_of.items() if net != alone(head)]


def _sides(trials: Trials, grouping: Grouping | None) -> list[_Side]:
    heads = tuple(trials.base.main_heads)
    sides = [_Side(name, _says(trials.net(name).spec), dict.fromkeys(heads, name)) for name in trials.variants]
    if grouping:
        nets = {head: net_of_group(trials, group.heads).name for group in grouping.groups for head in group.main}
        side = _Side(GROUPED, " | ".join(dict.fromkeys(nets.values())), {head: nets[head] for head in heads})
        # One group of all heads is `hard`, and a group a head the baselines.
        if side.tested and set(nets.values()) != {HARD}:
            sides.append(side)
    return sides


def _results(
    trials: Trials, tried: Mapping[str, Tried], grouping: Grouping | None, costs: Costs
) -> tuple[VariantResult, ...]:  # fmt: skip
    gate, sides = trials.base.gate, _sides(trials, grouping)
    scores = {name: _scores(each) for name, each in tried.items()}
    transfers = {
        (side.name, head): transfer_of(
            head,
            [seed[head] for seed in scores[net]],
            [seed[head] for seed in scores[alone(head)]],
            confidence=gate.confidence,
            resamples=gate.resamples,
        )
        for side in sides
        for head, net in side.net_of.items()
    }
    tested = [(side.name, head) for side in sides for head in side.tested]
    transfers |= zip(tested, corrected([transfers[each] for each in tested], gate.confidence), strict=True)
    affinities = _seeds_of(tried[HARD], AFFINITY)
    results = []
    for side in sides:
        heads = tuple(
            _head_result(transfers[side.name, head], net == alone(head), affinities if side.name == HARD else [], gate)
            for head, net in side.net_of.items()
        )
        cost = cost_together([costs.nets[net] for net in dict.fromkeys(side.net_of.values())])
        gain = mean_gain([head.transfer for head in heads])
        results.append(VariantResult(side.name, side.says, heads, gain, cost))
    return tuple(results)


def _head_result(transfer: Transfer, is_alone: bool, affinities: Sequence[Table], gate: GateSpec) -> HeadResult:
    blamed = suspect(transfer.head, affinities, gate.confidence) if transfer.is_negative else None
    return HeadResult(transfer, blamed, is_alone)


def _scores(tried: Tried) -> list[Mapping[str, HeadScore]]:
    """Return a net's scores, seed by seed."""
    cache = Settings.from_environment().cache
    return [load_scores(cache / made.scored.cache_path).heads for made in tried.made]


def _tuned(name: str, tried: Tried) -> Tuned:
    cache = Settings.from_environment().cache
    rises = []
    for made in tried.made:
        scores = [epoch.score for epoch in read_history(cache / made.trained.cache_path)]
        before = len(scores) - math.ceil(len(scores) / 3)
        rises.append(scores[-1] - (scores[before - 1] if before else 0.0))
    return Tuned(name, tried.rate, tried.scores, float(np.mean(rises)))


def _says(spec: Spec) -> str:
    """Return the fields of sharing and balance that are not their defaults."""
    parts = []
    for section in (spec.sharing, spec.balance):
        fields = section.model_dump(mode="json", exclude_defaults=True, exclude={"kind"})
        parts.append(" ".join([section.kind, *(f"{name}={value}" for name, value in fields.items())]))
    auxiliary = [name for name, head in spec.heads.items() if head.auxiliary]
    depths = [f"{name} at layer {head.depth}" for name, head in spec.heads.items() if head.depth]
    return ", ".join([*parts, *(f"+{name}" for name in auxiliary), *depths])


def _relations(trials: Trials, tried: Mapping[str, Tried]) -> dict[str, Table]:
    """Return every table of heads by heads that a variant has, its mean over the seeds; those of `hard` come first."""
    found: dict[str, Table] = {}
    for variant in trials.variants:
        for name, table in _tables(tried[variant]).items():
            if table.rows == table.columns and set(table.rows) <= set(trials.base.heads):
                key = name if variant == HARD else f"{variant}_{name}"
                found[key] = Table(key, f"{variant}: {table.title}", table.rows, table.columns, _apart(table))
    return found


def _apart(table: Table) -> tuple[tuple[float, ...], ...]:
    """Return the values without the diagonal: what a head does to itself is no relation, and would drown the others."""
    return tuple(
        tuple(float("nan") if s == t else value for t, value in zip(table.columns, line, strict=True))
        for s, line in zip(table.rows, table.values, strict=True)
    )


def mean_affinity(hard: Tried) -> Table | None:
    """Return the affinities of a net, their mean over the seeds."""
    return _tables(hard).get(AFFINITY)


def _tables(of: Tried) -> dict[str, Table]:
    """Return the tables that a net's trainings left, each the mean over the seeds."""
    names = [table.name for table in _read_tables(of.made[0])]
    return {name: mean_table(_seeds_of(of, name)) for name in names}


def _seeds_of(tried: Tried, name: str) -> list[Table]:
    """Return a table of every seed that has it with the first one's heads."""
    tables = [table for made in tried.made for table in _read_tables(made) if table.name == name]
    return [table for table in tables if table.columns == tables[0].columns]


def _read_tables(made: Made) -> list[Table]:
    return read_tables(Settings.from_environment().cache / made.trained.cache_path)
