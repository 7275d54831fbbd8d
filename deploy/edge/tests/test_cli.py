from __future__ import annotations

import io
import json
import os
import pty
import select
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from deploy.edge.tests.tiny_bundle import HEADS, INTENT, TEXTS, Recipe, head_model
from trunkline_edge import __version__
from trunkline_edge.bundle.files import write_atomic
from trunkline_edge.bundle.manifest import Manifest
from trunkline_edge.bundle.packed import write_packed
from trunkline_edge.bundle.store import add_bundle, load_manifest, located_in, read_state
from trunkline_edge.cli import main
from trunkline_edge.lines import MAX_LINE_BYTES
from trunkline_edge.understanding.text import MAX_CHARACTERS
from trunkline_edge.update.progress import Progress, read_progress, write_progress
from trunkline_edge.update.status import _rejects

if TYPE_CHECKING:
    from deploy.edge.tests.conftest import Repository


@pytest.fixture(scope="module")
def home(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the good bundle active. Do not change it."""
    folder = tmp_path_factory.mktemp("home")
    manifest = Manifest.from_bytes((bundle / "manifest.json").read_bytes())
    add_bundle(folder, manifest, lambda entry: bundle / entry.name)
    write_atomic(folder / "state.json", json.dumps({"active": manifest.bundle_id, "previous": None}).encode())
    return folder


def feed(monkeypatch: pytest.MonkeyPatch, raw: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw), encoding="ascii"))


def run(*arguments: str | Path, raw: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "trunkline_edge", *map(str, arguments)]
    return subprocess.run(command, input=raw, capture_output=True, env=os.environ | environment, check=False)


def fails(capsys: pytest.CaptureFixture[str], code: int, *arguments: str | Path) -> str:
    """Run a command that must fail; returns its message, which is one paragraph."""
    assert main([str(argument) for argument in arguments]) == code
    message = capsys.readouterr().err
    assert message.startswith("trunkline-edge: ")
    assert message.count("\n") == 1
    assert "Traceback" not in message
    return message


def test_parse_answers_each_utterance_on_a_line_of_its_own(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    assert main(["parse", "--home", str(home), "lamp on", "rain", ""]) == 0
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [answer["text"] for answer in answers] == ["lamp on", "rain", ""]
    assert [answer["rejected"] for answer in answers] == [False, False, True]
    assert all("ranking" not in answer and "ms" not in answer for answer in answers)


def test_all_ranks_and_timing_times(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    assert main(["parse", "--home", str(home), "--all", "--timing", "--threads", "2", "lamp on"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert len(answer["ranking"]["intent"]) == len(INTENT.labels)
    assert answer["ms"] > 0


def test_without_utterances_the_lines_of_standard_input_are_answered(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    feed(monkeypatch, "LÄMP on\r\nrain\u2028off\n\nfan".encode())
    assert main(["parse", "--home", str(home)]) == 0
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [answer["text"] for answer in answers] == ["LÄMP on", "rain\u2028off", "", "fan"]


def test_a_line_that_is_refused_gets_its_error_in_place_and_those_after_it_are_answered(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    endless = b"x" * (3 * MAX_LINE_BYTES)
    too_long = b"x" * (MAX_CHARACTERS + 1)
    feed(monkeypatch, b"\n".join([b"lamp", b"fan \xff\xfe", b"rain", endless, too_long, b"fan off", endless]))
    assert main(["parse", "--home", str(home), "--timing"]) == 2
    printed = capsys.readouterr()
    answers = [json.loads(line) for line in printed.out.splitlines()]
    assert [answer["text"] for answer in answers] == ["lamp", None, "rain", None, None, "fan off", None]
    longer = f"longer than {MAX_LINE_BYTES} bytes; text has at most {MAX_CHARACTERS} characters"
    assert [answer for answer in answers if "error" in answer] == [
        {"line": 2, "text": None, "error": "not UTF-8: invalid start byte at byte 4"},
        {"line": 4, "text": None, "error": longer},
        {"line": 5, "text": None, "error": answers[4]["error"]},
        {"line": 7, "text": None, "error": longer},
    ]
    assert answers[4]["error"].startswith(f"text of {MAX_CHARACTERS + 1} characters; at most {MAX_CHARACTERS} are read")
    assert printed.err == "trunkline-edge: refused 4 of the lines; each has an `error` in place of its answer\n"


def test_a_line_of_the_greatest_length_is_no_line_of_endless_length(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    feed(monkeypatch, b" " * (MAX_LINE_BYTES - 1) + b"\n" + b" " * MAX_LINE_BYTES + b"\nlamp\n")
    assert main(["parse", "--home", str(home)]) == 2
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [answer.get("line") for answer in answers] == [1, 2, None]
    assert answers[0]["error"].startswith("text of")
    assert answers[1]["error"].startswith("longer than")


def test_what_an_error_quotes_steers_no_terminal(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    message = fails(capsys, 1, "verify", "--home", tmp_path / "a\x1b[2J\u202eb")
    assert "a\\u001b[2J\\u202eb" in message


def test_an_utterance_that_is_too_long_is_the_callers_fault(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    message = fails(capsys, 2, "parse", "--home", home, "x" * (MAX_CHARACTERS + 1))
    assert f"at most {MAX_CHARACTERS} are read" in message


@pytest.mark.parametrize("locale", [{}, {"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"}])
def test_answers_are_utf8_in_any_locale(home: Path, locale: dict[str, str]) -> None:
    done = run("parse", "--home", home, raw="lämp 灯 🙂\n".encode(), **locale)
    assert (done.returncode, done.stderr) == (0, b"")
    answer = json.loads(done.stdout.decode())
    assert answer["text"] == "lämp 灯 🙂"
    assert answer["intents"][0]["slots"][0]["raw"] == "lämp"


def test_an_argument_that_is_not_utf8_is_refused(home: Path) -> None:
    command = [
        os.fsencode(sys.executable),
        b"-m",
        b"trunkline_edge",
        b"parse",
        b"--home",
        os.fsencode(home),
        b"on \xff",
    ]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith(b"trunkline-edge: text is not Unicode")
    assert done.stderr.count(b"\n") == 1


def test_a_reader_that_goes_away_ends_the_command_in_silence(home: Path) -> None:
    command = [sys.executable, "-m", "trunkline_edge", "parse", "--home", str(home)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdin.write(b"lamp on\n")
    process.stdin.flush()
    assert process.stdout.readline()
    process.stdout.close()
    process.stdin.write(b"rain\n" * 3)
    process.stdin.close()
    with process.stderr:
        assert process.stderr.read() == b""
    assert process.wait(timeout=60) == 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_command_that_is_stopped_says_so(home: Path, number: signal.Signals, code: int) -> None:
    command = [sys.executable, "-m", "trunkline_edge", "parse", "--home", str(home)]
    before = signal.signal(number, signal.SIG_DFL)  # a test run in the background ignores Ctrl-C, its children too
    try:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    finally:
        signal.signal(number, before)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b"lamp on\n")
    process.stdin.flush()
    assert process.stdout.readline()
    process.send_signal(number)
    process.wait(timeout=60)  # before its input ends, which would be a reason to stop too
    _, told = process.communicate()
    assert (process.returncode, told.decode()) == (
        code,
        "trunkline-edge: stopped. What is installed stays; the same command goes on from here.\n",
    )


def test_update_says_what_it_copied_and_what_is_active(
    capsys: pytest.CaptureFixture[str], repository: Repository, tmp_path: Path
) -> None:
    manifest = repository.release(Recipe())
    arguments = [
        "update",
        "--home",
        str(tmp_path / "home"),
        "--repository",
        str(repository.folder),
        "--product",
        "tiny",
    ]
    assert main(arguments) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["active"], told["previous"], told["did"]) == (manifest.bundle_id, None, "installed")
    assert (told["copied"], told["bytes"]) == ([entry.name for entry in manifest.files], manifest.size_bytes)
    assert told["health"]["golden"] == len(TEXTS)
    assert main(arguments) == 0
    assert json.loads(capsys.readouterr().out)["copied"] == []


def test_an_update_that_fails_its_self_test_says_why_once(
    capsys: pytest.CaptureFixture[str], repository: Repository, tmp_path: Path
) -> None:
    other = head_model(INTENT.__class__(INTENT.name, INTENT.kind, INTENT.labels, {}, (0, 0, 9))).SerializeToString()
    repository.release(Recipe(replaced={"intent.onnx": other}))
    home = tmp_path / "home"
    message = fails(capsys, 1, "update", "--home", home, "--repository", repository.folder, "--product", "tiny")
    assert ": golden utterance 'turn on the lamp'" in message
    assert message.count("trunkline-edge:") == 1
    assert read_state(home).active is None


@pytest.mark.parametrize(("code", "ending"), [("health.crash", 0), ("switch.probation", 1)])
def test_a_bundle_that_only_failed_its_test_is_tested_again_where_a_person_installs_it(
    code: str, ending: int, bundle: Path, tmp_path: Path
) -> None:
    manifest, home = Manifest.from_bytes((bundle / "manifest.json").read_bytes()), tmp_path / "home"
    with (tmp_path / "tiny.tlb").open("wb") as file:
        write_packed(manifest, lambda entry: bundle / entry.name, file)
    write_progress(home, Progress(failed={manifest.bundle_id: code}))
    assert main(["install", "--home", str(home), str(tmp_path / "tiny.tlb")]) == ending
    assert read_state(home).active == (None if ending else manifest.bundle_id)
    assert read_progress(home).failed == ({manifest.bundle_id: code} if ending else {})


def test_a_channel_without_bundle_fails_with_the_next_step(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    message = fails(capsys, 2, "update", "--home", tmp_path, "--repository", tmp_path, "--product", "tiny")
    assert "points at nothing: it has no channels" in message


@pytest.mark.parametrize("command", ["parse", "verify"])
def test_a_home_without_bundle_fails_with_the_next_step(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, command: str
) -> None:
    text = ["lamp"] if command == "parse" else []
    told = fails(capsys, 1, command, "--home", tmp_path, *text)
    assert "run `trunkline-edge install FILE` or `update` first, or name another folder with --home" in told


def test_a_home_that_cannot_be_written_fails_with_its_path(
    capsys: pytest.CaptureFixture[str], repository: Repository, tmp_path: Path
) -> None:
    repository.release(Recipe())
    (tmp_path / "file").touch()
    arguments = ("update", "--home", tmp_path / "file", "--repository", repository.folder, "--product", "tiny")
    assert f"{tmp_path / 'file'}" in fails(capsys, 1, *arguments)


def test_verify_repeats_the_golden_answers(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    active = read_state(home).active
    assert active is not None
    assert main(["verify", "--home", str(home)]) == 0
    assert json.loads(capsys.readouterr().out) == {"bundle_id": active, "golden": 5, "ok": True}
    assert main(["verify", "--home", str(home), "--bundle", active]) == 0


def test_verify_fails_on_an_unknown_bundle_and_on_a_spoiled_file(
    capsys: pytest.CaptureFixture[str], bundle: Path, tmp_path: Path
) -> None:
    manifest = Manifest.from_bytes((bundle / "manifest.json").read_bytes())
    add_bundle(tmp_path, manifest, lambda entry: bundle / entry.name)
    located_in(tmp_path)(manifest.file("golden.jsonl")).write_bytes(b"spoiled")
    assert "golden.jsonl: found 7 bytes" in fails(
        capsys, 1, "verify", "--home", tmp_path, "--bundle", manifest.bundle_id
    )
    assert "no manifest" in fails(capsys, 1, "verify", "--home", tmp_path, "--bundle", "a" * 64)


def test_status_shows_what_is_installed(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    assert main(["status", "--home", str(home), "--json"]) == 0
    status = json.loads(capsys.readouterr().out)
    active = read_state(home).active
    assert active is not None
    assert datetime.fromisoformat(status.pop("installed")).timestamp() == int((home / "state.json").stat().st_mtime)
    assert status == {
        "home": str(home),
        "active": active,
        "previous": None,
        "before": None,
        "product": "tiny",
        "version": 1,
        "created": "2026-11-05T12:00:00+00:00",
        "bytes": load_manifest(home, active).size_bytes,
        "heads": ["intent", "domain", "slots", "topics", "urgency"],
        "thresholds": {head.name: head.threshold for head in HEADS if head.threshold > 0},
        "quality": {"intent": {"accuracy": 10_000}},
        "cost": None,
        "on_probation": False,
        "served": None,
        "failed": {},
        "checked": None,
        "signed": None,
        "code": None,
    }


def test_status_is_in_units_of_people_and_says_what_gets_through(
    capsys: pytest.CaptureFixture[str], repository: Repository, tmp_path: Path
) -> None:
    first = repository.release(Recipe(heads=(replace(INTENT, threshold=0.5), *HEADS[1:])))
    follow = ["--home", str(tmp_path), "--repository", str(repository.folder), "--product", "tiny"]
    assert main(["update", *follow]) == 0
    repository.release(Recipe(version=2, heads=(replace(INTENT, bias=(0.3, 0.1, 0.0)), *HEADS[1:])))
    assert main(["update", *follow]) == 0
    capsys.readouterr()
    assert main(["status", "--home", str(tmp_path)]) == 0
    lines = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert lines["installed"] == "just now" and lines["size"] == "0.0 MB"
    assert lines["before"] == f"tiny version 1, {first.bundle_id[:12]}"
    assert main(["rollback", "--home", str(tmp_path)]) == 0
    assert f"rolled back by hand; back to bundle {first.bundle_id[:12]}" in capsys.readouterr().out
    assert main(["status", "--home", str(tmp_path)]) == 0
    told = capsys.readouterr().out
    assert "rejects           an answer less sure than 0.50" in told
    assert "last contact      just now" in told


def test_a_status_tells_the_wish_that_was_missed() -> None:
    found = {"outside_accepted": 4_900, "outside_wished": 500, "wrong_accepted": 2_000}
    told = _rejects({"thresholds": {"intent": 0.9}, "quality": {"intent": found}})
    through = "49.0 % from outside (wished: 5.0 %, more than wished), 20.0 % of wrong answers"
    assert told == f"an answer less sure than 0.90; lets through {through}"
    assert _rejects({"thresholds": {}, "quality": {}}) == "nothing: no threshold was chosen for this bundle"


def on_a_terminal(*command: str | Path) -> bytes:
    """Run a command that ends by itself with a terminal of 80 columns as its output; returns all that it wrote."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ |= {"TERM": "xterm-256color", "COLUMNS": "80"}
        os.environ.pop("NO_COLOR", None)
        os.execv(command[0], list(map(str, command)))
    written = b""
    with suppress(OSError), os.fdopen(terminal, "rb", buffering=0) as file:  # EIO is how Linux says that it has ended
        while chunk := file.read(4096):
            written += chunk
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0, written
    return written


def test_on_a_terminal_a_status_has_colours_where_rich_is_installed_and_none_where_it_is_not(
    repository: Repository, tmp_path: Path
) -> None:
    repository.release(Recipe())
    follow = ["--home", str(tmp_path), "--repository", str(repository.folder), "--product", "tiny", "--probation", "0"]
    assert main(["update", *follow]) == 0
    repository.release(Recipe(version=2, replaced={"intent.onnx": b"no graph"}))
    assert main(["update", *follow]) == 1
    with_rich = on_a_terminal(sys.executable, "-m", "trunkline_edge", "status", "--home", tmp_path)
    assert b"\x1b[32mtiny version 1" in with_rich and b"\x1b[31mfailed: health.load" in with_rich, with_rich
    without = "import sys; sys.modules['rich'] = None; from trunkline_edge.cli import main; sys.exit(main())"
    plain = on_a_terminal(sys.executable, "-c", without, "status", "--home", tmp_path)
    assert b"\x1b" not in plain and b"last check        failed: health.load" in plain, plain


def test_a_product_that_is_misspelt_is_a_fault_of_the_call_and_has_a_hint(
    capsys: pytest.CaptureFixture[str], repository: Repository, tmp_path: Path
) -> None:
    repository.release(Recipe())
    there = ["--home", tmp_path, "--repository", repository.folder]
    assert "did you mean tiny?" in fails(capsys, 2, "update", *there, "--product", "tinny")
    assert "did you mean local?" in fails(capsys, 2, "update", *there, "--product", "tiny", "--channel", "locl")
    assert "there are tiny/local" in fails(capsys, 2, "update", *there, "--product", "x")


def test_parse_alone_on_a_terminal_is_a_prompt_with_history(home: Path) -> None:
    command = [sys.executable, "-m", "trunkline_edge", "parse", "--home", str(home)]
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(command[0], command)
    said = b""

    def until(word: bytes) -> None:
        """Read up to ``word`` and forget it; what comes after stays for the next."""
        nonlocal said
        deadline = time.monotonic() + 60
        while word not in said:
            assert time.monotonic() < deadline and select.select([terminal], [], [], 60)[0], said
            said += os.read(terminal, 4096)
        said = said.partition(word)[2]

    # Keys only after the prompt: before it the terminal still edits lines itself, and Ctrl-D would get lost.
    until(b"> ")
    os.write(terminal, b"lamp on\n")
    until(b'"reason": null}')
    until(b"> ")
    os.write(terminal, b"\x1b[A\n")  # the arrow brings back what was typed
    until(b'"text": "lamp on"')
    until(b'"reason": null}')
    until(b"> ")
    os.write(terminal, b"\x04")
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    os.close(terminal)


def test_without_onnxruntime_there_is_a_sentence_and_no_traceback(home: Path) -> None:
    without = "import sys; sys.modules['onnxruntime'] = None; from trunkline_edge.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", without, "parse", "--home", str(home), "lamp on"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == (
        "trunkline-edge: this needs the package onnxruntime, which is not installed: "
        "`pip install 'trunkline-edge[cpu]'`\n"
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["report"],
        ["update", "--daemon", "--repository", "here", "--product", "tiny"],
        ["update", "--repository", "here", "--product", "tiny"],
    ],
    ids=["report", "daemon", "one check"],
)
def test_without_urllib3_nobody_is_promised_reports(tmp_path: Path, arguments: list[str]) -> None:
    without = "import sys; sys.modules['urllib3'] = None; from trunkline_edge.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", without, *arguments, "--home", str(tmp_path), "--report-url", "http://127.0.0.1:9"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (
        1,
        "trunkline-edge: this needs the package urllib3, which is not installed: "
        "`pip install 'trunkline-edge[update]'`\n",
    )


