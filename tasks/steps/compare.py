"""Trials to a comparison: what each variant cost, what it gained, and how the heads relate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from prefect import task

from deploy.bundle.built import Built
from deploy.evaluation.comparison import AFFINITY, Comparison, Costs, HeadResult, VariantCost, VariantResult
from deploy.evaluation.cost import median_ms
from deploy.evaluation.transfer import mean_gain, mean_table, rank_correlations, suspect, transfer_of
from model.training.cost import measure_steps
from model.training.finished import read_tables
from schemas.evaluation.head_grouping import choose_groups
from schemas.evaluation.matrix import Table
from schemas.spec.product import Spec
from schemas.spec.variants import HARD, Trials
from tasks.cache.keys import cost_key
from tasks.cache.step import step
from tasks.cache.store import empty
from tasks.progress import Advanced, tell
from tasks.records import Made, Validated
from tasks.rows import open_data
from tasks.settings import Settings
from tasks.steps.score_files import load_scores
from trunkline_edge.understanding.session import open_folder

MEASURED_UTTERANCES = 300


@step(cost_key)
def measure(folder: Path, specs: Mapping[str, Spec], bundles: Mapping[str, Built], data: Validated) -> Costs:
    """Time a training step and an answer of every variant, turn by turn; nothing else of ours runs meanwhile."""
    empty(folder)
    dataset = open_data(data)
    cache = Settings.from_environment().cache
    trained = measure_steps(list(specs.values()), dataset, folder)
    runtimes = [open_folder(cache / bundles[name].folder) for name in specs]
    texts = [text for frame in dataset.batches(data.held_out) for text in frame["text"]][:MEASURED_UTTERANCES]

    def told(number: int) -> None:
        if number % 50 == 0:
            tell(Advanced("measure", number, len(texts), f"{number} of {len(texts)} utterances"))

    answered = median_ms(runtimes, texts, told)
    return Costs(
        variants={
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


@task
def weigh(trials: Trials, data: Validated, tried: Mapping[str, Made], costs: Costs) -> Comparison:
    """Set every variant beside the baselines."""
    hard = _tables([tried[trial.title] for trial in trials.of_variant(HARD)])
    results = tuple(
        _result(trials, variant, tried, hard.get(AFFINITY), costs.variants[variant]) for variant in trials.variants
    )
    relations = _relations(trials, tried)
    return Comparison(
        product=trials.base.name,
        split=data.held_out,
        utterances=data.counts[data.held_out],
        seeds=trials.seeds,
        results=results,
        relations=tuple(relations.values()),
        agreement=rank_correlations(relations) if len(relations) > 1 else None,
        trunks=trials.groups,
        grouping=choose_groups(hard[AFFINITY], tuple(trials.base.main_heads), trials.groups)
        if AFFINITY in hard
        else None,
        measured_utterances=costs.utterances,
    )


def _result(
    trials: Trials, variant: str, tried: Mapping[str, Made], affinity: Table | None, cost: VariantCost
) -> VariantResult:  # fmt: skip
    cache, gate = Settings.from_environment().cache, trials.base.gate
    shared = [load_scores(cache / tried[trial.title].scored.cache_path) for trial in trials.of_variant(variant)]
    heads = []
    for head in trials.base.main_heads:
        alone = [load_scores(cache / tried[trial.title].scored.cache_path) for trial in trials.of_baseline(head)]
        transfer = transfer_of(
            head,
            [scores.heads[head] for scores in shared],
            [scores.heads[head] for scores in alone],
            confidence=gate.confidence,
            resamples=gate.resamples,
        )
        heads.append(HeadResult(transfer, suspect(head, affinity) if transfer.is_negative else None))
    gain = mean_gain([head.transfer for head in heads])
    return VariantResult(variant, _says(trials.of_variant(variant)[0].spec), tuple(heads), gain, cost)


def _says(spec: Spec) -> str:
    """Return the fields of sharing and balance that are not their defaults."""
    parts = []
    for section in (spec.sharing, spec.balance):
        fields = section.model_dump(mode="json", exclude_defaults=True, exclude={"kind"})
        parts.append(" ".join([section.kind, *(f"{name}={value}" for name, value in fields.items())]))
    auxiliary = [name for name, head in spec.heads.items() if head.auxiliary]
    depths = [f"{name} at layer {head.depth}" for name, head in spec.heads.items() if head.depth]
    return ", ".join([*parts, *(f"+{name}" for name in auxiliary), *depths])


def _relations(trials: Trials, tried: Mapping[str, Made]) -> dict[str, Table]:
    """Return every table of heads by heads that a variant has, its mean over the seeds; those of `hard` come first."""
    found: dict[str, Table] = {}
    for variant in trials.variants:
        for name, table in _tables([tried[trial.title] for trial in trials.of_variant(variant)]).items():
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


def _tables(of: Sequence[Made]) -> dict[str, Table]:
    """Return the tables that trainings left, each the mean over the seeds."""
    cache = Settings.from_environment().cache
    seeds = [{table.name: table for table in read_tables(cache / tried.trained.cache_path)} for tried in of]
    alike = {
        name: [tables[name] for tables in seeds if name in tables and tables[name].columns == first.columns]
        for name, first in seeds[0].items()
    }
    return {name: mean_table(tables) for name, tables in alike.items()}
