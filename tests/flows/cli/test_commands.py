from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

HEAVY = ("torch", "mlflow", "prefect", "polars", "onnx", "pandera")


def said(text: str) -> str:
    return " ".join(text.split())


def loaded(desk, *arguments: str) -> tuple[str, str]:
    """Return what a command prints, and which heavy libraries it has loaded."""
    code = (
        f"import sys; sys.argv = ['trunkline', *{arguments}]\n"
        "from flows.cli.app import app; app(standalone_mode=False)\n"
        f"print(*(name for name in {HEAVY} if name in sys.modules), end='', file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=desk.environment, cwd=desk.folder, capture_output=True, text=True
    )
    return done.stdout, done.stderr.rpartition("\n")[2]


def test_help_loads_nothing_heavy(bare) -> None:
    printed, heavy = loaded(bare, "--help")
    assert "retrain" in printed
    assert heavy == ""


def test_answering_loads_neither_torch_nor_an_orchestrator(retrained) -> None:
    printed, heavy = loaded(retrained, "parse", "turn on the lamp")
    assert "intents" in printed
    assert heavy == ""


def test_the_first_retrain_promotes_and_says_where_to_look(retrained) -> None:
    assert (retrained.home / "promotions.jsonl").read_text().count("\n") == 1
    (log,) = (retrained.home / "logs").glob("retrain-*.log")
    assert "prefect" in log.read_text()


def test_a_second_retrain_trains_nothing_and_says_why(retrained) -> None:
    done = retrained.run("retrain", str(retrained.spec))
    assert done.returncode == 0 and done.stderr == ""
    for step in ("validating rows", "training", "exporting graphs", "building the bundle", "scoring the bundle"):
        assert f"{step} skipped: same input and code, done" in said(done.stdout)
    assert "champion already: version 1 of tiny" in done.stdout
    assert (retrained.home / "promotions.jsonl").read_text().count("\n") == 1


def test_a_retrain_with_nothing_to_do_needs_no_server_and_loads_no_torch(retrained) -> None:
    nobody = replace(retrained, environment=retrained.environment | {"PREFECT_API_URL": "http://127.0.0.1:9/api"})
    printed, heavy = loaded(nobody, "retrain", str(retrained.spec), "--json")
    done = json.loads(printed)
    assert heavy.split() == ["mlflow", "polars"]
    assert done["judged"]["is_champion"] and done["in_force"]["bundle_id"] == done["bundle"]["bundle_id"]
    assert (done["registered"]["version"], len(done["run_id"])) == (1, 32)
    assert done["registered"]["model_uri"] == "models:/tiny/1"


def test_a_plan_names_what_would_run_and_how_long(retrained) -> None:
    same = json.loads(retrained.run("plan", str(retrained.spec), "--json").stdout)
    assert [step["runs"] for step in same["steps"]] == [False] * 5
    assert (same["champion"]["version"], same["expected_s"]) == (1, 0)
    more = json.loads(retrained.run("plan", str(retrained.spec), "--set", "train.epochs=9", "--json").stdout)
    # Without how long ago: a minute may have passed since the first plan.
    assert [(step["step"], step["runs"], step["why"].partition(", done")[0]) for step in more["steps"]] == [
        ("validate", False, "same input and code"),
        ("train", True, "train.epochs 4 -> 9"),
        ("export", True, "as train runs before it"),
        ("build", True, "as train runs before it"),
        ("score", True, "as train runs before it"),
    ]
    assert more["expected_s"] > 0
    validated, trained, *later = more["steps"]
    assert validated["key"] == same["steps"][0]["key"] and trained["key"] != same["steps"][1]["key"]
    assert trained["changed"] == [{"part": "train.epochs", "before": "4", "now": "9"}]
    assert [step["key"] for step in later] == [None] * 3


def test_a_plan_tells_what_a_training_goes_on_from(retrained, bare, tmp_path: Path) -> None:
    goes_on = ("plan", str(retrained.spec), "--set", "train.start_from=champion")
    same = retrained.run(*goes_on, "--json")
    assert [step["runs"] for step in json.loads(same.stdout)["steps"]] == [False] * 5, "its rows teach it nothing new"
    assert json.loads(same.stdout)["starts_from"] is None
    learned = "starts from:   nothing: the champion has learned from these rows already"
    assert learned in retrained.run(*goes_on).stdout
    rows = tmp_path / "tiny.jsonl"
    rows.write_text(
        retrained.spec.with_suffix(".jsonl").read_text() + '{"text": "lamp on", "labels": {"intent": "on"}}'
    )
    new = retrained.run(*goes_on, "--data", str(rows)).stdout
    assert "starts from:   the champion's weights" in new
    assert "unless it has learned from these rows already" in new, "they are not validated yet"
    assert json.loads(retrained.run(*goes_on, "--data", str(rows), "--json").stdout)["starts_from"] is None
    assert "starts from:   nothing, as there is no champion yet" in bare.run(*goes_on).stdout
    keeps = (*goes_on, "--set", "train.freeze=trunk")
    assert "epochs of the heads, on its own trunk" in retrained.run(*keeps).stdout, "of the same rows too"
    refused = bare.run(*keeps)
    assert refused.returncode == 2 and "has no champion yet whose trunk could be kept" in refused.stderr