def test_status_of_an_empty_home_is_empty_and_no_error(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["status", "--home", str(tmp_path)]) == 0
    assert "nothing; run `trunkline-edge install FILE` or `update`" in capsys.readouterr().out
    assert main(["status", "--home", str(tmp_path), "--json"]) == 0
    status = json.loads(capsys.readouterr().out)
    assert (status["home"], status["active"], status["previous"]) == (str(tmp_path), None, None)


def test_a_spoiled_state_fails_in_one_paragraph(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "state.json").write_bytes(b"[]")
    assert "install again" in fails(capsys, 1, "status", "--home", tmp_path)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["dance"],
        ["update"],
        ["parse", "--colour"],
        ["parse", "--threads", "two", "x"],
        ["parse", "--threads", "-1", "x"],
        ["parse", "--threads", "100000", "x"],
        ["names"],
        ["names", "set"],
        ["names", "show", "mine.json"],
        ["skill", "list", "coffee"],
    ],
    ids=str,
)
def test_a_wrong_call_ends_with_2_and_usage(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ending:
        main(arguments)
    assert ending.value.code == 2
    assert capsys.readouterr().err.startswith("usage: trunkline-edge")


@pytest.mark.parametrize("option", ["--interval", "--probation", "--max-ms", "--max-mb", "--max-seconds"])
@pytest.mark.parametrize("number", ["nan", "inf", "-1", "1e300"])
def test_a_number_that_no_device_can_keep_to_is_refused_with_those_that_it_can(
    capsys: pytest.CaptureFixture[str], option: str, number: str
) -> None:
    with pytest.raises(SystemExit) as ending:
        main(["update", "--repository", "here", "--product", "tiny", f"{option}={number}"])
    assert ending.value.code == 2
    assert f"argument {option}: {number}: expected " in capsys.readouterr().err


def test_a_daemon_that_would_never_pause_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["update", "--repository", "here", "--product", "tiny", "--daemon", "--interval", "0"])
    assert "argument --interval: 0: expected 1 to 31,622,400" in capsys.readouterr().err


