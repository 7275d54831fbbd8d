"""Where MLflow keeps files: below the home that is at hand, wherever that is by now.

MLflow writes down a location for each experiment and run, and never changes it. Ours begin with `trunkline:` and are
looked up from the home, so that a home can be moved or copied. MLflow finds this module by its entry point.
"""

from __future__ import annotations

from urllib.parse import quote, unquote, urlsplit

from mlflow.store.artifact.local_artifact_repo import LocalArtifactRepository

from tasks.settings import Settings

SCHEME = "trunkline"


def in_home(product: str) -> str:
    """Return the location of a product's files."""
    return f"{SCHEME}:/{quote(product)}"


class HomeArtifacts(LocalArtifactRepository):
    """Files below `artifacts/` of the home."""

    def __init__(self, artifact_uri: str, tracking_uri: str | None = None, registry_uri: str | None = None) -> None:
        below = unquote(urlsplit(artifact_uri).path).lstrip("/")
        super().__init__((Settings.from_environment().artifacts / below).as_uri(), tracking_uri, registry_uri)
