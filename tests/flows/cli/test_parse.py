"""`trunkline parse`: each line gets its answer or its error, and answers go nowhere else; a terminal is asked."""

from __future__ import annotations

import io
import json
import os
import stat
import sys
from pathlib import Path

import pexpect
import pytest
from rich.console import Console

from flows.cli.answers import print_answer
from flows.cli.parse import open_product, parse_texts
from schemas.errors import UserError
from tests.flows.cli.conftest import NAMES
from tests.flows.conftest import COMMAND, environment_for
from tests.snapshots import check, normalised
from trunkline_edge.errors import InputRefused
from trunkline_edge.lines import MAX_LINE_BYTES
from trunkline_edge.understanding.names import Names
from trunkline_edge.understanding.text import MAX_CHARACTERS


@pytest.fixture(autouse=True)
def at_home(tiny_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUNKLINE_HOME", str(tiny_home))


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


@pytest.mark.parametrize("name", ["in.JSONL", "in.ndjson", "in.json"])
def test_lines_of_json_are_told_by_the_ending(tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / name).write_bytes(b'{"text": "lamp on"}\n')
    parse(tmp_path / name)
    assert json.loads(capsys.readouterr().out)["text"] == "lamp on"


@pytest.mark.parametrize("name", ["in.csv", "in.TSV", "in.parquet", "in.arrow", "in.feather"])
def test_a_table_is_not_read_as_sentences(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"text,intent\nlamp on,on\n")
    with pytest.raises(UserError, match=rf"{name}: is a table; give a text file of one sentence a line, or JSON Lines"):
        parse(tmp_path / name)


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
        ("in.txt", ".", "is no file; give the name of a file, new or to be replaced"),
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


def test_the_lines_of_standard_input_are_answered_as_a_file_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"lamp on\n\xff\n")))
    with pytest.raises(InputRefused, match="standard input: refused 1 of 2 lines"):
        parse_texts([], None, None, ranking=False, timing=False, names=None, product="", channel="local")
    assert [json.loads(line)["text"] for line in capsys.readouterr().out.splitlines()] == ["lamp on", None]


def shown(text: str, *, ranking: bool = False, **options: object) -> str:
    runtime = open_product("", "local")
    runtime.know(Names.from_bytes(NAMES))
    console = Console(file=io.StringIO(), width=100, **options)
    print_answer(console, runtime.parse(text, ranking=ranking), runtime.manifest)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_an_answer_as_a_person_sees_it() -> None:
    texts = ("turn clippy in the guest room on please", "lamp off", "[x](y) \x1b[2J\u2028", "")
    check("answers", "".join(f"{normalised(shown(text))}\n" for text in texts) + normalised(shown("fan", ranking=True)))


def test_spans_have_colours_where_there_are_some() -> None:
    coloured = shown("turn clippy on", force_terminal=True, color_system="standard")
    assert "turn \x1b[36mclippy\x1b[0m on" in coloured


def test_without_a_sentence_a_terminal_gets_a_prompt_with_history(tiny_home: Path, tmp_path: Path) -> None:
    names = tmp_path / "names.json"
    names.write_bytes(NAMES)
    environment = {**environment_for(tiny_home), "TERM": "xterm", "PATH": os.environ["PATH"]}
    arguments = [*COMMAND[1:], "parse", "--names", str(names)]
    terminal = pexpect.spawn(COMMAND[0], arguments, env=environment, timeout=60, encoding="utf-8", dimensions=(40, 120))
    terminal.expect("tiny version 1; an utterance a line, Ctrl-D to leave")
    terminal.expect("> ")
    terminal.sendline("turn clippy on")
    terminal.expect("vacuum.clipy.* ms")
    terminal.expect("> ")
    terminal.sendline("\x1b[A")  # the arrow brings back what was typed
    terminal.expect("turn clippy on")
    terminal.expect("vacuum.clipy.* ms")
    terminal.expect("> ")
    terminal.sendeof()
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0
