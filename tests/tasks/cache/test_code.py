"""A step's key follows the code that the step runs, and no other."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tasks.cache.code import PACKAGES, ROOT, code_version
from tasks.cache.keys import BUILD, EXPORT, SCORE, TRAIN, VALIDATE

STEPS = (VALIDATE, TRAIN, EXPORT, BUILD, SCORE)


def concerned(checkout: Path, file: str, added: str) -> set[str]:
    """Add text to a file of a copy of the sources; returns the steps whose code is another one afterwards."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, checkout / package, ignore=shutil.ignore_patterns("edge", "__pycache__"))
    path = checkout / file
    path.write_text(path.read_text() + added)
    return {entry for entry in STEPS if code_version(entry, root=checkout) != code_version(entry)}


@pytest.mark.parametrize(
    ("file", "steps"),
    [
        ("model/sharing/sluice.py", {TRAIN, EXPORT}),
        ("schemas/data/quarantine.py", {VALIDATE}),
        ("deploy/bundle/calibrate.py", {BUILD}),
        ("deploy/evaluation/score.py", {BUILD, SCORE}),
        ("deploy/evaluation/transfer.py", set()),
        ("tasks/reports/comparison.py", set()),
        ("schemas/spec/product.py", {VALIDATE, TRAIN, EXPORT, BUILD}),
    ],
)
def test_a_change_of_code_concerns_the_steps_that_run_it(tmp_path: Path, file: str, steps: set[str]) -> None:
    assert concerned(tmp_path, file, "\nADDED = 1\n") == steps


def test_comments_docstrings_and_layout_concern_no_step(tmp_path: Path) -> None:
    assert concerned(tmp_path, "model/net.py", '\n\n# A reason.\n"""A constant\'s docstring."""\n') == set()


def test_an_import_inside_a_function_counts(tmp_path: Path) -> None:
    for version in ("1", "2"):
        folder = tmp_path / version / "model"
        folder.mkdir(parents=True)
        (folder / "early.py").write_text("def f():\n    from model import late\n    return late.A")
        (folder / "late.py").write_text(f"A = {version}")
    assert code_version("model.early", root=tmp_path / "1") != code_version("model.early", root=tmp_path / "2")
