"""The registry: one version a bundle, the alias `challenger`, and the way to the alias `champion`."""

from __future__ import annotations

from importlib.metadata import version as release_of

import mlflow
from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from prefect import task

from deploy.evaluation.verdict import Verdict
from schemas.spec.product import Spec
from tasks.records import Bundled, Champion, Registered, Validated
from tasks.settings import Settings, git_commit, source_folder
from tasks.tracking import runs as tracking
from tasks.tracking.champion import champion_of
from tasks.tracking.registry import BUNDLE, CHALLENGER, registry_lock, version_with, versions
from tasks.tracking.succession import Place, finish_begun, promote_judged


def next_version(product: str) -> int:
    """Return the number that the registry will give next; bundles carry it too."""
    return max((int(found.version) for found in versions(product)), default=0) + 1


@task
def reconcile(spec: Spec) -> Champion | None:
    """Carry out what a killed process began, close its runs, and return the champion.

    Afterwards the alias and the channel pointer name the same bundle.
    """
    tracking.close_stale_runs()
    place = Place(spec.name, spec.release.channel)
    finish_begun(place)
    return champion_of(place.settings.repository, place.product, place.channel)


@task
def register(spec: Spec, data: Validated, bundle: Bundled, run_id: str) -> Registered:
    """Register the bundle as a model that MLflow can run; a bundle that is there already is found again."""
    client = tracking.connect()
    with registry_lock(Settings.from_environment(), spec.name):
        found = version_with(spec.name, bundle.bundle_id)
        if found is None:
            uri = _log_model(client, spec, bundle, run_id)
            found = _create_version(client, spec, data, bundle, run_id, uri)
        client.set_registered_model_alias(spec.name, CHALLENGER, str(found.version))
    return Registered(spec.name, int(found.version), f"models:/{spec.name}/{found.version}")


@task
def promote(spec: Spec, bundle: Bundled, registered: Registered, verdict: Verdict) -> Champion | None:
    """Make the challenger champion: channel pointer, alias, tags and log; after a kill the next run does the rest.

    Returns None, with nothing moved, when another champion is in force than the verdict is about.
    """
    place = Place(spec.name, spec.release.channel)
    return promote_judged(place, place.settings.cache / bundle.cache_path, registered.version, verdict)


def _log_model(client: MlflowClient, spec: Spec, bundle: Bundled, run_id: str) -> str:
    """Log the bundle as a model; returns its URI. One that was logged before a kill is used again."""
    experiment = tracking.experiment_of(spec.name)
    for logged in client.search_logged_models([experiment], f"tags.{BUNDLE} = '{bundle.bundle_id}'"):
        if str(logged.status) == "READY":
            return str(logged.model_uri)
    settings = Settings.from_environment()
    with mlflow.start_run(run_id=run_id):
        info = mlflow.pyfunc.log_model(
            name=spec.name,
            python_model=str(source_folder("tasks") / "tracking" / "bundle_model.py"),
            artifacts={"bundle": (settings.cache / bundle.cache_path).as_uri()},  # a bare path with `%` is misread
            code_paths=[str(source_folder("trunkline_edge"))],
            # Named, because MLflow would import everything to find out, and because the device wheel's name varies.
            pip_requirements=[f"mlflow=={mlflow.__version__}", f"numpy=={release_of('numpy')}", "onnxruntime>=1.20"],
            tags={BUNDLE: bundle.bundle_id},
        )
    return str(info.model_uri)


def _create_version(
    client: MlflowClient, spec: Spec, data: Validated, bundle: Bundled, run_id: str, model_uri: str
) -> ModelVersion:
    try:
        client.get_registered_model(spec.name)
    except MlflowException:
        client.create_registered_model(spec.name, description="Trained, judged and promoted by Trunkline.")
    tags = {
        BUNDLE: bundle.bundle_id,
        "bundle_version": str(bundle.version),
        "data_digest": data.digest,
        "spec_digest": spec.digest(),
        "git_commit": git_commit(),
    }
    # The tags come with the version in one write: a version without its bundle id would be lost to us. By the client,
    # as `mlflow.register_model` prints to the terminal.
    model_id = model_uri.rpartition("/")[2]
    return client.create_model_version(spec.name, model_uri, run_id=run_id, tags=tags, model_id=model_id)
