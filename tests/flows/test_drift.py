"""What comes back: taken in by a flow, looked at by another, told to people, and a retrain asked for. A real server."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterName
from prefect.client.schemas.objects import FlowRun

from bench.drift import households
from deploy.intake.store import GoodLine, Store
from deploy.intake.take import text_key
from tests.flows.conftest import ROOT, TINY, Desk

FLOW = "import sys; from flows.{0} import {0}; print('RETURNED', {0}(*sys.argv[1:]))"


def run_flow(desk: Desk, name: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", FLOW.format(name), str(TINY), *arguments],
        cwd=ROOT, env={**desk.environment, **environment}, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


def plant(store: Store, planted: float) -> None:
    """Four weeks of households that are alike, and one in which a share of what is said is new."""
    now = datetime.now(UTC)
    chance = np.random.default_rng(7)
    for week in range(5):
        lines = []
        for number, said in enumerate(households(chance, 60, str(week), planted=0 if week < 4 else planted)):
            text = " ".join(said.words)
            intent = {"name": said.intent, "p": 0.9, "slots": []}
            result = {"text": text, "lang": "en", "bundle_id": "0" * 64, "intents": [intent], "domain": None,
                      "heads": {}, "rejected": said.rejected, "reason": None}  # fmt: skip
            content = f"{week}/{number}".encode()
            lines.append(GoodLine(content, text_key(text), json.dumps(result), said.household.partition("/")[2]))
        when = now - timedelta(days=7 * (4 - week) + 1)
        store.add(f"week {week}", str(week), lines, unlabelled=0, quarantined=0, now=when)


def test_files_in_the_inbox_are_taken_once_and_what_to_label_is_written_out(desk: Desk) -> None:
    inbox = desk.home / "inbox" / "tiny"
    inbox.mkdir(parents=True)
    (inbox / "labelled.jsonl").write_text(json.dumps({"text": "lamp on", "labels": {"intent": "light_on"}}) + "\n")
    answer = {"text": "make it cosy", "lang": "en", "bundle_id": "0" * 64, "intents": [], "domain": None, "heads": {},
              "rejected": True, "reason": "unsure", "device": "d1", "opt_in": True}  # fmt: skip
    (inbox / "heard.jsonl").write_text(json.dumps(answer) + "\n{broken\n")
    (inbox / "rasa").mkdir()
    for _ in range(2):
        done = run_flow(desk, "ingest")
        assert done.returncode == 0, done.stderr
    assert done.stdout.count("is_known=True") == 2
    assert f"{inbox / 'rasa'} is a folder, which is not read: put its files into {inbox}" in done.stderr
    folder = desk.home / "store" / "tiny"
    assert [json.loads(row)["text"] for row in (folder / "rows.jsonl").read_text().splitlines()] == ["lamp on"]
    (waiting,) = map(json.loads, (folder / "to_label.jsonl").read_text().splitlines())
    assert (waiting["text"], waiting["labels"]["intent"]) == ("make it cosy", None)


def test_a_file_that_is_no_data_fails_the_run_and_keeps_nothing_else_out(
    desk: Desk, heard_by_people: tuple[str, list[str]]
) -> None:
    url, messages = heard_by_people
    inbox = desk.home / "inbox" / "tiny"
    inbox.mkdir(parents=True)
    (inbox / "a.docx").write_text("a letter")
    (inbox / "b.jsonl").write_text(json.dumps({"text": "lamp on", "labels": {"intent": "light_on"}}) + "\n")
    done = run_flow(desk, "ingest", TRUNKLINE_WEBHOOK=url)
    assert done.returncode != 0 and "a.docx" in done.stderr
    assert (desk.home / "store" / "tiny" / "rows.jsonl").read_text().count("\n") == 1
    assert len(messages) == 1 and messages[0].startswith("ingest: run")


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        ("drift('gone.yaml'", "gone.yaml"),
        ("ingest('gone.yaml'", "gone.yaml"),
        ("rollout('tiny'", "trunkline release init"),
        ("refresh(", "trunkline release init"),
    ],
)
def test_a_users_fault_is_a_sentence_in_the_log_of_the_run(desk: Desk, call: str, sentence: str) -> None:
    name = call.partition("(")[0]
    code = f"from flows.{name} import {name}; {call}{'' if call.endswith('(') else ', '}return_state=True)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=desk.environment, capture_output=True, text=True,
                          timeout=300, check=True)  # fmt: skip
    assert sentence in done.stderr and "Traceback" not in done.stderr, done.stderr


def test_drift_is_told_once_with_its_reasons(desk: Desk, heard_by_people: tuple[str, list[str]]) -> None:
    url, messages = heard_by_people
    plant(Store(desk.home / "store" / "tiny" / "store.db"), 0.3)
    done = run_flow(desk, "drift", TRUNKLINE_WEBHOOK=url)
    assert done.returncode == 0, done.stderr
    assert "drifted=True" in done.stdout
    assert len(messages) == 1 and messages[0].startswith("tiny: drift.") and "set_mood" in messages[0]
    again = run_flow(desk, "drift", TRUNKLINE_WEBHOOK=url)
    assert "drifted=False" in again.stdout and "are needed" in again.stdout
    assert len(messages) == 1


@pytest.mark.slow
def test_drift_starts_a_retrain_with_the_reason_attached(desk: Desk, server) -> None:
    done = desk.run("sync")
    assert done.returncode == 0, done.stderr
    plant(Store(desk.home / "store" / "tiny" / "store.db"), 0.3)
    assert "drifted=True" in run_flow(desk, "drift").stdout
    with SyncPrefectClient(server.url) as client:
        (run,) = _runs_of(client, "retrain")
    assert run.parameters["spec_path"] == str(TINY)
    assert run.parameters["reason"].startswith("drift: ")
    assert run.work_queue_name == "training"


def _runs_of(client: SyncPrefectClient, deployment: str) -> list[FlowRun]:
    chosen = DeploymentFilter(name=DeploymentFilterName(any_=[deployment]))
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        # The server is the session's: other tests run this deployment too.
        if found := [run for run in client.read_flow_runs(deployment_filter=chosen) if run.parameters.get("reason")]:
            return found
        time.sleep(0.5)
    raise AssertionError("no run was started")
