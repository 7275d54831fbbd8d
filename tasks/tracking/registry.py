"""What MLflow's registry knows of a product's bundles, and the lock under which pointer and aliases are changed."""

from __future__ import annotations

from filelock import FileLock
from mlflow.entities.model_registry import ModelVersion

from tasks.settings import Settings
from tasks.tracking import runs as tracking

CHAMPION, CHALLENGER = "champion", "challenger"
BUNDLE, VERDICT = "bundle_id", "verdict"


def versions(product: str, where: str = "") -> list[ModelVersion]:
    """Return the registered versions of a product, or those of them that a filter of MLflow's leaves."""
    return list(tracking.connect().search_model_versions(f"name = '{product}'{where}"))


def version_with(product: str, bundle_id: str) -> ModelVersion | None:
    """Return the version that is this bundle, if it is registered."""
    return next(iter(versions(product, f" and tags.{BUNDLE} = '{bundle_id}'")), None)


def registry_lock(settings: Settings, product: str) -> FileLock:
    """Guard read-decide-set of pointer and alias; MLflow has no compare-and-set."""
    settings.locks.mkdir(parents=True, exist_ok=True)
    return FileLock(settings.locks / f"registry-{product}.lock")
