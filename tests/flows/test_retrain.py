"""Only a judged bundle becomes champion, whoever promotes at the same time."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
import urllib.request
from dataclasses import replace
from pathlib import Path

import pytest

SETTLE = """
import json, sys
from dataclasses import asdict
from pathlib import Path
from tasks.settings import Settings
Settings.from_environment().apply()
from prefect import flow
from flows.retrain import settle
from schemas.spec.load import load_spec
from tasks.chain import make
from tasks.steps.register import register

@flow
def late():
    spec = load_spec(Path(sys.argv[1]), overrides=["export.opset=21"])
    made = make(spec, champion=None)
    registered = register(spec, made.data, made.bundle, made.run_id)
    # Another retrain has promoted since this one read that there is no champion.
    return made, settle(spec, made, registered, None)

made, (verdict, champion) = late()
print(json.dumps([made.bundle.bundle_id, asdict(verdict), asdict(champion)]))
"""


def copied(retrained, home: Path):
    shutil.copytree(retrained.home, home)
    return replace(retrained, home=home, environment=retrained.environment | {"TRUNKLINE_HOME": str(home)})


def log_of(home: Path) -> list[dict]:
    return [json.loads(line) for line in (home / "promotions.jsonl").read_text().splitlines()]


@pytest.mark.slow
def test_a_champion_that_came_in_between_is_judged_against_before_anything_moves(retrained, tmp_path: Path) -> None:
    desk = copied(retrained, tmp_path / "home")
    (first,) = log_of(desk.home)
    told = subprocess.run(
        [sys.executable, "-c", SETTLE, str(desk.spec)],
        env=desk.environment, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    bundle_id, verdict, champion = json.loads(told.stdout.splitlines()[-1])
    assert verdict["promote"] and champion["bundle_id"] == bundle_id
    assert verdict["against"] == first["bundle_id"]
    assert verdict["reasons"][0] == (
        f"judged anew: {first['bundle_id'][:12]} became champion after the verdict against no champion, "
        "before its promotion"
    )
    assert [comparison["head"] for comparison in verdict["comparisons"]] == ["intent", "slots"]
    _, second = log_of(desk.home)
    assert (second["replaced"], tuple(second["why"])) == (first["bundle_id"], tuple(verdict["reasons"]))


@pytest.mark.slow
def test_a_bundle_that_a_person_took_out_of_force_stays_out_until_a_person_puts_it_back(retrained, tmp_path) -> None:
    desk = copied(retrained, tmp_path / "home")
    made = desk.run("retrain", str(desk.spec), "--set", "train.seed=3")
    assert made.returncode == 0, made.stderr
    for version, reason in ((2, "try it"), (1, "back to it"), (2, "and forth")):
        done = desk.run("promote", str(version), "--product", "tiny", "--reason", reason)
        assert done.returncode in (0, 2), done.stderr  # the verdict may have promoted the second by itself
    before = log_of(desk.home)
    assert before[-1]["version"] == 2
    again = desk.run("retrain", str(desk.spec), "--set", "gate.margin=1")  # by which no loss is a loss
    assert again.returncode == 0, again.stderr
    told = " ".join(again.stdout.split())
    assert "on hold, kept as challenger: version 1" in told
    assert "took this bundle out of force on" in told and "(and forth): a person puts it back, no verdict" in told
    assert log_of(desk.home) == before


@pytest.mark.slow
def test_a_first_net_below_its_floor_stays_challenger_and_the_command_ends_well(retrained, tmp_path: Path) -> None:
    desk = copied(retrained, tmp_path / "home")
    shutil.rmtree(desk.home / "repository")
    (desk.home / "promotions.jsonl").unlink()
    done = desk.run("retrain", str(desk.spec), "--set", "gate.floor.slots=0.99")
    assert done.returncode == 0, done.stderr
    assert "kept as challenger: version 1 of tiny" in done.stdout
    assert "is below the floor of 0.9900 (gate.floor)" in done.stdout
    assert not (desk.home / "repository" / "channels").exists()
    assert not (desk.home / "promotions.jsonl").exists()


@pytest.mark.slow
@pytest.mark.timeout(1_500)
def test_of_two_retrains_at_once_one_waits_names_the_others_flow_run_and_is_judged_against_its_champion(desk) -> None:
    note = desk.home / "locks" / "retrain-tiny.json"
    long = ("--set", "train.epochs=200")
    one = desk.start("retrain", str(desk.spec), *long, "--set", "export.opset=20")
    deadline = time.monotonic() + 300
    while not note.exists():
        assert one.poll() is None and time.monotonic() < deadline
        time.sleep(0.1)
    run_id = json.loads(note.read_bytes())["run_id"]
    other = desk.run("retrain", str(desk.spec), *long, "--set", "export.opset=21", timeout=1_000)
    assert (one.wait(timeout=120), other.returncode) == (0, 0), other.stderr
    (told,) = [line for line in other.stdout.splitlines() if "waits for" in line]
    assert f"({run_id}), process " in told
    assert told.startswith("tiny: waits for flow run '") and told.endswith(", which retrains it")
    assert f"/{one.pid}/" in told
    first, second = log_of(desk.home)
    assert (first["replaced"], first["why"]) == (None, ["there was no champion before it"])
    assert second["replaced"] == first["bundle_id"]
    assert any("within the margin" in reason for reason in second["why"])
    assert not any("judged anew" in reason for reason in second["why"])
    assert not note.exists()


ON_A_WORKER = """
import sys
from pathlib import Path
from tasks.settings import Settings
Settings.from_environment().apply()
from flows.retrain import retrain
retrain(Path(sys.argv[1]), return_state=True)
"""


def asked(desk, what: str, body: dict) -> list[dict]:
    url = f"{desk.environment['PREFECT_API_URL']}/{what}/filter"
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def by_name(name: str) -> dict:
    return {"flow_runs": {"name": {"any_": [name]}}}


def test_a_flow_run_is_named_after_its_rows_and_ends_with_its_verdict_of_which_people_are_told(
    retrained, tmp_path: Path, heard_by_people: tuple[str, list[str]]
) -> None:
    url, messages = heard_by_people
    desk = copied(retrained, tmp_path / "home")
    desk.environment["TRUNKLINE_WEBHOOK"] = url
    done = json.loads(desk.run("retrain", str(desk.spec), "--set", "export.opset=19", "--json").stdout)
    runs = asked(desk, "flow_runs", by_name(f"tiny {done['data']['digest'][:8]}") | {"sort": "START_TIME_DESC"})
    version = done["registered"]["version"]
    assert "product:tiny" in runs[0]["tags"]
    assert runs[0]["state"]["message"].startswith(f"tiny: version {version} ")
    told = [line["message"] for line in asked(desk, "logs", {"logs": {"flow_run_id": {"any_": [runs[0]["id"]]}}})]
    for step in ("validate: 80 good rows", "train: 4 epochs", "export: graphs", "build: bundle", "score: sentence",
                 f"register: version {version}", "verdict: "):  # fmt: skip
        assert any(line.startswith(step) for line in told), step
    (page,) = asked(
        desk, "artifacts", {"artifacts": {"flow_run_id": {"any_": [runs[0]["id"]]}, "type": {"any_": ["markdown"]}}}
    )
    assert f"/runs/{done['run_id']})" in page["data"] and f"/flow-run/{runs[0]['id']})" in page["data"]
    assert "## How well, on 10 test rows" in page["data"] and "| intent family on | " in page["data"]
    digest, run, bundle = done["data"]["digest"][:12], done["run_id"][:8], done["bundle"]["bundle_id"][:12]
    lineage = f"Data set `{digest}` → MLflow run `{run}` → version {version} → bundle `{bundle}` → channel local"
    assert lineage in page["data"]
    assert messages == [runs[0]["state"]["message"]]


def test_bad_data_ends_a_flow_run_with_one_sentence_and_no_traceback(desk, tmp_path: Path) -> None:
    (tmp_path / "bad.jsonl").write_text('{"text": "", "labels": {"intent": "on"}}\n')
    spec = tmp_path / "bad.yaml"
    spec.write_text(f"name: bad\ndata: [{{path: {tmp_path / 'bad.jsonl'}}}]\nheads: {{intent: {{kind: class}}}}\n")
    subprocess.run(
        [sys.executable, "-c", ON_A_WORKER, str(spec)], env=desk.environment, capture_output=True, check=False
    )
    runs = asked(desk, "flow_runs", {"flow_runs": {"state": {"type": {"any_": ["FAILED"]}}}, "sort": "START_TIME_DESC"})
    assert "1 of 1 rows are bad" in runs[0]["state"]["message"]
    told = [line["message"] for line in asked(desk, "logs", {"logs": {"flow_run_id": {"any_": [runs[0]["id"]]}}})]
    assert any("1 of 1 rows are bad" in line for line in told)
    assert not any("Traceback" in line for line in told)
