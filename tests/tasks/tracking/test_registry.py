"""What the registry tells of products and skills, of more than MLflow gives at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from mlflow.store.model_registry import SEARCH_REGISTERED_MODEL_MAX_RESULTS_DEFAULT

from tasks.settings import Settings
from tasks.tracking import runs as tracking
from tasks.tracking.needed import needed_bundles
from tasks.tracking.registry import BUNDLE, CHALLENGER, skill_versions, version_records

# MLflow warns of the types of its own request classes when it is imported.
pytestmark = pytest.mark.filterwarnings("ignore:.*Any type hint:UserWarning")


def test_no_model_is_forgotten_however_many_are_registered(home: Path) -> None:
    client = tracking.connect()
    for number in range(SEARCH_REGISTERED_MODEL_MAX_RESULTS_DEFAULT):
        client.create_registered_model(f"home~skill{number:03}")
    for name, bundle_id in (("home~zoo", "a" * 64), ("zebra", "b" * 64)):  # MLflow sorts them by name
        client.create_registered_model(name)
        tags = {BUNDLE: bundle_id, "data_digest": "d"}
        version = client.create_model_version(name, str(home / "files"), tags=tags)
        client.set_registered_model_alias(name, CHALLENGER, str(version.version))
    assert needed_bundles(Settings.from_environment(), 0) == {"a" * 64, "b" * 64}
    assert [each.name for each in skill_versions("home")] == ["zoo"]
    assert [each.product for each in version_records()] == ["zebra"]
