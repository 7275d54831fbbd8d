"""`trunkline parse` on a file: each line gets its answer or its error, and the answers go nowhere else."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from deploy.edge.tests.tiny_bundle import Recipe
from flows.cli.parse import parse_texts
from schemas.errors import UserError
from trunkline_edge.bundle.store import add_bundle, write_pointer
from trunkline_edge.errors import InputRefused
from trunkline_edge.lines import MAX_LINE_BYTES
from trunkline_edge.understanding.text import MAX_CHARACTERS


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose champion is a bundle of linear heads."""
    home = tmp_path_factory.mktemp("home")
    manifest = Recipe().write(home / "built")
    add_bundle(home / "repository", manifest, lambda entry: home / "built" / entry.name)
    write_pointer(
        home / "repository", "tiny", "local", {"bundle_id": manifest.bundle_id, "version": manifest.provenance.version}
    )
    return home


@pytest.fixture(autouse=True)
def at_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUNKLINE_HOME", str(home))


def parse(file: Path, out: Path | None = None) -> None:
    parse_texts([], file, out, ranking=False, timing=False, names=None, product="", channel="local")


def test_a_refused_line_has_its_number_and_error_and_all_others_are_answered(tmp_path: Path) -> None:
    asked, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    lines = [
        b'{"text": "lamp on"}', b"", b"{broken", b'{"text": 7}', b'{"text": "fan \xff"}', b"[" * 5_000,
        json.dumps({"text": "x" * (MAX_CHARACTERS + 1)}).encode(), b'{"text": "' + b"x" * MAX_LINE_BYTES + b'"}',
        b'{"text": "\\ud800"}', b'{"text": "fan\\u2028off"}',
    ]  # fmt: skip
    asked.write_bytes(b"\n".join(lines))
    with pytest.raises(InputRefused, match=r"in\.jsonl: refused 7 of 9 lines; each has an `error` in place") as raised:
        parse(asked, out)
    assert raised.value.exit_code == 2
    answers = [json.loads(line) for line in out.read_text().splitlines()]
    assert [answer["text"] for answer in answers] == ["lamp on", *[None] * 7, "fan\u2028off"]
    errors = {answer["line"]: answer["error"] for answer in answers if "error" in answer}
    assert list(errors) == [3, 4, 5, 6, 7, 8, 9]
    assert errors[3] == 'expected {"text": "..."}, found \'{broken\''
    assert errors[5] == "not UTF-8: invalid start byte at byte 14"
    assert errors[7].startswith(f"text of {MAX_CHARACTERS + 1} characters")
    assert errors[8].startswith(f"longer than {MAX_LINE_BYTES} bytes")
    assert "surrogates not allowed" in errors[9]


def test_a_plain_file_is_answered_line_by_line_on_standard_output(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = tmp_path / "in.txt"
    asked.write_bytes("LÄMP on\r\n\nfan \x1b[2Joff\n".encode())
    parse(asked)
    printed = capsys.readouterr().out
    assert [json.loads(line)["text"] for line in printed.splitlines()] == ["LÄMP on", "", "fan \x1b[2Joff"]
    assert "\x1b" not in printed


def test_the_answers_follow_no_link_and_leave_nothing_beside_them(tmp_path: Path) -> None:
    asked, out, victim = tmp_path / "in.txt", tmp_path / "out.jsonl", tmp_path / "victim"
    asked.write_text("lamp on\n")
    victim.write_text("precious")
    (tmp_path / ".out.jsonl.part").symlink_to(victim)  # where the answers once went first
    out.symlink_to(victim)
    parse(asked, out)
    assert victim.read_text() == "precious"
    assert not out.is_symlink()
    assert json.loads(out.read_text())["text"] == "lamp on"
    assert sorted(path.name for path in tmp_path.iterdir()) == [".out.jsonl.part", "in.txt", "out.jsonl", "victim"]


def test_a_replaced_file_keeps_its_permissions(tmp_path: Path) -> None:
    asked, out = tmp_path / "in.txt", tmp_path / "out.jsonl"
    asked.write_text("lamp on\n")
    out.touch(mode=0o600)
    parse(asked, out)
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert out.read_text()


@pytest.mark.parametrize(
    ("file", "out", "message"),
    [
        ("none.txt", "out", r"none\.txt: no such file"),
        (".", "out", "cannot be read: Is a directory"),
        ("in.txt", "none/out", "none/out: its folder does not exist"),
        ("in.txt", ".", "is no file; give --out the name of a file"),
        ("in.txt", "/dev/null", "/dev/null: is no file"),
    ],
)
def test_a_file_that_cannot_be_read_or_written_is_the_callers_fault(
    tmp_path: Path, file: str, out: str, message: str
) -> None:
    (tmp_path / "in.txt").write_text("lamp on\n")
    with pytest.raises(UserError, match=message):
        parse(tmp_path / file, tmp_path / out)
    assert [path.name for path in tmp_path.iterdir()] == ["in.txt"]
