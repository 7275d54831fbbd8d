from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from schemas.errors import UserError
from tasks import settings
from tasks.settings import Settings, git_commit


def test_the_default_home_is_absolute_and_below_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert Settings.from_environment({}).home == tmp_path / ".trunkline"


def test_state_lies_under_the_home() -> None:
    found = Settings.from_environment({"TRUNKLINE_HOME": "/data/home"})
    assert found.mlflow_uri == "sqlite+pysqlite:////data/home/mlflow.db"
    assert found.prefect_home == Path("/data/home/prefect")


def test_the_users_own_tracking_server_wins() -> None:
    found = Settings.from_environment({"MLFLOW_TRACKING_URI": "http://mlflow:5000"})
    assert (found.mlflow_uri, found.is_local) == ("http://mlflow:5000", False)


@pytest.mark.parametrize("home", ["a file", "a file/home", "a loop", "x" * 300, "/proc/nothere"])
def test_what_cannot_be_a_home_is_the_callers_fault(tmp_path: Path, home: str) -> None:
    (tmp_path / "a file").touch()
    (tmp_path / "a loop").symlink_to("a loop")
    with pytest.raises(
        UserError, match=r"TRUNKLINE_HOME\) cannot be made a folder.*name one that is there or can be made"
    ):
        Settings.from_environment({"TRUNKLINE_HOME": str(tmp_path / home)}).apply()


def test_importing_settings_makes_nothing(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", "import tasks.settings"], cwd=tmp_path, check=True, timeout=60)
    assert list(tmp_path.iterdir()) == []


def test_outside_git_the_commit_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "ROOT", tmp_path)
    git_commit.cache_clear()
    assert git_commit() == "unknown"
    git_commit.cache_clear()
