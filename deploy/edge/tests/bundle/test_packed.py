"""A bundle in one file: what was packed comes out, and what was tampered with does not get in."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trunkline_edge.bundle.files import is_intact
from trunkline_edge.bundle.manifest import MAX_FILES, Manifest
from trunkline_edge.bundle.packed import MANIFEST, PackedBundle, write_packed
from trunkline_edge.bundle.store import State, read_state
from trunkline_edge.cli import main
from trunkline_edge.errors import BundleInvalid, DigestMismatch
from trunkline_edge.understanding.session import open_active
from trunkline_edge.update.agent import Agent
from trunkline_edge.update.carried import CarriedSource


@pytest.fixture(scope="module")
def raw(bundle: Path) -> bytes:
    manifest = Manifest.from_bytes((bundle / MANIFEST).read_bytes())
    file = io.BytesIO()
    write_packed(manifest, lambda entry: bundle / entry.name, file)
    return file.getvalue()


def entries(raw: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(raw)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def zipped(files: list[tuple[str, bytes]], compression: int = zipfile.ZIP_STORED, comment: bytes = b"") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as packed:
        packed.comment = comment
        for name, content in files:
            packed.writestr(zipfile.ZipInfo(name), content, compress_type=compression)
    return file.getvalue()


def written(folder: Path, raw: bytes) -> Path:
    path = folder / "x.tlb"
    path.write_bytes(raw)
    return path


def test_what_was_packed_comes_out_and_packing_again_gives_the_same_bytes(
    raw: bytes, bundle: Path, tmp_path: Path
) -> None:
    packed = PackedBundle(written(tmp_path, raw))
    for entry in packed.manifest.files:
        packed.copy(entry, tmp_path / "out")
        assert (tmp_path / "out").read_bytes() == (bundle / entry.name).read_bytes()
    again = io.BytesIO()
    write_packed(packed.manifest, lambda entry: bundle / entry.name, again)
    assert again.getvalue() == raw


TAMPERED: dict[str, Callable[[dict[str, bytes]], bytes]] = {
    "no zip": lambda files: b"#!/bin/sh\n" * 50,
    "nothing": lambda files: b"",
    "no manifest": lambda files: zipped([pair for pair in files.items() if pair[0] != MANIFEST]),
    "a manifest that is none": lambda files: zipped([*{**files, MANIFEST: b"{}"}.items()]),
    "a file too many, up the tree": lambda files: zipped([*files.items(), ("../../evil", b"x")]),
    "an absolute name": lambda files: zipped([*files.items(), ("/etc/evil", b"x")]),
    "a file too few": lambda files: zipped(list(files.items())[:-1]),
    "a name twice": lambda files: zipped([*files.items(), list(files.items())[-1]]),
    "compressed": lambda files: zipped(list(files.items()), zipfile.ZIP_DEFLATED),
    "a comment": lambda files: zipped(list(files.items()), comment=b"hello"),
    "many files": lambda files: zipped([*files.items(), *((f"f{n}", b"") for n in range(MAX_FILES))]),
    "another length": lambda files: zipped([*{**files, "trunk.onnx": files["trunk.onnx"] + b"!"}.items()]),
}


@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
@pytest.mark.parametrize("how", TAMPERED)
def test_what_is_no_bundle_is_refused_and_nothing_is_written(
    raw: bytes, tmp_path: Path, how: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, TAMPERED[how](entries(raw)))
    with pytest.raises(BundleInvalid, match=r"x\.tlb|manifest"):
        PackedBundle(path)
    home = tmp_path / "home"
    assert main(["install", "--home", str(home), str(path)]) == 1
    assert "update.content" in capsys.readouterr().err
    assert {each.name for each in tmp_path.iterdir()} <= {"x.tlb", "home"}
    assert read_state(home) == State()


def test_a_file_of_the_right_length_and_wrong_content_is_refused(raw: bytes, tmp_path: Path) -> None:
    files = entries(raw)
    spoiled = files["trunk.onnx"][:-1] + bytes([files["trunk.onnx"][-1] ^ 1])
    packed = PackedBundle(written(tmp_path, zipped([*{**files, "trunk.onnx": spoiled}.items()])))
    with pytest.raises(DigestMismatch, match=r"trunk\.onnx is not the file"):
        packed.copy(packed.manifest.file("trunk.onnx"), tmp_path / "out")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_flipped_or_lost_byte_raises_no_error_but_ours_and_files_are_those_of_the_manifest(
    raw: bytes, tmp_path: Path, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(raw) - 1))
    damaged = raw[:place] if data.draw(st.booleans()) else raw[:place] + bytes([raw[place] ^ 0x55]) + raw[place + 1 :]
    try:
        packed = PackedBundle(written(tmp_path, damaged))
        for entry in packed.manifest.files:
            packed.copy(entry, tmp_path / "out")
            assert is_intact(tmp_path / "out", entry)
    except BundleInvalid:
        return


def test_a_file_that_was_cut_off_may_be_damaged(raw: bytes, tmp_path: Path) -> None:
    with pytest.raises(BundleInvalid, match=r"x\.tlb: is no packed bundle, or is damaged: its end is missing"):
        PackedBundle(written(tmp_path, raw[: len(raw) // 2]))


def test_a_file_whose_header_points_past_the_end_is_damaged(raw: bytes, tmp_path: Path) -> None:
    at = 29  # of the first file's header, the greater byte of how much comes before its content
    path = written(tmp_path, raw[:at] + bytes([raw[at] ^ 0x55]) + raw[at + 1 :])
    with pytest.raises(BundleInvalid, match="is damaged: it ends too early"):
        PackedBundle(path)


def test_a_carried_bundle_is_installed_with_all_checks_and_once(
    raw: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, home = written(tmp_path, raw), tmp_path / "home"
    assert main(["install", "--home", str(home), str(path)]) == 0
    assert "installed: bundle" in capsys.readouterr().out
    assert open_active(home).parse("lamp on").intents
    assert main(["install", "--home", str(home), str(path)]) == 0
    assert "is active already" in capsys.readouterr().out


def test_a_carried_bundle_is_installed_where_nobody_has_set_the_clock(raw: bytes, tmp_path: Path) -> None:
    path, home = written(tmp_path, raw), tmp_path / "home"
    done = Agent(home, CarriedSource(path), now=lambda: datetime(1970, 1, 1, tzinfo=UTC)).check()
    assert done.did == "installed"
    assert open_active(home).parse("lamp on").intents


def test_a_file_that_is_not_there_is_a_fault_of_the_call(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["install", "--home", str(tmp_path / "home"), str(tmp_path / "no.tlb")]) == 2
    assert "no such file; `trunkline pack PRODUCT no.tlb` writes one" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["install", "skill add"])
def test_a_folder_in_place_of_a_packed_bundle_is_called_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert main([*command.split(), "--home", str(tmp_path / "home"), str(tmp_path)]) == 2
    told = capsys.readouterr().err
    assert f"{tmp_path}: is a folder, where a file was expected; `trunkline " in told
    assert "PRODUCT FILE`" in told or command == "skill add"
