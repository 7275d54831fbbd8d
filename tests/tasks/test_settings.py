from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

import pytest

from schemas.errors import UserError
from tasks import settings
from tasks.settings import Settings, database_uri, git_commit


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


def test_a_relative_database_is_a_file_of_the_folder_where_the_command_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "50 % done"
    folder.mkdir()
    monkeypatch.chdir(folder)
    relative = {"MLFLOW_TRACKING_URI": "sqlite:///my.db", "TRUNKLINE_SWEEPS_URI": "sqlite:///sub/sweeps.db?timeout=60"}
    with patch.dict(os.environ, {"TRUNKLINE_HOME": "home", **relative}):
        found = Settings.from_environment()
        found.apply()
        monkeypatch.chdir(tmp_path)  # as servers and workers start elsewhere
        assert Settings.from_environment() == found
    assert found.mlflow_database == folder / "my.db"
    assert found.mlflow_uri == database_uri(folder / "my.db")
    assert found.sweeps_uri == f"{database_uri(folder / 'sub' / 'sweeps.db')}?timeout=60"


@pytest.mark.parametrize("uri", ["sqlite:////data/my.db", "sqlite:///:memory:", "postgresql://me@host/runs", "mlruns"])
def test_any_other_database_is_named_as_the_user_names_it(uri: str) -> None:
    assert Settings.from_environment({"MLFLOW_TRACKING_URI": uri}).mlflow_uri == uri


def test_an_empty_variable_is_unset_for_libraries_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = ("TRUNKLINE_HOME", "TRUNKLINE_SWEEPS_URI", "MLFLOW_TRACKING_URI", "PREFECT_HOME", "PYTHONSAFEPATH")
    with patch.dict(os.environ, dict.fromkeys(names, "")):
        Settings.from_environment().apply()
        found = {name: os.environ[name] for name in names}
    home = tmp_path / ".trunkline"
    assert found == {
        "TRUNKLINE_HOME": str(home),
        "TRUNKLINE_SWEEPS_URI": database_uri(home / "sweeps.db"),
        "MLFLOW_TRACKING_URI": database_uri(home / "mlflow.db"),
        "PREFECT_HOME": str(home / "prefect"),
        "PYTHONSAFEPATH": "1",
    }


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
