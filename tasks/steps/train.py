"""One net for all heads, and its MLflow run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from mlflow import MlflowClient
from prefect import task
from prefect.logging import get_logger

from model.training.finished import digest_of, read_history, read_tables
from model.training.launch import train_in_workers
from model.training.loop import describe_machine
from model.training.loop import train as train_here
from model.training.reports import EpochReport, StepReport
from schemas.errors import UserError
from schemas.evaluation.matrix import Table
from schemas.evaluation.metrics import PRIMARY, scored_as
from schemas.spec.product import Spec
from schemas.spec.teachers import teachers_of
from tasks.cache.keys import start_of, training_key
from tasks.cache.origin import trained_folder
from tasks.cache.step import step
from tasks.flow_run import progress_shown
from tasks.machine import numerics
from tasks.progress import Advanced, EpochEnded, tell
from tasks.records import Origin, Trained, Validated
from tasks.reports.figures import draw_learning_curves, draw_table
from tasks.rows import first_quarantined, open_data
from tasks.runners import RAY, cluster_of
from tasks.settings import Settings
from tasks.tracking import runs as tracking

RECORDED, STARTED_FROM = "trunkline.recorded", "trunkline.started_from"
QUARANTINE = "quarantine.json"
log = get_logger(__name__)


@step(training_key)
def train(folder: Path, spec: Spec, data: Validated, origin: Origin | None = None) -> Trained:
    """Train, or go on from the last checkpoint; every epoch is in MLflow as soon as it is done."""
    key, start = training_key(spec, data, origin), start_of(spec, data, origin)
    teachers = teacher_folders(spec, data)  # they have learned for as long as the spec says, however long this net does
    if start is not None:
        spec = spec.going_on()
    with tracking.run_for(spec.name, key.digest) as run_id:
        tracking.connect().set_tag(run_id, STARTED_FROM, start or "nothing")
        tracking.log_params(run_id, spec, describe_machine(spec))
        tracking.log_dataset(run_id, spec.name, data)
        seen = tracking.logged_epochs(run_id)
        if spec.distill.teachers:
            tell(Advanced("train", 0, spec.train.epochs * 1000, "the teachers answer synthetic rows"))
        with tracking.system_watched(run_id), progress_shown(f"{spec.name.replace('_', '-')}-training") as show:
            train_net = trainer(spec.train.workers, Settings.from_environment().runner)
            for report in train_net(spec, open_data(data), folder, teachers, _folder_of(start)):
                advanced = _advanced(report, spec.train.epochs)
                tell(advanced)
                show(advanced.done / (1000 * spec.train.epochs), advanced.what)
                if isinstance(report, EpochReport) and report.epoch not in seen:
                    tracking.log_epoch(run_id, report)
                    for head in report.stopped:
                        log.info(
                            "epoch %d: %s stops, its affinity on the main heads stays negative", report.epoch, head
                        )
                if isinstance(report, EpochReport):  # last: whoever hears it may end the training here
                    tell(EpochEnded("train", report.epoch, report.score))
    history = read_history(folder)
    return Trained(
        cache_path=key.cache_path,
        weights=digest_of(folder),
        epochs=len(history),
        score=history[-1].score if spec.train.keep == "last" else max(report.score for report in history),
        numerics=numerics(),
    )


def trainer(workers: int, runner: str) -> Callable[..., Iterator[StepReport | EpochReport]]:
    """Return what trains: this process, workers of this machine, or those of the Ray cluster that `runner` names."""
    kind, address = cluster_of(runner)
    if workers == 1:
        return train_here
    if kind != RAY or not address:
        return train_in_workers
    try:
        from model.training.on_ray import train_on_ray
    except ImportError:
        raise UserError("TRUNKLINE_RUNNER names a Ray cluster, which needs `pip install -e '.[ray]'`") from None
    return partial(train_on_ray, address)


def teacher_folders(spec: Spec, data: Validated) -> dict[str, Path]:
    """Return name -> folder of the training of each teacher of a spec."""
    cache = Settings.from_environment().cache
    return {name: cache / training_key(teacher, data).cache_path for name, teacher in teachers_of(spec).items()}


def _folder_of(start: str | None) -> Path | None:
    cache = Settings.from_environment().cache
    return None if start is None else trained_folder(cache, start)


@task
def record(spec: Spec, data: Validated, trained: Trained, origin: Origin | None = None) -> str:
    """Make the MLflow run whole, and return its id.

    A kill may have come between an epoch and its metrics, or somebody may have emptied the store: the history that lies
    with the weights is the truth, and the run is made to tell it.
    """
    folder = Settings.from_environment().cache / trained.cache_path
    history = read_history(folder)
    key = training_key(spec, data, origin).digest
    if start_of(spec, data, origin) is not None:
        spec = spec.going_on()
    client = tracking.connect()
    if (found := tracking.find_run(spec.name, key)) and found.data.tags.get(RECORDED):
        return str(found.info.run_id)
    with tracking.run_for(spec.name, key) as run_id:
        tracking.log_params(run_id, spec, {})
        tracking.log_dataset(run_id, spec.name, data)
        seen = tracking.logged_epochs(run_id)
        for report in history:
            if report.epoch not in seen:
                tracking.log_epoch(run_id, report)
        _log_curves(client, run_id, spec, history)
        _log_tables(client, run_id, read_tables(folder))
        _log_quarantine(client, run_id, data)
        client.set_tag(run_id, RECORDED, "true")
    return run_id


def _log_curves(client: MlflowClient, run_id: str, spec: Spec, history: list[EpochReport]) -> None:
    primary = {name: PRIMARY[scored_as(head.kind)] for name, head in spec.main_heads.items()}
    with TemporaryDirectory() as folder:
        picture = Path(folder) / "learning_curves.png"
        draw_learning_curves(history, primary, picture)
        client.log_artifact(run_id, str(picture))


def _log_tables(client: MlflowClient, run_id: str, tables: list[Table]) -> None:
    """Log what sharing, prior and probes have learned: as pictures to look at, and as figures to go on with."""
    with TemporaryDirectory() as folder:
        for table in tables:
            draw_table(table, Path(folder) / f"{table.name}.png")
        if tables:
            client.log_artifacts(run_id, folder, tracking.TABLES)
            client.log_dict(run_id, {table.name: asdict(table) for table in tables}, f"{tracking.TABLES}/tables.json")


def _log_quarantine(client: MlflowClient, run_id: str, data: Validated) -> None:
    """Log the first rows of the quarantine; the file in the home has all."""
    rows = first_quarantined(data)
    if rows and QUARANTINE not in [found.path for found in client.list_artifacts(run_id)]:
        client.log_table(run_id, {name: [str(row[name]) for row in rows] for name in rows[0]}, QUARANTINE)


def _advanced(report: StepReport | EpochReport, epochs: int) -> Advanced:
    if isinstance(report, EpochReport):
        stopped = "".join(f", {head} harms the main heads and stops" for head in report.stopped)
        what = f"epoch {report.epoch}: score {report.score:.3f}{stopped}"
        return Advanced("train", report.epoch * 1000, epochs * 1000, what)
    done = int((report.epoch - 1 + report.step / report.steps) * 1000)
    return Advanced("train", done, epochs * 1000, f"epoch {report.epoch}: loss {report.loss:.3f}")
