"""`trunkline export`, as people run it, over a repository with a champion."""

from __future__ import annotations

from pathlib import Path

from deploy.edge.tests.tiny_bundle import Recipe
from tests.flows.cli.test_serve import promote
from tests.flows.conftest import Desk
from trunkline_edge.understanding.session import open_folder


def test_the_champion_is_written_as_a_folder_that_opens(bare: Desk, tmp_path: Path) -> None:
    manifest = promote(bare.home, Recipe())
    done = bare.run("export", "folder", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{tmp_path / 'out'}: tiny version 1, {len(manifest.files)} files and manifest.json\n"
    assert open_folder(tmp_path / "out").bundle_id == manifest.bundle_id


def test_the_champion_is_written_as_a_model_repository(bare: Desk, tmp_path: Path) -> None:
    promote(bare.home, Recipe())
    done = bare.run("export", "triton", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    assert "ensemble tiny, version 1, of tiny-trunk, tiny-intent," in done.stdout
    assert (tmp_path / "out" / "tiny" / "config.pbtxt").exists()


def test_a_layout_that_there_is_not_and_a_file_in_the_way_are_the_callers_fault(bare: Desk, tmp_path: Path) -> None:
    promote(bare.home, Recipe())
    done = bare.run("export", "zip", str(tmp_path / "out"))
    assert (done.returncode, done.stderr) == (2, "trunkline: zip: no such layout; there are folder, triton\n")
    (tmp_path / "file").write_text("")
    done = bare.run("export", "folder", str(tmp_path / "file"))
    assert done.returncode == 2
    assert "cannot be written" in done.stderr
