"""The registry: one version a bundle, the aliases `challenger` and `champion`, and promotion that survives a kill.

The channel pointer is what devices follow, so it is the truth; the champion alias is its image in MLflow.
"""

from __future__ import annotations

from importlib.metadata import version as release_of

import mlflow
from filelock import FileLock
from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from prefect import task

from deploy.repository.channels import point, publish
from schemas.spec.product import Spec
from tasks.records import Bundled, Champion, Judged, Registered, Validated
from tasks.settings import Settings, git_commit, source_folder
from tasks.tracking import runs as tracking
from tasks.tracking.champion import champion_of
from tasks.tracking.promotions import Promotion, conclude, intend, intended
from tasks.tracking.registry import BUNDLE, CHALLENGER, CHAMPION
from trunkline_edge.bundle.store import self_test


def next_version(product: str) -> int:
    """Return the number that the registry will give next; bundles carry it too."""
    return max((int(found.version) for found in _versions(product)), default=0) + 1


@task
def reconcile(spec: Spec) -> Champion | None:
    """Carry out what a killed process began, close its runs, and return the champion.

    Afterwards the alias and the channel pointer name the same bundle.
    """
    tracking.close_stale_runs()
    settings = Settings.from_environment()
    with _lock(settings, spec.name):
        if (promotion := intended(settings.home, spec.name)) is not None:
            _carry_out(settings, promotion)
        champion = champion_of(settings.repository, spec.name, spec.release.channel)
        _follow_pointer(tracking.connect(), spec.name, champion)
    return champion


@task
def register(spec: Spec, data: Validated, bundle: Bundled, run_id: str) -> Registered:
    """Register the bundle as a model that MLflow can run; a bundle that is there already is found again."""
    client = tracking.connect()
    with _lock(Settings.from_environment(), spec.name):
        found = _version_with(spec.name, bundle.bundle_id)
        if found is None:
            uri = _log_model(client, spec, bundle, run_id)
            found = _create_version(client, spec, data, bundle, run_id, uri)
        client.set_registered_model_alias(spec.name, CHALLENGER, str(found.version))
    return Registered(spec.name, int(found.version), f"models:/{spec.name}/{found.version}")


@task
def promote(spec: Spec, bundle: Bundled, registered: Registered, judged: Judged) -> Champion:
    """Make the challenger champion: channel pointer, alias, tags and log; after a kill the next run does the rest."""
    settings = Settings.from_environment()
    publish(settings.repository, settings.cache / bundle.cache_path)
    self_test(settings.repository, bundle.bundle_id)
    with _lock(settings, spec.name):
        before = champion_of(settings.repository, spec.name, spec.release.channel)
        replaced = _version_with(spec.name, before.bundle_id) if before else None
        promotion = intend(
            settings.home,
            product=spec.name,
            channel=spec.release.channel,
            bundle_id=bundle.bundle_id,
            version=registered.version,
            replaced=before.bundle_id if before else None,
            replaced_version=int(replaced.version) if replaced else None,
            why=judged.reasons,
        )
        _carry_out(settings, promotion)
    champion = champion_of(settings.repository, spec.name, spec.release.channel)
    assert champion is not None  # the pointer has just been written, and its manifest read
    return champion


def _carry_out(settings: Settings, promotion: Promotion) -> None:
    """Do all parts of a promotion; each may have been done before. The bundle is in the repository by now."""
    client = tracking.connect()
    point(settings.repository, promotion.product, promotion.channel, promotion.bundle_id)
    found = _version_with(promotion.product, promotion.bundle_id)
    if found is not None:  # else the registry has been emptied; the next register finds it missing and makes it again
        number = str(found.version)
        client.set_registered_model_alias(promotion.product, CHAMPION, number)
        tags = {
            "promoted_at": promotion.when,
            "replaced": str(promotion.replaced_version or "none"),
            "verdict": "; ".join(promotion.why),
        }
        for name, value in tags.items():
            client.set_model_version_tag(promotion.product, number, name, value)
    conclude(settings.home, promotion)


def _follow_pointer(client: MlflowClient, product: str, champion: Champion | None) -> None:
    found = _version_with(product, champion.bundle_id) if champion else None
    if found is not None and _aliases(client, product).get(CHAMPION) != str(found.version):
        client.set_registered_model_alias(product, CHAMPION, str(found.version))


def _aliases(client: MlflowClient, product: str) -> dict[str, str]:
    return {name: str(number) for name, number in client.get_registered_model(product).aliases.items()}


def _versions(product: str, where: str = "") -> list[ModelVersion]:
    return list(tracking.connect().search_model_versions(f"name = '{product}'{where}"))


def _version_with(product: str, bundle_id: str) -> ModelVersion | None:
    return next(iter(_versions(product, f" and tags.{BUNDLE} = '{bundle_id}'")), None)


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
            artifacts={"bundle": str(settings.cache / bundle.cache_path)},
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


def _lock(settings: Settings, product: str) -> FileLock:
    """Guard read-decide-set of pointer and alias; MLflow has no compare-and-set."""
    settings.locks.mkdir(parents=True, exist_ok=True)
    return FileLock(settings.locks / f"registry-{product}.lock")
