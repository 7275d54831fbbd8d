"""Whose fault an error is, as told by the exit code."""

from __future__ import annotations

import errno
import signal
from pathlib import Path

import pytest

from flows.cli.errors import report
from flows.cli.stop import Stopped
from model.export.parity import ParityBroken
from model.training.device import DeviceUnavailable
from model.training.failed import TrainingDiverged
from schemas.data.sources.records import DataRefused
from schemas.spec.bounded_yaml import SpecError
from trunkline_edge.errors import BundleInvalid, InputRefused


@pytest.mark.parametrize("kind", [DeviceUnavailable, TrainingDiverged, DataRefused, SpecError, InputRefused])
def test_what_the_user_asked_for_ends_with_2_and_without_a_log(
    kind: type[Exception], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert report(kind("what was found"), tmp_path / "logs") == 2
    assert capsys.readouterr().err == "trunkline: what was found\n"
    assert not (tmp_path / "logs").exists()


@pytest.mark.parametrize("kind", [ParityBroken, BundleInvalid, RuntimeError])
def test_what_broke_on_our_side_ends_with_1_and_leaves_its_traceback(
    kind: type[Exception], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert report(kind("what broke"), tmp_path / "logs") == 1
    log = capsys.readouterr().err.split("traceback: ")[1].strip()
    assert "what broke" in Path(log).read_text()


def full(tmp_path: Path) -> OSError:
    return OSError(errno.ENOSPC, "No space left on device", str(tmp_path / "net"))


def test_what_the_machine_refuses_is_told_with_its_cure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrapped = RuntimeError("a library's own words")
    wrapped.__cause__ = full(tmp_path)
    assert report(wrapped, tmp_path / "logs") == 1
    said = capsys.readouterr().err
    cure = "the disk is full; make room and run the command again, what is finished is kept\n"
    assert said.startswith(f"trunkline: {tmp_path / 'net'}: {cure}")
    assert report(RuntimeError("(sqlite3.OperationalError) database or disk is full"), tmp_path / "logs") == 1
    assert capsys.readouterr().err.startswith("trunkline: the disk is full")


def test_an_error_is_told_where_its_log_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "logs").touch()  # no folder, and none can be made
    assert report(full(tmp_path), tmp_path / "logs") == 1
    said = capsys.readouterr().err
    assert "the disk is full" in said
    assert said.endswith(f"The full traceback could not be written to {tmp_path / 'logs'}: File exists\n")


def test_who_stopped_a_command_reads_what_is_kept_and_no_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert report(Stopped("stopped. The same command goes on from here.", signal.SIGINT), tmp_path / "logs") == 130
    assert capsys.readouterr().err == "trunkline: stopped. The same command goes on from here.\n"
    assert not (tmp_path / "logs").exists()
