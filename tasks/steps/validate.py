"""Rows in; a data set, a quarantine and a report out."""

from __future__ import annotations

from pathlib import Path

import polars as pl
from prefect.artifacts import create_table_artifact
from prefect.runtime import flow_run

from schemas.data.contract import REASONS
from schemas.data.dataset import Dataset
from schemas.data.validate import DataRefused, Validation
from schemas.data.validate import validate as validate_rows
from schemas.spec.product import Spec
from tasks.cache.keys import validation_key
from tasks.cache.scratch import scratch_folder
from tasks.cache.step import step
from tasks.cache.store import empty
from tasks.progress import Advanced, tell
from tasks.records import Champion, Validated
from tasks.settings import Settings

SHOWN_ROWS = 50
"""Prefect keeps tables in its database: the first rows are enough to see what is wrong, the file has all."""


@step(validation_key)
def validate(folder: Path, spec: Spec, champion: Champion | None = None) -> Validated:
    """Read and judge the rows; raises `DataRefused` when they are no data set."""
    settings = Settings.from_environment()
    empty(folder)
    with scratch_folder(folder) as scratch:
        outcome = validate_rows(
            spec,
            cache=folder,
            quarantine=settings.quarantine,
            scratch=scratch,
            champion=_data_of(champion, settings),
            on_rows=lambda rows: tell(Advanced("validate", rows, None, f"{rows:,} rows")),
        )
    if flow_run.id is not None:  # else it was called at a desk, and there is no page to put the report on
        _report(spec.name, outcome)
    if outcome.dataset is None:
        raise DataRefused(outcome.refused)
    return Validated(
        cache_path=str(outcome.dataset.folder.relative_to(settings.cache)),
        digest=outcome.dataset.digest,
        counts=dict(outcome.dataset.counts),
        read=outcome.read,
        quarantined=outcome.quarantined,
        reasons=dict(outcome.reasons),
        examples=dict(outcome.examples),
        quarantine=outcome.quarantine.name if outcome.quarantine else None,
        data_issues=outcome.dataset.data_issues,
    )


def open_data(data: Validated) -> Dataset:
    """Open the rows of a validated data set."""
    return Dataset.load(Settings.from_environment().cache / data.cache_path)


def _data_of(champion: Champion | None, settings: Settings) -> Dataset | None:
    """Return the rows that the champion learned from, while they are still in the step cache."""
    if champion is None:
        return None
    for index in settings.cache.glob(f"validate/*/{champion.data_digest}/dataset.json"):
        return Dataset.load(index.parent)
    return None


def _report(product: str, outcome: Validation) -> None:
    """Show the outcome in Prefect: counts, reasons, data issues, and the first rows of the quarantine."""
    rows: list[dict[str, object]] = [
        {"what": "rows read", "value": outcome.read},
        {"what": "good", "value": outcome.good},
        {"what": "quarantined", "value": outcome.quarantined},
    ]
    for code, count in outcome.reasons.items():
        rows.append({"what": f"bad rows: {REASONS[code]}", "value": f"{count}, the first in {outcome.examples[code]}"})
    if outcome.dataset is not None:
        rows += [{"what": f"data issue: {issue.code}", "value": issue.message} for issue in outcome.dataset.data_issues]
    if outcome.quarantine is not None:
        first = pl.scan_parquet(outcome.quarantine, glob=False).head(SHOWN_ROWS).collect()
        rows += [{"what": "quarantined row", "value": str(row)} for row in first.iter_rows(named=True)]
    description = f"Refused: {outcome.refused}" if outcome.refused else f"Quarantine: {outcome.quarantine or 'empty'}"
    create_table_artifact(key=f"{product.replace('_', '-')}-validation", table=rows, description=description)
