"""`trunkline compare` as people run it: real Prefect, real MLflow, tiny nets."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1_800)]
COMPARE = ("compare", "{spec}", "--variants", "hard")
RATES, SEEDS = 3, 3


def nets_of(value) -> int:
    """One variant, two baselines, and what the recommended groups add to them."""
    return len(value["comparison"]["tuned"])


def trainings_of(value) -> int:
    """The first seed's training at the chosen rate is one of those that chose it."""
    return nets_of(value) * (RATES + SEEDS - 1)


def arguments(desk, *more: str) -> list[str]:
    return [argument.format(spec=desk.spec) for argument in (*COMPARE, *more)]


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory, server):
    """A home in which a comparison has run, and what it said."""
    from tests.flows.conftest import Desk, environment_for

    home = tmp_path_factory.mktemp("compared")
    desk = Desk(home, environment_for(home, server))
    done = desk.run(*arguments(desk, "--json"), timeout=1_200)
    assert done.returncode == 0, done.stderr
    assert "mlflow." not in done.stderr + done.stdout, "what libraries log goes to a file"
    return desk, json.loads(done.stdout)


def committed(home: Path, step: str = "*") -> dict[str, float]:
    found = (home / "cache").glob(f"{step}/*/finished.json")
    return {str(path): json.loads(path.read_bytes())["finished_at"] for path in found}


def test_every_head_is_set_beside_its_twin(compared) -> None:
    desk, value = compared
    hard, *_ = value["comparison"]["results"]
    assert [head["transfer"]["head"] for head in hard["heads"]] == ["intent", "slots"]
    for head in hard["heads"]:
        transfer = head["transfer"]
        assert transfer["difference"]["value"] == pytest.approx(
            transfer["score"]["value"] - transfer["baseline"]["value"]
        )
        assert transfer["difference"]["low"] <= transfer["difference"]["value"] <= transfer["difference"]["high"]
    assert hard["cost"]["step_ms"] > 0 and hard["cost"]["device_ms"] > 0
    assert {table["name"] for table in value["comparison"]["relations"]} >= {"affinity", "gradient_cosine"}
    assert len(committed(desk.home, "train")) == trainings_of(value)
    assert len(committed(desk.home, "score")) == nets_of(value) * SEEDS


def test_every_net_has_the_rate_that_is_best_on_valid_rows_and_the_report_says_which(compared) -> None:
    _, value = compared
    tuned = {net["net"]: net for net in value["comparison"]["tuned"]}
    assert set(tuned) >= {"hard", "intent alone", "slots alone"}
    for net in tuned.values():
        scores = dict(net["tried"])
        assert list(scores) == [0.002, 0.006, 0.016]
        assert scores[net["rate"]] == max(scores.values())


def test_a_comparison_promotes_and_registers_nothing(compared) -> None:
    desk, _ = compared
    assert not (desk.home / "promotions.jsonl").exists()
    assert not (desk.home / "repository").exists()
    code = "from tasks.tracking import runs as tracking; print(len(tracking.connect().search_registered_models()))"
    assert ask(desk, code) == 0


def test_the_trainings_are_children_of_one_run(compared) -> None:
    desk, value = compared
    code = (
        "from tasks.tracking import runs as tracking\n"
        "client = tracking.connect()\n"
        "runs = client.search_runs([tracking.experiment_of('tiny-compare')])\n"
        "kin = [(run.data.tags.get('mlflow.parentRunId'), run.info.run_name, run.info.status) for run in runs]\n"
        f"files = [file.path for file in client.list_artifacts({value['run_id']!r})]\n"
        "print(json.dumps([kin, files]))"
    )
    kin, files = ask(desk, code)
    assert {status for *_, status in kin} == {"FINISHED"}
    assert [parent for parent, *_ in kin].count(value["run_id"]) == trainings_of(value)
    assert {"hard, seed 0", "slots alone, seed 2"} <= {name for _, name, _ in kin}
    assert sum(name.endswith("for its rate") for _, name, _ in kin) == nets_of(value) * (RATES - 1)
    assert {"pictures", "comparison.json"} <= set(files)


def test_the_page_needs_nothing_but_itself(compared) -> None:
    desk, value = compared
    page = (desk.home / value["page"]).read_text()
    sources = re.findall(r'src="([^"]{0,30})', page)
    assert sources and all(source.startswith("data:image/png;base64,") for source in sources)
    # The one link leads a person on to the run; nothing is loaded by it.
    assert len(re.findall("<(?:link|script|iframe)", page)) == 0
    assert page.count("href=") == page.count('<a href="http://127.0.0.1:')
    assert "intent" in page and "What was held equal" in page


def test_a_second_comparison_trains_nothing(compared) -> None:
    desk, value = compared
    before = committed(desk.home)
    done = desk.run(*arguments(desk), timeout=1_200)
    assert done.returncode == 0 and done.stderr == ""
    # Trainings for the rate, then whole trials; the data set and the costs too.
    assert done.stdout.count("skipped: same input and code") == nets_of(value) * (RATES + SEEDS) + 2
    assert committed(desk.home) == before
    assert Path(value["page"]).name in done.stdout.replace("\n", "")


@pytest.mark.long
def test_a_killed_comparison_goes_on_where_it_stopped_and_leaves_no_worker(desk) -> None:
    child = desk.start(*arguments(desk))
    deadline = time.monotonic() + 240
    while not committed(desk.home, "train") and time.monotonic() < deadline:
        time.sleep(0.1)
    workers = workers_of(desk.home)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    finished = committed(desk.home)
    assert finished and workers
    deadline = time.monotonic() + 20
    while workers_of(desk.home) & workers and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not workers_of(desk.home) & workers, "workers outlive their comparison"
    done = desk.run(*arguments(desk, "--json"), timeout=1_200)
    assert done.returncode == 0, done.stderr
    assert finished.items() <= committed(desk.home).items(), "a finished step was done again"
    assert len(committed(desk.home, "train")) == trainings_of(json.loads(done.stdout))


def test_the_gate_says_how_every_head_stands_to_its_baseline(desk) -> None:
    done = desk.run("retrain", str(desk.spec), "--set", "gate.no_flagged_head=true", "--waive", "slots", "--json",
                    timeout=1_200)  # fmt: skip
    assert done.returncode == 0, done.stderr
    reasons = json.loads(done.stdout)["judged"]["reasons"]
    assert reasons[-1] == "slots: waived, it may be worse than alone"
    assert re.match(r"intent: .*(no worse than|against a net that learns it) .*alone", reasons[-2])


def ask(desk, code: str):
    told = subprocess.run(
        [sys.executable, "-c", f"import json\n{code}"],
        env=desk.environment, cwd=desk.home, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(told.stdout.splitlines()[-1])


def workers_of(home: Path) -> set[int]:
    """Processes that do trials in this home."""
    found = set()
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # ended, or not ours to look at
            is_worker = b"spawn_main" in (path / "cmdline").read_bytes()
            if is_worker and f"TRUNKLINE_HOME={home}\0".encode() in (path / "environ").read_bytes():
                found.add(int(path.name))
    return found