def test_the_environment_names_the_home(home: Path) -> None:
    done = run("status", "--json", TRUNKLINE_EDGE_HOME=str(home))
    assert json.loads(done.stdout)["home"] == str(home)


def test_the_help_names_the_variable_of_the_home(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["status", "--help"])
    assert "(default: $TRUNKLINE_EDGE_HOME, else ./.trunkline/device)" in " ".join(capsys.readouterr().out.split())


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ending:
        main(["--version"])
    assert ending.value.code == 0
    assert capsys.readouterr().out == f"trunkline-edge {__version__}\n"


NOBODY = 65534


def nobody_can_run() -> bool:
    if os.geteuid() != 0:
        return False
    try:
        return subprocess.run([sys.executable, "-c", "import trunkline_edge"], user=NOBODY, check=False).returncode == 0
    except PermissionError:
        return False


@pytest.mark.skipif("not nobody_can_run()", reason="takes root, and a Python that others can run")
def test_what_root_writes_into_the_home_of_another_user_is_theirs(bundle: Path) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder, home = Path(name), Path(name) / "home"
        folder.chmod(0o755)
        home.mkdir()
        os.chown(home, NOBODY, NOBODY)
        manifest = Manifest.from_bytes((bundle / "manifest.json").read_bytes())
        with (folder / "tiny.tlb").open("wb") as file:
            write_packed(manifest, lambda entry: bundle / entry.name, file)
        (folder / "mine.json").write_text('{"area": [{"id": "den", "names": ["Den"]}]}')
        (folder / "mine.json").chmod(0o600)  # root alone reads it, and does before it goes on as somebody else
        for arguments in (("install", folder / "tiny.tlb"), ("names", "set", folder / "mine.json")):
            done = run(*arguments, "--home", home)
            assert done.returncode == 0, done.stderr
            told = f"trunkline-edge: goes on as user {NOBODY}, who owns {home}\n"
            assert done.stderr.decode().startswith(told)
        written = [path for path in home.rglob("*") if path.is_file()]
        assert {path.name for path in written} > {".update.lock", "names.json", "state.json"}
        assert {(path.stat().st_uid, path.stat().st_gid) for path in written} == {(NOBODY, NOBODY)}


@pytest.mark.skipif("os.geteuid() != 0", reason="takes root")
def test_root_stays_root_where_the_owner_of_a_home_could_not_get_there(tmp_path: Path) -> None:
    home, file = tmp_path / "home", tmp_path / "mine.json"
    home.mkdir()
    os.chown(home, NOBODY, NOBODY)  # below folders that root alone may enter, as pytest's are
    file.write_text('{"area": [{"id": "den", "names": ["Den"]}]}')
    done = run("names", "set", file, "--home", home)
    assert (done.returncode, done.stderr) == (0, b"")
    assert (home / "names.json").stat().st_uid == 0
