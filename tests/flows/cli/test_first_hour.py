"""The first hour of somebody with data of their own, typed as they type it."""

from __future__ import annotations

import csv
import json
import sys
from dataclasses import replace
from pathlib import Path

import pexpect
import pytest

from schemas.spec.load import load_spec

DRINKS = ("latte", "flat white", "espresso", "tea", "mocha", "cocoa")
ORDERS = ("a [{}](drink) please", "make me a [{}](drink)", "one [{}](drink) to go", "i want a [{}](drink)")
STOPS = ("the machine", "that", "my order", "it", "everything", "the grinder")


def coffee() -> list[dict[str, str]]:
    """Rows of a coffee machine as a spreadsheet has them: mark-up in the text, a head with a capital, and a remark."""
    texts = [(each.format(drink), "order") for drink in DRINKS for each in ORDERS]
    texts += [(f"{verb} {what}", "cancel") for verb in ("stop", "cancel", "forget", "end") for what in STOPS]
    return [{"text": text, "Intent": intent, "remark": f"call {n}"} for n, (text, intent) in enumerate(texts)]


def write_csv(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture
def own(bare, tmp_path: Path):
    """A folder with a CSV file in it, and a home apart."""
    write_csv(tmp_path / "coffee.csv", coffee())
    return replace(bare, folder=tmp_path, environment=bare.environment | {"TRUNKLINE_HOME": str(tmp_path / "home")})


def test_init_writes_a_spec_with_comments_and_prints_the_next_command(own) -> None:
    done = own.run("init")
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("    trunkline validate coffee.yaml\n    trunkline retrain coffee.yaml\n")
    text = (own.folder / "coffee.yaml").read_text()
    assert "  intent: {kind: class}  # 2 labels: order (24), cancel (24)\n" in text
    assert "  slots: {kind: tag}  # 1 labels: drink (24)\n" in text
    assert "  # left out: remark (48 of 48 values differ)\n" in text
    spec = load_spec(own.folder / "coffee.yaml")
    assert (spec.name, spec.data[0].rename) == ("coffee", {"Intent": "intent"})
    checked = json.loads(own.run("validate", "coffee.yaml", "--json").stdout)
    assert (checked["read"], checked["quarantined"], checked["refused"]) == (48, 0, None)


def test_init_does_not_write_over_a_spec_and_says_which_files_there_are(own) -> None:
    assert own.run("init", "coffee.csv").returncode == 0
    again = own.run("init", "coffee.csv")
    assert (again.returncode, again.stderr) == (
        2, "trunkline: coffee.yaml: is there already; move it away, or name another file with --out\n"
    )  # fmt: skip
    assert own.run("init", "coffee.csv", "--out", "other.yaml").returncode == 0
    write_csv(own.folder / "tea.csv", coffee())
    unclear = own.run("init")
    assert unclear.returncode == 2
    assert "name a file of rows: `trunkline init PATH`; there are coffee.csv, tea.csv." in unclear.stderr


def test_a_refusal_shows_its_reasons_with_a_row_each_and_quarantine_has_all(own) -> None:
    write_csv(own.folder / "bad.csv", [{"text": "hello", "intent": "greet"}, {"text": "", "intent": "greet"}])
    done = own.run("validate", "bad.csv")
    assert done.returncode == 2
    assert "no text, or nothing to read in it" in done.stdout and "bad.csv line 3: found 0" in done.stdout
    assert "1 of 2 rows are bad (50%, allowed 20%)" in done.stderr
    as_json = own.run("validate", "bad.csv", "--json")
    assert as_json.returncode == 2
    value = json.loads(as_json.stdout)
    assert value["refused"].startswith("bad.csv: 1 of 2 rows are bad") and value["reasons"] == {"missing_text": 1}
    shown = own.run("quarantine", "bad.csv", "--reason", "missing_text", "--json")
    (row,) = json.loads(shown.stdout)["rows"]
    assert (row["file"], row["line"], row["raw"], row["reasons"]) == ("bad.csv", 3, ",greet", ["missing_text"])
    assert "missing_text: no text" in " ".join(own.run("quarantine").stdout.split())
    unknown = own.run("quarantine", "--reason", "missing_txt")
    assert (unknown.returncode, "did you mean missing_text?" in unknown.stderr) == (2, True)
    assert "No bad rows." in own.run("quarantine", "coffee.csv").stdout


def test_quarantine_shows_the_set_that_was_validated_last_or_the_one_that_is_named(own) -> None:
    found = {}
    for name, greeting in (("one.csv", "hello"), ("two.csv", "goodbye"), ("one.csv", "hello")):
        rows = [{"text": row["text"], "intent": row["Intent"]} for row in coffee()]
        write_csv(own.folder / name, [*rows, {"text": "", "intent": greeting}])
        found[name] = json.loads(own.run("validate", name, "--json").stdout)["quarantine"]

    def shown(*arguments: str) -> list[str]:
        rows = json.loads(own.run("quarantine", *arguments, "--json").stdout)["rows"]
        return [row["file"] for row in rows]

    assert shown() == ["one.csv"], "its rows were judged before, and it was asked for last"
    assert shown(f"home/quarantine/{found['two.csv']}") == ["two.csv"]
    spec = "name: x\ndata: [{path: one.csv}]\nheads: {intent: {kind: class}}\n"
    (own.folder / "x.yaml").write_text(spec)
    own.run("validate", "x.yaml", "--data", "two.csv")
    assert shown("x.yaml") == [] and shown("x.yaml", "--data", "two.csv") == ["two.csv"]


def test_a_head_of_another_name_and_a_file_without_rows_are_told_with_what_is_there(own) -> None:
    (own.folder / "coffee.yaml").write_text("name: x\ndata: [{path: coffee.csv}]\nheads: {intent: {kind: class}}\n")
    done = own.run("validate", "coffee.yaml")
    assert done.returncode == 2
    assert done.stderr.endswith(
        "no row of train has a label for `intent`; the rows label `Intent`, `slots`: give the head that name, or use "
        "`rename`\n"
    )
    (own.folder / "empty.csv").write_text("text,intent\n")
    empty = own.run("init", "empty.csv")
    assert (empty.returncode, empty.stderr) == (
        2, "trunkline: empty.csv: no row in it can be read; expected one utterance a row\n"
    )  # fmt: skip


@pytest.mark.parametrize("arguments", [["validate", "no.csv", "--json"], ["retrain", "coffee.yaml", "--json"]])
def test_json_is_json_also_when_nothing_can_be_read(own, arguments: list[str]) -> None:
    (own.folder / "coffee.yaml").write_text("name: x\ndata: [{path: none.csv}]\nheads: {intent: {kind: class}}\n")
    done = own.run(*arguments)
    assert done.returncode == 2
    assert "no such file" in json.loads(done.stdout)["refused"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["validate", "coffee.csv", "--set", "validate.min_rows=3"],
        ["validate", "coffee.csv", "--data", "coffee.csv"],
        ["quarantine", "coffee.csv", "--data", "coffee.csv"],
        ["skill", "train", "coffee.csv", "--on", "coffee", "--set", "train.epochs=5"],
    ],
)
def test_options_that_change_a_spec_want_one_and_say_how_to_get_it(own, arguments: list[str]) -> None:
    done = own.run(*arguments)
    assert (done.returncode, done.stderr) == (
        2,
        "trunkline: coffee.csv: --set and --data change a spec, and these are rows; `trunkline init coffee.csv` writes "
        "a spec for them\n",
    )


