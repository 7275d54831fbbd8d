"""MLflow runs: one for each training key, found again after a kill, written by run id from any step."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import mlflow
from filelock import FileLock
from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, Run
from mlflow.exceptions import MlflowException
from mlflow.system_metrics.system_metrics_monitor import SystemMetricsMonitor
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID, MLFLOW_RUN_NAME

from schemas.spec.base import flatten
from schemas.spec.bounded_yaml import SpecError
from schemas.spec.load import load_spec
from schemas.spec.product import Spec
from tasks.processes import is_dead, this_process
from tasks.records import Validated
from tasks.settings import MLFLOW_PAGE, Settings, database_uri, git_commit
from tasks.tracking.artifacts import in_home
from tasks.tracking.promotions import this_person

if TYPE_CHECKING:
    from model.training.reports import EpochReport

KEY, PROCESS = "trunkline.key", "trunkline.process"
FLOW_RUN, FLOW_RUN_PAGE = "trunkline.flow_run_id", "trunkline.flow_run"
KIND, TRAINING = "mlflow.experimentKind", "custom_model_development"
"""MLflow's pages show an experiment of this kind as runs with metrics, and not as traces of a chatbot."""
NOTE, USER, SOURCE = "mlflow.note.content", "mlflow.user", "mlflow.source.name"
"""Tags that its pages show as description, user and source."""
SPEC = "spec.yaml"
TABLES = "tables"
"""Folder of a run's files with what sharing, prior and probes have learned."""
SYSTEM_S = 5
PARAM_LIMIT = 5_000  # characters; MLflow takes no more


def connect() -> MlflowClient:
    """Return a client of the store that the settings name."""
    settings = Settings.from_environment()
    if settings.mlflow_database is not None:
        _make_store(settings, settings.mlflow_database)
    if mlflow.get_tracking_uri() != settings.mlflow_uri:
        mlflow.set_tracking_uri(settings.mlflow_uri)
    return _client(settings.mlflow_uri)


def _make_store(settings: Settings, store: Path) -> None:
    """Make the database under another name first.

    MLflow creates its tables one by one without a transaction; a kill in between would leave a file that it never opens
    again.
    """
    if store.exists():
        return
    store.parent.mkdir(parents=True, exist_ok=True)
    settings.locks.mkdir(parents=True, exist_ok=True)
    part = store.with_name(f".{store.name}.part")
    with FileLock(settings.locks / "mlflow-store.lock"):
        if not store.exists():
            part.unlink(missing_ok=True)
            MlflowClient(tracking_uri=database_uri(part)).search_experiments()
            part.replace(store)


@cache
def _client(uri: str) -> MlflowClient:
    return MlflowClient(tracking_uri=uri)


def experiment_of(product: str) -> str:
    """Return the id of the product's experiment, made at the first call."""
    client, settings = connect(), Settings.from_environment()
    experiment = client.get_experiment_by_name(product)
    if experiment is not None:
        if KIND not in experiment.tags:  # made by an earlier release
            client.set_experiment_tag(experiment.experiment_id, KIND, TRAINING)
        return str(experiment.experiment_id)
    place = in_home(product) if settings.is_local else None
    try:
        return str(client.create_experiment(product, artifact_location=place, tags={KIND: TRAINING}))
    except MlflowException:
        made_meanwhile = client.get_experiment_by_name(product)
        if made_meanwhile is None:
            raise
        return str(made_meanwhile.experiment_id)


def find_run(product: str, key: str) -> Run | None:
    """Return the run of a training key, whatever became of it."""
    runs = connect().search_runs([experiment_of(product)], f"tags.`{KEY}` = '{key}'", max_results=1)
    return runs[0] if runs else None


@contextmanager
def run_for(product: str, key: str) -> Iterator[str]:
    """Open the run of a training key, a killed or failed one again; yields its id.

    At the end of the block it is FINISHED, or FAILED when something is raised.
    """
    from prefect.runtime import flow_run  # here, as whoever only reads runs need not load Prefect

    from tasks.flow_run import page_of_flow_run

    client = connect()
    experiment = experiment_of(product)
    tags = {KEY: key, PROCESS: this_process(), FLOW_RUN: str(flow_run.id), "git_commit": git_commit()}
    if page := page_of_flow_run():
        tags[FLOW_RUN_PAGE] = page
    tags |= {USER: this_person(), SOURCE: f"trunkline retrain ({product})"}
    if (found := find_run(product, key)) is not None:
        run_id = str(found.info.run_id)
        for name, value in tags.items():
            client.set_tag(run_id, name, value)
        client.update_run(run_id, status="RUNNING")
    else:
        run_id = str(client.create_run(experiment, tags=tags, run_name=f"{product} {key[:8]}").info.run_id)
    try:
        yield run_id
    except BaseException:
        client.set_terminated(run_id, "FAILED")
        raise
    client.set_terminated(run_id, "FINISHED")


def nest_run(parent: str, product: str, key: str, name: str) -> None:
    """Put the run of a training key below another run; one whose process was ended on purpose is closed."""
    client = connect()
    if (found := find_run(product, key)) is None:
        return
    run_id = str(found.info.run_id)
    client.set_tag(run_id, MLFLOW_PARENT_RUN_ID, parent)
    client.set_tag(run_id, MLFLOW_RUN_NAME, name)
    if found.info.status == "RUNNING" and is_dead(found.data.tags.get(PROCESS, "")):
        client.set_terminated(run_id, "KILLED")