@pytest.mark.slow
def test_teachers_are_trained_first_and_once(retrained, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(retrained.home, home)
    desk = replace(retrained, home=home, environment=retrained.environment | {"TRUNKLINE_HOME": str(home)})
    taught = [str(desk.spec), "--set", "train.epochs=1", "--set", "distill.teachers={again: {train: {seed: 5}}}"]
    planned = json.loads(desk.run("plan", *taught, "--json").stdout)["steps"]
    assert [(step["step"], step["runs"]) for step in planned[:4]] == [
        ("validate", False),
        ("train again", True),
        ("train", True),
        ("export", True),
    ]
    first = desk.run("retrain", *taught)
    assert first.returncode == 0, first.stderr
    assert said(first.stdout).index("teacher again") < said(first.stdout).index("training done")
    assert len(list(home.glob("cache/train/*/net.json"))) == 3  # the one before, the teacher, its pupil
    planned = json.loads(desk.run("plan", *taught, "--json").stdout)["steps"]
    assert [step["runs"] for step in planned] == [False] * 6


@pytest.mark.slow
def test_a_damaged_step_runs_again_and_the_rest_is_kept(retrained, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(retrained.home, home)
    desk = replace(retrained, home=home, environment=retrained.environment | {"TRUNKLINE_HOME": str(home)})
    trunk = sorted(home.glob("cache/export/*/*.onnx"))[0]
    trunk.write_bytes(trunk.read_bytes()[:-1] + b"!")
    planned = json.loads(desk.run("plan", str(desk.spec), "--json").stdout)
    assert planned["steps"][2]["why"] == f"done before, but {trunk.name} is damaged"
    done = json.loads(desk.run("retrain", str(desk.spec), "--json").stdout)
    assert done["judged"]["is_champion"]


def test_parse_answers_as_the_device_does(retrained, tmp_path: Path) -> None:
    edge = [sys.executable, "-m", "trunkline_edge"]
    device = ["--home", str(tmp_path / "device")]
    texts = ["turn on the lamp in the hall", "PLEASE turn off the fan 🙂 in the attic", ""]
    follow = ["--repository", str(retrained.home / "repository"), "--product", "tiny"]
    subprocess.run([*edge, "update", *device, *follow], env=retrained.environment, check=True, capture_output=True)
    for option in ([], ["--all"]):
        theirs = subprocess.run(
            [*edge, "parse", *device, *option, *texts], env=retrained.environment, capture_output=True, text=True
        )
        ours = retrained.run("parse", *option, *texts)
        assert (ours.returncode, ours.stdout) == (0, theirs.stdout)


def test_a_file_of_sentences_becomes_a_file_of_answers(retrained, tmp_path: Path) -> None:
    asked, answered = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    texts = ["turn on the lamp in the hall", "turn off the fan in the attic"]
    asked.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    done = retrained.run("parse", "--file", str(asked), "--out", str(answered))
    assert (done.returncode, done.stdout) == (0, "")
    assert answered.read_text() == retrained.run("parse", *texts).stdout


def test_score_measures_the_champion_on_a_labelled_file(retrained, tmp_path: Path) -> None:
    rows = [json.loads(line) for line in (retrained.spec.with_suffix(".jsonl")).read_text().splitlines()[:12]]
    file = tmp_path / "rows.jsonl"
    file.write_text(
        "".join(json.dumps({**row, "split": "test" if i < 5 else "valid"}) + "\n" for i, row in enumerate(rows))
    )
    scored = (str(retrained.spec), str(file), "--with-seen", "--json")
    value = json.loads(retrained.run("score", *scored).stdout)
    assert (value["split"], value["rows"], value["bad_rows"]) == ("test", 5, 0)
    assert set(value["heads"]) == {"intent", "slots"}
    assert {"p50", "p95"} == set(value["latency_ms"])
    everything = json.loads(retrained.run("score", *scored, "--split", "all", "--version", "1").stdout)
    assert (everything["rows"], everything["version"]) == (12, 1)


def test_score_leaves_out_what_the_champion_learned_from_and_refuses_labels_that_it_lacks(
    retrained, tmp_path: Path
) -> None:
    rows = [json.loads(line) for line in retrained.spec.with_suffix(".jsonl").read_text().splitlines()[:20]]
    new = {"text": "turn on the heater in the cellar", "labels": {"intent": "on"}}
    odd = {"text": "turn it up", "labels": {"intent": "louder"}}
    file = tmp_path / "rows.jsonl"

    def score(*rows: object) -> subprocess.CompletedProcess[str]:
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return retrained.run("score", str(retrained.spec), str(file), "--json")

    value = json.loads(score(*rows, new, odd).stdout)
    assert value["rows"] + value["seen_rows"] == 22 and value["seen_rows"] > 10
    assert value["unknown_labels"] == {"intent": ["louder"]}
    refused = score(odd)
    assert refused.returncode == 2
    assert "head `intent`: the champion has none of its 1 labels (louder); it knows off, on" in refused.stderr


def test_score_refuses_rows_without_any_label(retrained, tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("text,colour\nwarm up the sauna please,red\nnever warm it up again,blue\n")
    refused = retrained.run("score", str(retrained.spec), str(file), "--json")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "rows.csv: found no label of intent, slots in 2 rows" in said(refused.stderr)
    assert "column `labels.intent`, and `rename` in a spec matches other names" in said(refused.stderr)


def test_a_version_that_is_no_champion_can_be_asked(retrained) -> None:
    ask = ("parse", "turn on the lamp in the hall")
    assert retrained.run(*ask, "--version", "1").stdout == retrained.run(*ask).stdout
    unknown = retrained.run(*ask, "--version", "9")
    assert (unknown.returncode, "has no version 9" in unknown.stderr) == (2, True)


def test_misspelt_products_and_channels_have_a_hint_and_blank_lines_an_answer(retrained, tmp_path: Path) -> None:
    assert "did you mean tiny?" in retrained.run("parse", "hello", "--product", "tinny").stderr
    assert "did you mean local?" in retrained.run("parse", "hello", "--product", "tiny", "--channel", "locl").stderr
    lines = tmp_path / "lines.txt"
    lines.write_text("turn on the lamp\n\nturn off the fan\n")
    answers = [json.loads(line)["text"] for line in retrained.run("parse", "--file", str(lines)).stdout.splitlines()]
    assert answers == ["turn on the lamp", "", "turn off the fan"]


def test_validate_counts_every_row(bare) -> None:
    done = bare.run("validate", str(bare.spec), "--json")
    value = json.loads(done.stdout)
    assert value["read"] == sum(value["counts"].values()) + value["quarantined"] == 81
    assert value["reasons"] == {"unparsable": 1}
    assert (bare.home / "quarantine" / value["quarantine"]).exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["retrain", "specs/hom.yaml"], "trunkline: specs/hom.yaml: no such spec file. Did you mean specs/home.yaml?"),
        (
            ["plan", "{spec}", "--set", "train.epoch=3"],
            "trunkline: --set train.epoch: train.epoch: unknown key; did you mean `epochs`?",
        ),
        (
            ["plan", "{spec}", "--set", "epochs"],
            "trunkline: --set epochs: expected FIELD=VALUE, for example train.epochs=3",
        ),
        (
            ["retrain", "{spec}", "--set", "distill.teachers.wrong.trunk.widht=3"],
            "trunkline: distill.teachers.wrong: trunk.widht: unknown key; did you mean `width`?",
        ),
        (["validate", "{spec}", "--data", "no.jsonl"], "trunkline: no.jsonl: no such file"),
        (["parse", "hello", "--file", "{spec}"], "trunkline: sentences and --file {spec}: give one of them"),
        (
            ["parse", "hello"],
            "trunkline: no champion of home on channel local: nothing has been promoted yet; "
            "`trunkline retrain SPEC` trains a net and promotes it",
        ),
    ],
)
def test_a_fault_of_the_call_is_one_paragraph_and_exit_code_2(bare, arguments: list[str], message: str) -> None:
    spec = str(bare.spec)
    done = bare.run(*(argument.format(spec=spec) for argument in arguments))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == message.format(spec=spec) + "\n"


