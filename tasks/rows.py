"""Rows judged once: what `validate` does with a spec's sources, at a desk or as a step of a flow; needs no Prefect."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from schemas.data.dataset import Dataset
from schemas.data.sources.registry import origin
from schemas.data.too_small import find_too_small
from schemas.data.validate import DataRefused, Judge, Validation, judge_here
from schemas.data.validate import validate as validate_rows
from schemas.spec.product import Spec
from tasks.cache.keys import validation_key
from tasks.cache.once import once
from tasks.cache.scratch import scratch_folder
from tasks.cache.store import empty
from tasks.progress import Advanced, tell
from tasks.records import Champion, Validated
from tasks.settings import Settings

SHOWN_ROWS = 50
"""Servers keep tables in their database: the first rows are enough to see what is wrong, the file has all."""


class RowsRefused(DataRefused):
    """The rows were read, and are no data set."""

    def __init__(self, outcome: Validation) -> None:
        super().__init__(outcome.refused)
        self.outcome = outcome


@once(validation_key)
def validate(folder: Path, spec: Spec, champion: Champion | None = None, judge_all: Judge = judge_here) -> Validated:
    """Read and judge the rows, each partition where `judge_all` has it done.

    Raises:
        RowsRefused: they are no data set.
        DataRefused: they are not read.
    """
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
            judge_all=judge_all,
        )
    if outcome.dataset is not None and (lacking := find_too_small(outcome.dataset)):
        names = ", ".join(origin(source) for source in spec.data)
        outcome = replace(outcome, dataset=None, refused=f"{names}: {lacking}")
    if outcome.dataset is None:
        raise RowsRefused(outcome)
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


def quarantine_of(found: Validation | Validated) -> Path | None:
    """Return the file with the bad rows; None where there are none, or the file is gone."""
    path = Settings.from_environment().quarantine / found.quarantine if found.quarantine else None
    return path if path is not None and path.exists() else None


def first_quarantined(found: Validation | Validated) -> list[dict[str, Any]]:
    """Return the first bad rows, with their reasons."""
    path = quarantine_of(found)
    return [] if path is None else pl.scan_parquet(path, glob=False).head(SHOWN_ROWS).collect().to_dicts()


def _data_of(champion: Champion | None, settings: Settings) -> Dataset | None:
    """Return the rows that the champion learned from, while they are still in the step cache."""
    return None if champion is None else data_with(champion.data_digest, settings)


def data_with(digest: str, settings: Settings) -> Dataset | None:
    """Return the data set of a digest, while it is still in the step cache."""
    for index in settings.cache.glob(f"validate/*/{digest}/dataset.json"):
        return Dataset.load(index.parent)
    return None