def test_refused_rows_start_no_server(own) -> None:
    write_csv(own.folder / "few.csv", [{"text": "hello", "intent": "greet"}, {"text": "bye", "intent": "leave"}])
    (own.folder / "few.yaml").write_text("name: few\ndata: [{path: few.csv}]\nheads: {intent: {kind: class}}\n")
    done = own.run("retrain", "few.yaml")
    assert done.returncode == 2
    assert "trunkline: few.csv: no " in done.stderr
    assert not (own.folder / "home" / "logs" / "prefect-server.log").exists()


def test_version_and_the_fields_of_a_spec(own) -> None:
    assert own.run("--version").stdout.startswith("trunkline 0.")
    fields = " ".join(own.run("spec", "train.epochs").stdout.split())
    assert "train.epochs │ whole number >= 1 <= 10,000 │ 20 │ passes over the train rows, at most" in fields
    wrong = own.run("spec", "epohs")
    assert (wrong.returncode, wrong.stderr) == (
        2, "trunkline: epohs: a spec has no such field; did you mean train.epochs?\n"
    )  # fmt: skip
    assert json.loads(own.run("spec", "--schema").stdout)["title"] == "Trunkline spec"


SMALL = (
    "trunk.width=32", "trunk.embedding_width=16", "trunk.layers=1", "trunk.featurizer.buckets=1024",
    "train.epochs=12", "train.batch_size=8", "export.golden=20",
)  # fmt: skip
"""A net that trains in seconds."""


@pytest.mark.slow
def test_five_commands_in_a_terminal_lead_from_a_csv_file_to_the_answer_of_a_device(own) -> None:
    bin_folder = Path(sys.executable).parent
    environment = own.environment | {"PATH": f"{bin_folder}:{own.environment['PATH']}", "PS1": "", "TERM": "dumb"}
    shell = pexpect.spawn(
        "bash", ["--norc", "--noprofile"], cwd=str(own.folder), env=environment, encoding="utf-8", timeout=600
    )
    shell.setwinsize(50, 200)

    def typed(line: str) -> str:
        shell.sendline(f"{line}; echo status=$?")
        shell.expect(r"\nstatus=(\d+)")
        assert shell.match.group(1) == "0", shell.before
        return str(shell.before)

    assert "trunkline validate coffee.yaml" in typed("trunkline init coffee.csv")
    assert "few_test_rows" in typed("trunkline validate coffee.yaml")
    told = typed("trunkline retrain coffee.yaml " + " ".join(f"--set {each}" for each in SMALL))
    assert "promoted: version 1 of coffee" in told and "warning: nothing is rejected" in told
    follow = f"--repository {own.folder / 'home' / 'repository'} --product coffee"
    assert '"did": "installed"' in typed(f"trunkline-edge update --home device {follow}")
    answer = typed('trunkline-edge parse --home device "make me a cortado"')
    assert '"name": "order"' in answer
    shell.sendline("exit")
    shell.expect(pexpect.EOF)
    shell.close()
    assert shell.exitstatus == 0
