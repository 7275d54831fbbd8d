"""A sweep for people: the best spec as a file, a picture, and the MLflow run above those of its trials."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import yaml
from matplotlib import colormaps
from matplotlib.figure import Figure
from mlflow.entities import Metric, Param
from prefect import task

from schemas.spec.product import Spec
from schemas.spec.search import Range, Search, Span
from tasks.cache.keys import sweep_key
from tasks.records import Attempt, Swept, Validated
from tasks.reports.figures import new_figure, printable, save_figure
from tasks.settings import Settings
from tasks.tracking import runs as tracking
from trunkline_edge.bundle.files import write_atomic


@task(persist_result=False)
def publish(search: Search, data: Validated, attempts: Sequence[Attempt], run_id: str) -> Swept:
    """Write the best spec below the home, and log it with a picture and the trials as a table to the MLflow run."""
    settings, study = Settings.from_environment(), sweep_key(search, data).digest
    finished = [attempt for attempt in attempts if attempt.end == "finished"]
    best = max(finished, key=lambda attempt: (attempt.score or 0.0, -attempt.number), default=None)
    own = next((attempt for attempt in finished if attempt.values == search.own()), None)
    client, path = tracking.connect(), None
    tracking.log_dataset(run_id, search.base.name, data)
    with TemporaryDirectory() as folder:
        if best is not None:
            path = Path("sweeps") / f"{search.base.name}-{study[:8]}.yaml"
            write_atomic(settings.home / path, best_spec(search, data, attempts, best, own).encode())
            client.log_artifact(run_id, str(settings.home / path))
            draw_sweep(search, finished, Path(folder) / "parallel_coordinates.png")
            client.log_artifacts(run_id, folder, "pictures")
        client.log_dict(run_id, _table(attempts), "trials.json")
    known = client.get_run(run_id).data.params
    client.log_batch(
        run_id,
        params=[
            Param(f"over.{field}", str(span)) for field, span in search.over.items() if f"over.{field}" not in known
        ],
        metrics=[Metric("best.valid.score", best.score or 0.0, tracking.now_ms(), len(attempts))] if best else [],
    )
    return Swept(search.base.name, study, tuple(attempts), best, own, run_id, str(path) if path else None)


def best_spec(
    search: Search, data: Validated, attempts: Sequence[Attempt], best: Attempt, own: Attempt | None
) -> str:  # fmt: skip
    """Return the spec with the best trial's values in YAML, its comments with the sweep's figures."""
    pruned = sum(attempt.end == "pruned" for attempt in attempts)
    lines = [
        f"The best of {len(attempts)} trials ({pruned} pruned) of `trunkline sweep`, "
        f"{datetime.now(UTC).strftime('%d %B %Y')}, on {data.counts.get('valid', 0):,} valid rows.",
        f"Score there: {best.score:.4f}" + (f"; with the spec's own values {own.score:.4f}." if own else "."),
        "The best of many owes some of its score to luck: "
        + (
            "`trunkline retrain` on this file judges it on test rows."
            if data.held_out == "test"
            else "without test rows nothing judges it on rows that it was not chosen by."
        ),
        *(f"{field}: {json.dumps(best.values[field])} of {span}" for field, span in search.over.items()),
    ]
    return "".join(f"# {line}\n" for line in lines) + as_yaml(search.at(best.values))


def as_yaml(spec: Spec) -> str:
    """Return what a spec says, without the defaults that it leaves unsaid."""
    said = spec.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return yaml.safe_dump(said, sort_keys=False, allow_unicode=True, width=120)


def draw_sweep(search: Search, finished: Sequence[Attempt], path: Path) -> Figure:
    """Draw each trial as a line over its values to its score, the best ones on top and in the strongest colour."""
    fields = list(search.over)
    figure, axes = new_figure(2.6 + 1.7 * len(fields), 4.6)
    scores = np.asarray([attempt.score for attempt in finished], dtype=np.float64)
    spread = float(np.ptp(scores)) or 1.0
    heights = (scores - scores.min()) / spread
    colours = colormaps["viridis_r"]
    for height, attempt in sorted(zip(heights, finished, strict=True), key=lambda pair: pair[0]):
        places = [_height(search.over[field], attempt.values[field]) for field in fields]
        axes.plot(range(len(fields) + 1), [*places, height], color=colours(height), linewidth=1.2, alpha=0.8)
    for place, field in enumerate(fields):
        axes.axvline(place, color="#999999", linewidth=0.8)
        for height, text in _ticks(search.over[field]):
            axes.annotate(printable(text), (place, height), (3, 0), textcoords="offset points", fontsize=7, va="center")
    axes.axvline(len(fields), color="#999999", linewidth=0.8)
    for height, score in ((0.0, scores.min()), (1.0, scores.max())):
        axes.annotate(
            f"{score:.4f}", (len(fields), height), (3, 0), textcoords="offset points", fontsize=7, va="center"
        )
    names = [f"{field} (log)" if isinstance(span, Range) and span.log else field for field, span in search.over.items()]
    axes.set_xticks(range(len(fields) + 1), [*names, "score on valid rows"], fontsize=8)
    axes.set_yticks([])
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.set_title(f"{len(finished)} trials that came to their end", fontsize=10, loc="left")
    return save_figure(figure, path)


def _height(span: Span, value: Any) -> float:
    """Return where a value stands on its axis, from 0 to 1."""
    if not isinstance(span, Range):
        return span.values.index(value) / (len(span.values) - 1)
    scale = np.log if span.log else np.asarray
    low, here, high = (float(scale(number)) for number in (span.low, value, span.high))
    return (here - low) / (high - low)


def _ticks(span: Span) -> list[tuple[float, str]]:
    values = (span.low, span.high) if isinstance(span, Range) else span.values
    return [(_height(span, value), value if isinstance(value, str) else json.dumps(value)) for value in values]


def _table(attempts: Sequence[Attempt]) -> dict[str, list[object]]:
    return {
        "number": [attempt.number for attempt in attempts],
        "end": [attempt.end for attempt in attempts],
        "score": [attempt.score for attempt in attempts],
        "epochs": [attempt.epochs for attempt in attempts],
        "values": [attempt.values for attempt in attempts],
        "why": [attempt.why for attempt in attempts],
    }
