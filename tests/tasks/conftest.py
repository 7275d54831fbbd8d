"""A home of its own for every test, with an MLflow store copied from an empty one; one tiny bundle a session."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy.bundle.built import Built
from schemas.spec.load import load_spec
from schemas.spec.product import Spec
from tasks.records import Exported, Trained, Validated

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Chain:
    """The steps up to a bundle, done in `home`."""

    home: Path
    spec: Spec
    data: Validated
    trained: Trained
    run_id: str
    exported: Exported
    bundle: Built


def set_home(patch: pytest.MonkeyPatch, home: Path) -> None:
    for name in ("MLFLOW_TRACKING_URI", "PREFECT_HOME", "PREFECT_API_URL"):
        patch.delenv(name, raising=False)
    patch.setenv("TRUNKLINE_HOME", str(home))
    patch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")


@pytest.fixture(scope="session")
def tiny() -> Spec:
    return load_spec(HERE / "tiny.yaml", data=[HERE / "tiny.jsonl"])


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An MLflow database without content; making one takes seconds."""
    home = tmp_path_factory.mktemp("empty")
    with pytest.MonkeyPatch.context() as patch:
        set_home(patch, home)
        from tasks.tracking import runs as tracking

        tracking.connect().search_experiments()
    return home / "mlflow.db"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty_store: Path) -> Path:
    set_home(monkeypatch, tmp_path)
    shutil.copy(empty_store, tmp_path / "mlflow.db")
    return tmp_path


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, tiny: Spec, empty_store: Path) -> Chain:
    """A chain that is done once and then copied."""
    home = tmp_path_factory.mktemp("finished")
    shutil.copy(empty_store, home / "mlflow.db")
    with pytest.MonkeyPatch.context() as patch:
        set_home(patch, home)
        from tasks.rows import validate
        from tasks.steps.ship import build, export
        from tasks.steps.train import record, train

        data = validate(tiny)
        trained = train.fn(tiny, data)
        run_id = record.fn(tiny, data, trained)
        exported = export.fn(tiny, data, trained)
        bundle = build.fn(tiny, data, trained, exported, run_id)
    return Chain(home, tiny, data, trained, run_id, exported, bundle)


@pytest.fixture
def chain(finished: Chain, home: Path) -> Chain:
    """The finished chain's files in a home of its own; the MLflow store is empty."""
    for name in ("cache", "quarantine"):
        shutil.copytree(finished.home / name, home / name)
    return Chain(home, finished.spec, finished.data, finished.trained, "", finished.exported, finished.bundle)
