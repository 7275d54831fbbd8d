from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from trunkline_edge.bundle.files import read_bounded, read_verified, write_atomic
from trunkline_edge.bundle.manifest import FileEntry
from trunkline_edge.errors import DigestMismatch


def test_a_written_file_has_the_content_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "file"
    write_atomic(path, b"one")
    write_atomic(path, b"two", mode=0o600)
    assert path.read_bytes() == b"two"
    assert [each.name for each in path.parent.iterdir()] == ["file"]
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("broken", ["fsync", "open", "replace"])
def test_a_failed_write_leaves_the_old_content_and_no_litter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space left"):
        patch.setattr(Path if broken == "replace" else os, broken, full)
        write_atomic(path, b"new")
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_a_link_or_a_file_of_others_where_a_file_is_being_written_is_replaced_and_never_written_to(
    tmp_path: Path,
) -> None:
    """The name of the half-written file can be guessed, in a folder where others may write."""
    secret, own = tmp_path / "secret", tmp_path / "own"
    secret.write_bytes(b"keep")
    own.mkdir()
    guessed = own / f".file.{os.getpid()}.part"
    guessed.symlink_to(secret)
    write_atomic(own / "file", b"new")
    assert (secret.read_bytes(), (own / "file").read_bytes()) == (b"keep", b"new")
    assert not (own / "file").is_symlink()

    guessed.write_bytes(b"of a killed process with this number, or of somebody else")
    with guessed.open("rb") as theirs:
        write_atomic(own / "file", b"newer", mode=0o600)
        assert theirs.read() != b"newer"
    assert (own / "file").read_bytes() == b"newer"
    assert [each.name for each in own.iterdir()] == ["file"]


def test_content_is_on_disk_before_its_name_and_the_name_before_the_return(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    fsync, rename = os.fsync, Path.replace

    def watched_fsync(descriptor: int) -> None:
        is_folder = Path(f"/proc/self/fd/{descriptor}").resolve().is_dir()
        calls.append("fsync folder" if is_folder else "fsync file")
        fsync(descriptor)

    def watched_replace(path: Path, target: Path) -> Path:
        calls.append("rename")
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", watched_fsync)
    monkeypatch.setattr(Path, "replace", watched_replace)
    write_atomic(tmp_path / "file", b"content")
    assert calls == ["fsync file", "rename", "fsync folder"]


def test_no_more_is_read_than_was_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"12345")
    assert read_bounded(path, 5) == b"12345"
    with pytest.raises(OSError, match="more than 4 bytes"):
        read_bounded(path, 4)


@pytest.mark.parametrize("what", ["/dev/zero", "pipe", "folder"])
def test_what_is_no_regular_file_is_refused_at_once(tmp_path: Path, what: str) -> None:
    path = Path(what) if what.startswith("/") else tmp_path / what
    if what == "pipe":
        os.mkfifo(path)
    elif what == "folder":
        path.mkdir()
    entry = FileEntry("trunk.onnx", "0" * 64, 1_000, "trunk")
    with pytest.raises(DigestMismatch, match=r"trunk\.onnx: cannot be read at .*: (not a regular file|Is a directory)"):
        read_verified(entry, path)


def test_a_link_is_read_through_and_its_bytes_are_checked(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"one")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    with pytest.raises(DigestMismatch, match="found 3 bytes"):
        read_verified(FileEntry("file", "0" * 64, 3, "trunk"), tmp_path / "link")
