"""Whose fault an error is, as told by the exit code."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.cli.errors import report
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