@pytest.mark.parametrize("command", ["validate", pytest.param("retrain", marks=pytest.mark.slow)])
def test_a_refused_data_set_is_the_callers_fault(desk, command: str) -> None:
    rows = desk.home / "rows.jsonl"
    rows.write_text('{"text": "turn on", "labels": {"intent": "on"}}\n' + "{\n" * 9)
    done = desk.run(command, str(desk.spec), "--data", str(rows))
    assert done.returncode == 2
    assert done.stderr.startswith(f"trunkline: {rows}: 9 of 10 rows are bad (90%, allowed 20%)")


def test_a_fault_of_ours_says_where_the_traceback_is(retrained, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(retrained.home / "repository", home / "repository")
    for manifest in (home / "repository" / "bundles").iterdir():
        manifest.write_bytes(b"{}")
    desk = replace(retrained, home=home, environment=retrained.environment | {"TRUNKLINE_HOME": str(home)})
    done = desk.run("parse", "hello")
    assert done.returncode == 1
    assert done.stderr.startswith(f"trunkline: BundleInvalid: {home / 'repository' / 'bundles'}")
    assert ".json: manifest has no integer `schema`; install again\nFull traceback: " in done.stderr
    assert "Traceback" not in done.stderr
    assert "Traceback" in Path(done.stderr.split("traceback: ")[1].strip()).read_text()


def test_doctor_looks_at_everything_and_loads_neither_mlflow_nor_prefect_for_a_fresh_home(bare) -> None:
    printed, heavy = loaded(bare, "doctor", "--json")
    seen = {check["what"] for check in json.loads(printed)["checks"]}
    assert {"python", "prefect", "mlflow", "torch", "gpu", "port 5000", "home", "disk", "left behind"} <= seen
    assert not {"mlflow", "prefect"} & set(heavy.split())


def test_doctor_finds_runs_whose_process_has_died(retrained, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(retrained.home, home)
    desk = replace(retrained, home=home, environment=retrained.environment | {"TRUNKLINE_HOME": str(home)})
    code = (
        "from tasks.settings import Settings; Settings.from_environment().apply()\n"
        "import os\nfrom tasks.tracking.runs import run_for\n"
        "with run_for('tiny', 'of a killed process') as run_id: print(run_id, flush=True); os._exit(9)"
    )
    command = [sys.executable, "-c", code]
    killed = subprocess.run(command, env=desk.environment, cwd=tmp_path, capture_output=True, text=True)
    (found,) = (
        check for check in json.loads(desk.run("doctor", "--json").stdout)["checks"] if check["what"] == "MLflow runs"
    )
    run_id = killed.stdout.strip()[:8]
    assert (
        found["found"] == f"{run_id}: open although their processes have died; `trunkline doctor --fix` puts it right"
    )


def test_a_person_promotes_and_rolls_back_and_history_tells_it(retrained, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(retrained.home, home)
    desk = replace(retrained, home=home, environment=retrained.environment | {"TRUNKLINE_HOME": str(home)})
    told = json.loads(desk.run("history", "--json").stdout)
    assert [(line["version"], line["in_force"]) for line in told["promotions"]] == [(1, True)]
    for arguments, message in (
        (["rollback", "--reason", "it is bad"], "no champion of tiny on channel local came before this one"),
        (["promote", "7", "--reason", "it is good"], "tiny has no version 7 in the registry; registered: 1"),
        (["promote", "1", "--reason", "it is good"], "version 1 of tiny is the champion of local already"),
        (["promote", "1", "--reason", " "], "--reason is empty"),
        (["promote", "1", "--channel", "locla", "--reason", "a typo"], "tiny has no channel 'locla'; it has: local."),
        (["promote", "1", "--channel", "../up", "--new-channel", "--reason", "a path"], "'../up' is no name of a chan"),
    ):
        done = desk.run(*arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(f"trunkline: {message}")
    (home / "promotions.jsonl").open("a").write("{}\n")
    (version,) = json.loads(desk.run("history", "--versions", "--json").stdout)["versions"]
    assert (version["product"], version["version"], version["champion_on"]) == ("tiny", 1, ["local"])
    assert version["verdict"] == "promoted: there was no champion before it" and 0 <= version["sentence_accuracy"] <= 1
    assert "tiny 1" in desk.run("history", "--versions", "--product", "tiny").stdout
    done = desk.run("history")
    assert done.returncode == 0
    assert "1 (in force)" in done.stdout and "there was no champion before it" in said(done.stdout)
    assert said(done.stdout).endswith("promotions.jsonl, line 2: no promotion, left as it is")
    made = desk.run("promote", "1", "--channel", "beta", "--new-channel", "--reason", "for testers")
    assert made.returncode == 0 and "champion on channel beta, before: none" in made.stdout, made.stderr


def test_history_loads_nothing_heavy_and_an_empty_home_has_none(bare) -> None:
    printed, heavy = loaded(bare, "history")
    assert (printed.strip(), heavy) == ("Nothing has been promoted yet.", "")
