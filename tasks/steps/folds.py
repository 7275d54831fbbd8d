"""The rows of a cross-validation, and the verdict that comes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mlflow.exceptions import MlflowException
from prefect import task

from deploy.evaluation.cross_validation import judge_folds
from deploy.evaluation.verdict import Verdict
from schemas.data.dataset import Dataset
from schemas.data.folds import cut_fold
from schemas.data.too_small import find_too_small
from schemas.errors import UserError
from schemas.spec.product import Spec
from tasks.cache.keys import fold_key
from tasks.cache.step import step
from tasks.cache.store import empty
from tasks.records import Champion, RowsAt, Scored, Validated
from tasks.rows import data_with, open_data
from tasks.settings import Settings
from tasks.steps.score_files import load_scores
from tasks.tracking import runs as tracking


class NoFolds(UserError):
    """Why a cross-validation cannot be done."""


@step(fold_key)
def cut(folder: Path, spec: Spec, learned: RowsAt, judged: Validated, fold: int, folds: int) -> Validated:
    """Part a fold of `judged` from what `spec` learns: the rows of `learned` that are in no row of it."""
    settings = Settings.from_environment()
    empty(folder)
    old = Dataset.load(settings.cache / learned.cache_path)
    dataset = cut_fold(spec, old, open_data(judged), fold, folds, folder)
    return Validated(
        cache_path=str(folder.relative_to(settings.cache)),
        digest=dataset.digest,
        counts=dict(dataset.counts),
        read=sum(dataset.counts.values()),
        quarantined=0,
        reasons={},
        quarantine=None,
        data_issues=dataset.data_issues,
    )


def recipe_of(product: str, champion: Champion) -> tuple[Spec, RowsAt]:
    """Return the spec and the rows that a champion was trained with; raises `NoFolds` where one is not to be had."""
    settings = Settings.from_environment()
    try:
        version = tracking.connect().get_model_version(product, str(champion.version))
    except MlflowException:
        raise NoFolds(f"the registry has no version {champion.version} any more") from None
    spec = tracking.logged_spec(str(version.run_id))
    if spec is None:
        raise NoFolds(f"the MLflow run of version {champion.version} holds no spec that can be read")
    if spec.train.start_from:
        raise NoFolds(f"version {champion.version} went on from an earlier champion, and that has seen the rows")
    data = data_with(champion.data_digest, settings)
    if data is None:
        raise NoFolds(f"the rows that version {champion.version} learned from are no longer in this home's step cache")
    return spec, RowsAt(str(data.folder.relative_to(settings.cache)), data.digest)


def check_fold(fold: Validated) -> None:
    """Raise `NoFolds` where what is left to learn from is too little."""
    if lacking := find_too_small(open_data(fold)):
        raise NoFolds(f"without the rows of a fold, {lacking}")


@task
def judge_cross_validation(
    spec: Spec, scored: Sequence[tuple[Scored, Scored]], verdict: Verdict
) -> Verdict:  # fmt: skip
    """Decide by what both recipes scored on every fold."""
    cache = Settings.from_environment().cache
    folds = [(load_scores(cache / ours.cache_path), load_scores(cache / theirs.cache_path)) for ours, theirs in scored]
    return judge_folds(verdict, folds, spec.gate, tuple(spec.main_heads))


def without_folds(verdict: Verdict, why: NoFolds) -> Verdict:
    """Return the verdict as it was, and why no cross-validation has made it another."""
    return replace(verdict, reasons=(*verdict.reasons, f"no cross-validation, so that stays open: {why}"))