@contextmanager
def system_watched(run_id: str) -> Iterator[None]:
    """Log what this block takes of processor, memory, disk and network, every `SYSTEM_S` seconds and at its end."""
    monitor = SystemMetricsMonitor(run_id, sampling_interval=SYSTEM_S, resume_logging=True)
    monitor.start()
    try:
        yield
    finally:
        monitor.finish()
        # MLflow drops what it has collected since the last interval; of a short training that would be all.
        with suppress(MlflowException):  # as inside MLflow: a training does not fail for want of these
            monitor.publish_metrics(monitor.aggregate_metrics())
            monitor.mlflow_logger.flush()


def page_of(run_id: str) -> str:
    """Return the address of a run's page; of a store on this machine, where `trunkline ui` shows it."""
    settings, experiment = Settings.from_environment(), connect().get_run(run_id).info.experiment_id
    server = settings.mlflow_uri.rstrip("/") if settings.mlflow_uri.startswith("http") else MLFLOW_PAGE
    return f"{server}/#/experiments/{experiment}/runs/{run_id}"


def stale_runs() -> list[str]:
    """Return the ids of runs that are open although their process has died."""
    return [str(run.info.run_id) for run in all_runs("attributes.status = 'RUNNING'")
            if is_dead(run.data.tags.get(PROCESS, ""))]  # fmt: skip


def close_stale_runs() -> list[str]:
    """Set runs to KILLED whose process has died without a word; returns their ids."""
    stale = stale_runs()
    for run_id in stale:
        connect().set_terminated(run_id, "KILLED")
    return stale


def all_runs(where: str) -> Iterator[Run]:
    """Yield the runs of all products that a filter of MLflow's leaves."""
    client = connect()
    experiments = [experiment.experiment_id for experiment in client.search_experiments()]
    token: str | None = ""
    while token is not None:
        page = client.search_runs(experiments, where, page_token=token or None)
        yield from page
        token = page.token or None


def log_params(run_id: str, spec: Spec, machine: Mapping[str, str]) -> None:
    """Log what the spec says, one parameter a leaf, and the whole of it with its defaults as a file.

    Parameters are write-once: what is there already stays.
    """
    client = connect()
    said = spec.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    flat = dict(flatten(said)) | {f"machine.{k}": v for k, v in machine.items()}
    known = client.get_run(run_id).data.params
    if not known:  # before them: after a kill in between, it is written again
        client.log_dict(run_id, spec.model_dump(mode="json", by_alias=True), SPEC)
    new = [Param(name, value[:PARAM_LIMIT]) for name, value in flat.items() if name not in known]
    for begin in range(0, len(new), 100):  # MLflow's limit a batch
        client.log_batch(run_id, params=new[begin : begin + 100])


def logged_spec(run_id: str) -> Spec | None:
    """Return the whole spec that a training's run was told; None where it has none that this release can read."""
    try:
        with TemporaryDirectory() as folder:
            return load_spec(Path(connect().download_artifacts(run_id, SPEC, folder)))
    except (MlflowException, OSError, SpecError):
        return None


def log_dataset(run_id: str, product: str, data: Validated) -> None:
    """Log the data set as input of the run; MLflow's own digest is short, so ours goes into a tag."""
    client = connect()
    inputs = client.get_run(run_id).inputs
    if inputs is not None and inputs.dataset_inputs:
        return
    dataset = Dataset(
        name=product,
        digest=data.digest[:32],
        source_type="local",
        source=json.dumps({"cache_path": data.cache_path}),
        profile=json.dumps({"counts": data.counts, "quarantined": data.quarantined}),
    )
    tags = [InputTag("mlflow.data.context", "training"), InputTag("sha256", data.digest)]
    client.log_inputs(run_id, [DatasetInput(dataset, tags)])


def logged_epochs(run_id: str) -> set[int]:
    """Return the epochs whose metrics are in the store; a resumed training does not write them twice."""
    return {metric.step for metric in connect().get_metric_history(run_id, "valid.score")}


def log_epoch(run_id: str, report: EpochReport) -> None:
    """Log the metrics of one epoch in one batch; `valid.score` is its last, the sign that all are there."""
    now = now_ms()
    figures = {
        "learning_rate": report.learning_rate,
        **{f"penalty.{name}": penalty for name, penalty in report.penalties.items()},
        "utterances_per_s": report.utterances_per_s,
        **{f"loss.{head}": loss for head, loss in report.losses.items()},
        **{f"weight.{head}": weight for head, weight in report.weights.items()},
        **{f"affinity.{head}": affinity for head, affinity in report.affinities.items()},
        **{f"stopped.{head}": 1.0 for head in report.stopped},
        **{f"valid.{head}.{name}": value for head, metrics in report.valid.items() for name, value in metrics.items()},
        "valid.score": report.score,
    }
    connect().log_batch(run_id, metrics=[Metric(name, value, now, report.epoch) for name, value in figures.items()])


def log_measured(
    run_id: str, split: str, metrics: Mapping[str, Mapping[str, float]], more: Mapping[str, float | None]
) -> None:
    """Log what the bundle itself reached on a split; None is what nothing tells."""
    now = now_ms()
    figures = {f"{split}.{head}.{name}": value for head, values in metrics.items() for name, value in values.items()}
    figures |= {f"{split}.{name}": value for name, value in more.items() if value is not None}
    connect().log_batch(run_id, metrics=[Metric(name, value, now, 0) for name, value in figures.items()])


def now_ms() -> int:
    """Return the time as MLflow has it."""
    return int(time.time() * 1000)
