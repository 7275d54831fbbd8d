"""A comparison for people: an MLflow run above those of its trainings, pictures, and one HTML file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from mlflow.entities import Metric
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID, MLFLOW_RUN_NAME
from prefect import task

from deploy.evaluation.comparison import Comparison
from model.training.cost import STEPS
from model.training.finished import read_history
from schemas.spec.variants import Trial, Trials, alone
from tasks.cache.keys import comparison_key, training_key
from tasks.records import Tried, Validated
from tasks.reports.comparison_figures import draw_curves, draw_gains
from tasks.reports.comparison_page import comparison_page
from tasks.reports.figures import draw_table
from tasks.settings import Settings, git_commit
from tasks.tracking import runs as tracking
from trunkline_edge.bundle.files import write_atomic


@dataclass(frozen=True)
class Compared:
    """A comparison and where it is shown."""

    comparison: Comparison
    run_id: str
    """MLflow parent run."""
    page: str
    """Path of the HTML file, below the home."""


@task
def publish(trials: Trials, data: Validated, tried: Mapping[str, Tried], comparison: Comparison) -> Compared:
    """Write the page, and log everything under one MLflow run whose children are the trainings."""
    settings = Settings.from_environment()
    key = comparison_key(trials, data).digest
    product = trials.nets[0].spec.name
    page = Path("comparisons") / f"{trials.base.name}-{key[:8]}.html"
    with tracking.run_for(product, key) as run_id, TemporaryDirectory() as folder:
        client = tracking.connect()
        client.set_tag(run_id, MLFLOW_RUN_NAME, f"compare {trials.base.name} {key[:8]}")
        for title, child in _children(trials, data, tried).items():
            client.set_tag(child, MLFLOW_PARENT_RUN_ID, run_id)
            client.set_tag(child, MLFLOW_RUN_NAME, title)
        _draw(trials, tried, comparison, Path(folder))
        said = {
            "when": datetime.now(UTC).strftime("%d %B %Y, %H:%M UTC"),
            "commit": git_commit(),
            "run_id": run_id,
            "link": tracking.page_of(run_id),
            "confidence": f"{100 * trials.base.gate.confidence:g}",
            "steps": STEPS,
        }
        write_atomic(settings.home / page, comparison_page(comparison, Path(folder), said).encode())
        tracking.log_dataset(run_id, product, data)
        client.log_artifacts(run_id, folder, "pictures")
        client.log_artifact(run_id, str(settings.home / page))
        client.log_dict(run_id, asdict(comparison), "comparison.json")
        if not client.get_run(run_id).data.metrics:  # a metric that is logged again gets a second point
            client.log_batch(run_id, metrics=_figures(comparison))
    return Compared(comparison, run_id, str(page))


def _children(trials: Trials, data: Validated, tried: Mapping[str, Tried]) -> dict[str, str]:
    """Return title -> MLflow run of every training: those that chose the rates, and those that were scored."""
    children = {}
    for name, each in tried.items():
        for rate, _ in each.scores:
            trial = Trial(name, False, trials.seeds[0], each.spec).at(rate, trials.seeds[0])
            if found := tracking.find_run(trial.spec.name, training_key(trial.spec, data).digest):
                children[f"{trial.title}, for its rate"] = str(found.info.run_id)
        for seed, made in zip(trials.seeds, each.made, strict=True):
            children[f"{name}, seed {seed}"] = made.run_id
    return children


def _figures(comparison: Comparison) -> list[Metric]:
    figures: dict[str, float] = {}
    for variant in comparison.results:
        for head in variant.heads:
            figures[f"{variant.name}.{head.transfer.head}.points"] = 100 * head.transfer.difference.value
            figures[f"{variant.name}.{head.transfer.head}.flagged"] = float(head.transfer.is_negative)
        if variant.gain is not None:
            figures[f"{variant.name}.gain"] = variant.gain
    return [Metric(name, value, tracking.now_ms(), 0) for name, value in figures.items()]


def _draw(trials: Trials, tried: Mapping[str, Tried], comparison: Comparison, folder: Path) -> None:
    draw_gains(comparison.results, folder / "gains.png")
    for table in (*comparison.relations, *([comparison.agreement] if comparison.agreement else [])):
        draw_table(table, folder / f"{table.name}.png")
    cache = Settings.from_environment().cache
    histories = {
        name: [read_history(cache / made.trained.cache_path) for made in each.made] for name, each in tried.items()
    }
    for head in comparison.results[0].heads:
        name, metric = head.transfer.head, head.transfer.metric
        curves = {
            net: [[epoch.valid[name].get(metric, math.nan) for epoch in history] for history in histories[net]]
            for net in (*trials.variants, alone(name))
        }
        draw_curves(f"{name} {metric}", curves, alone(name), folder / f"curve_{name}.png")
