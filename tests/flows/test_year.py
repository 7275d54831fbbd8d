"""A year in minutes: weekly drops, two drifts, a poisoned drop, a dead worker, a bad challenger, a person."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.flows import year
from tests.flows.conftest import ROOT, environment_for

LOOK = """
import json
from tasks.tracking import runs as tracking
from flows.cli.stale_runs import stale_runs
client = tracking.connect()
runs = client.search_runs([tracking.experiment_of("year")], max_results=1000)
epochs = {run.info.run_id: [p.step for p in client.get_metric_history(run.info.run_id, "valid.score")] for run in runs}
versions = client.search_model_versions("name = 'year'")
champion = client.get_model_version_by_alias("year", "champion")
print(json.dumps({
    "status": [run.info.status for run in runs], "epochs": list(epochs.values()),
    "verdicts": {int(v.version): v.tags.get("verdict") for v in versions},
    "champion": [int(champion.version), champion.tags["bundle_id"]],
    "stale": [str(run.id) for runs in stale_runs() for run in runs],
}))
"""


@dataclass(frozen=True)
class Year:
    """What a year left."""

    home: Path
    weeks: dict[int, dict[str, Any]]
    promotions: list[dict[str, Any]]
    registry: dict[str, Any]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory, server) -> Year:
    home = tmp_path_factory.mktemp("year")
    environment = environment_for(home, server) | {"PREFECT_LOGGING_LEVEL": "WARNING"}
    command = [sys.executable, "-m", "tests.flows.year", str(home)]
    with (home / "first").open("wb") as errors:
        worker = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=errors)
    assert worker.stdout is not None
    said = worker.stdout.readline().decode()
    assert said == "in the middle of the training\n", (home / "first").read_text()[-3000:]
    worker.kill()
    assert worker.wait() == -signal.SIGKILL
    again = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr[-3000:]
    look = subprocess.run([sys.executable, "-c", LOOK], cwd=ROOT, env=environment, capture_output=True, text=True,
                          check=True)  # fmt: skip
    diary = [json.loads(line) for line in (home / "diary.jsonl").read_text().splitlines()]
    log = [json.loads(line) for line in (home / "promotions.jsonl").read_text().splitlines()]
    return Year(home, {line["week"]: line for line in diary}, log, json.loads(look.stdout.splitlines()[-1]))


def retrains(played: Year) -> dict[int, dict[str, Any]]:
    return {week: line["retrained"] for week, line in played.weeks.items() if line["retrained"]}


pytestmark = [pytest.mark.long, pytest.mark.timeout(1_800)]


def test_the_champions_are_those_of_the_story_and_each_has_its_reasons(played: Year) -> None:
    drifts = [week for week, line in played.weeks.items() if line["drifted"]]
    assert drifts == [year.COSY, year.POLITE], [played.weeks[week]["drift"] for week in drifts]
    ran = retrains(played)
    assert sorted(ran) == sorted({*year.SCHEDULED, *drifts, year.BAD, year.HOLD})
    story = [(week, "person" if week == year.HOLD else "verdict") for week in sorted(ran) if week != year.BAD]
    assert [(promotion["version"], promotion["how"]) for promotion in played.promotions] == [
        (ran[week]["version"], how) for week, how in story
    ]
    dates = [(year.BEGIN + timedelta(weeks=week)).isoformat(timespec="seconds") for week, _ in story]
    assert [promotion["when"] for promotion in played.promotions] == dates, "the log stands on the year's calendar"
    for before, after in zip(played.promotions, played.promotions[1:], strict=False):
        assert (after["replaced"], after["replaced_version"]) == (before["bundle_id"], before["version"])
    assert played.promotions[0]["why"] == ["there was no champion before it"]
    assert all(promotion["why"] and promotion["who"] for promotion in played.promotions)
    assert played.registry["champion"] == [played.promotions[-1]["version"], played.promotions[-1]["bundle_id"]]
    pointer = json.loads((played.home / "repository" / "channels" / "year" / "local.json").read_bytes())
    assert pointer["bundle_id"] == played.promotions[-1]["bundle_id"]


def test_every_verdict_stands_on_its_version(played: Year) -> None:
    ran = retrains(played)
    verdicts = {int(version): told for version, told in played.registry["verdicts"].items()}
    assert verdicts.keys() == {each["version"] for each in ran.values()}
    assert all(verdicts.values())
    assert all(each["reasons"] for each in ran.values())


def test_drift_is_told_with_what_has_changed_and_the_retrain_carries_it(played: Year) -> None:
    for week, words in ((year.COSY, ("make", "it", "cosy", "minutes")), (year.POLITE, ("would", "you", "kindly"))):
        reason = retrains(played)[week]["reason"]
        assert any(f"{word} 0.0% -> " in reason for word in words), reason


def test_a_challenger_that_has_learned_nothing_is_not_promoted(played: Year) -> None:
    bad = retrains(played)[year.BAD]
    assert not bad["promote"] and not bad["undecided"]
    assert any("below the floor" in reason or "worse than the margin" in reason for reason in bad["reasons"])


def test_what_the_rows_cannot_tell_is_held_until_a_person_decides(played: Year) -> None:
    held = retrains(played)[year.HOLD]
    assert held["undecided"] and any("cannot tell it from chance" in reason for reason in held["reasons"])
    (by_hand,) = [promotion for promotion in played.promotions if promotion["how"] == "person"]
    why, verdict = by_hand["why"]
    assert why.startswith("the smaller net fits") and "cannot tell" in verdict


def test_no_row_is_unaccounted_for(played: Year) -> None:
    rows = 0
    for line in played.weeks.values():
        assert sum(taken["read"] for taken in line["taken"]) == line["written"]
        for taken in line["taken"]:
            parts = ("rows", "heard", "repeated", "unlabelled", "quarantined")
            assert taken["read"] == sum(taken[part] for part in parts)
            rows += taken["rows"]
        assert line["in_store"] == rows
    for week, done in retrains(played).items():
        assert done["read"] == played.weeks[week]["in_store"]
        assert sum(done["counts"].values()) + done["quarantined"] == done["read"]


def test_the_poisoned_drop_is_quarantined_line_by_line_and_the_letter_is_refused(played: Year) -> None:
    line = played.weeks[year.POISON]
    (poisoned,) = [taken for taken in line["taken"] if taken["file"] == "poison.jsonl"]
    assert poisoned["read"] == poisoned["quarantined"] == len(year.poison())
    assert year.LETTER in line["refused"]
    others = [taken for each in played.weeks.values() for taken in each["taken"] if taken != poisoned]
    assert sum(taken["quarantined"] for taken in others) == 0


def test_the_dead_workers_training_went_on_and_left_nothing_open(played: Year) -> None:
    assert set(played.registry["status"]) == {"FINISHED"}
    assert all(epochs == list(range(1, len(epochs) + 1)) for epochs in played.registry["epochs"])
    assert played.registry["stale"] == []
    assert len(played.registry["epochs"]) == len(retrains(played))


def test_going_on_from_the_champion_took_the_fewer_epochs(played: Year) -> None:
    for week, done in retrains(played).items():
        goes_on = "train.start_from=champion" in done["overrides"] and week != year.SCHEDULED[0]
        assert done["epochs"] == 4 if goes_on else done["epochs"] > 4
