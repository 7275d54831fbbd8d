"""The registry: one version a bundle, the alias `challenger`, and the way to the alias `champion`."""

from __future__ import annotations

from datetime import datetime
from tempfile import TemporaryDirectory

import mlflow
from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from mlflow.models import Model, get_model_info
from mlflow.models.model import MLMODEL_FILE_NAME
from mlflow.store.artifact.models_artifact_repo import ModelsArtifactRepository
from prefect import task
from prefect.logging import get_logger

from deploy.bundle.built import Built
from deploy.evaluation.verdict import Verdict
from schemas.spec.product import Spec
from tasks.flow_run import say
from tasks.machine import release_of
from tasks.progress import Noticed, tell
from tasks.records import Champion, Registered, Validated
from tasks.rows import open_data
from tasks.settings import Settings, git_commit, source_folder
from tasks.tracking import runs as tracking
from tasks.tracking.answer_schema import ANSWER
from tasks.tracking.champion import champion_of
from tasks.tracking.registry import BUNDLE, CHALLENGER, registry_lock, version_with
from tasks.tracking.succession import Channel, finish_begun, promote_judged
from trunkline_edge.understanding.graphs import ORT_MIN

EXAMPLES = 3
"""Utterances that MLflow's page shows as an example of what to send."""


@task
def reconcile(spec: Spec) -> Champion | None:
    """Carry out what a killed process began, close its runs, and return the champion.

    Afterwards the alias and the channel pointer name the same bundle.
    """
    tracking.close_stale_runs()
    channel = Channel(spec.name, spec.release.channel)
    if notice := finish_begun(channel):
        tell(Noticed(notice))
        get_logger().warning(notice)
    return champion_of(channel.settings.repository, channel.product, channel.name)


@task
def register(spec: Spec, data: Validated, bundle: Built, run_id: str) -> Registered:
    """Register the bundle as a model that MLflow can run; a bundle that is there already is found again.

    Here, under the lock, it gets its number: the one that MLflow gives. What is published says it, the files do not.
    """
    client = tracking.connect()
    with registry_lock(Settings.from_environment(), spec.name):
        found = version_with(spec.name, bundle.bundle_id)
        if found is None:
            uri = _log_model(client, spec, data, bundle, run_id)
            found = _create_version(client, spec, data, bundle, run_id, uri)
        client.set_registered_model_alias(spec.name, CHALLENGER, str(found.version))
    say(f"register: version {found.version} of {spec.name} is bundle {bundle.bundle_id[:12]}")
    return Registered(spec.name, int(found.version), f"models:/{spec.name}/{found.version}")


@task
def promote(
    spec: Spec, bundle: Built, registered: Registered, verdict: Verdict, now: datetime | None = None
) -> Champion | None:
    """Make the challenger champion: channel pointer, alias, tags and log; after a kill the next run does the rest.

    Returns None, with nothing moved, when another champion is in force than the verdict is about.
    """
    channel = Channel(spec.name, spec.release.channel)
    promoted = promote_judged(channel, channel.settings.cache / bundle.folder, registered.version, verdict, now)
    if promoted:
        say(f"promote: version {promoted.version} is champion of {spec.name} on channel {channel.name}")
    return promoted


def _log_model(client: MlflowClient, spec: Spec, data: Validated, bundle: Built, run_id: str) -> str:
    """Log the bundle as a model; returns its URI. One that was logged before a kill is used again."""
    experiment = tracking.experiment_of(spec.name)
    for logged in client.search_logged_models([experiment], f"tags.{BUNDLE} = '{bundle.bundle_id}'"):
        if str(logged.status) == "READY":
            return _with_answers(client, str(logged.model_uri))
    settings = Settings.from_environment()
    with mlflow.start_run(run_id=run_id):
        info = mlflow.pyfunc.log_model(
            name=spec.name,
            python_model=str(source_folder("tasks") / "tracking" / "bundle_model.py"),
            artifacts={"bundle": (settings.cache / bundle.folder).as_uri()},  # a bare path with `%` is misread
            code_paths=[str(source_folder("trunkline_edge"))],
            # Named, because MLflow would import everything to find out, and because the device wheel's name varies.
            pip_requirements=[
                f"mlflow=={mlflow.__version__}",
                f"numpy=={release_of('numpy')}",
                f"onnxruntime>={ORT_MIN}",
            ],
            tags={BUNDLE: bundle.bundle_id},
            input_example=_examples(data),
        )
    return _with_answers(client, str(info.model_uri))


def _with_answers(client: MlflowClient, model_uri: str) -> str:
    """Give a logged model's signature its outputs: MLflow reads inputs from type hints, and would take any answer.

    By hand: MLflow's `set_signature` reads the file by its place, and misreads a place with `%` in it.
    """
    info = get_model_info(model_uri)
    if info.signature.outputs != ANSWER:
        with TemporaryDirectory() as folder:
            file = ModelsArtifactRepository(model_uri).download_artifacts(MLMODEL_FILE_NAME, folder)
            model = Model.load(file)
            model.signature.outputs = ANSWER
            model.save(file)
            client.log_model_artifact(info.model_id, file)
    return model_uri


def _examples(data: Validated) -> list[str]:
    first = next(iter(open_data(data).batches(data.held_out)))
    return [str(text) for text in first["text"].head(EXAMPLES)]


def _create_version(
    client: MlflowClient, spec: Spec, data: Validated, bundle: Built, run_id: str, model_uri: str
) -> ModelVersion:
    try:
        client.get_registered_model(spec.name)
    except MlflowException:
        client.create_registered_model(spec.name, description="Trained, judged and promoted by Trunkline.")
    tags = {
        BUNDLE: bundle.bundle_id,
        "data_digest": data.digest,
        "spec_digest": spec.digest(),
        "git_commit": git_commit(),
    }
    # The tags come with the version in one write: a version without its bundle id would be lost to us. By the client,
    # as `mlflow.register_model` prints to the terminal.
    model_id = model_uri.rpartition("/")[2]
    return client.create_model_version(spec.name, model_uri, run_id=run_id, tags=tags, model_id=model_id)
