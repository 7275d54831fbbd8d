from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from deploy.bundle.built import Built
from deploy.evaluation.verdict import Verdict
from model.training.finished import TABLES
from schemas.evaluation.matrix import Table
from schemas.evaluation.metrics import HeadScore, Scores, score_head
from schemas.spec.load import parse_spec
from schemas.spec.product import Spec
from schemas.spec.variants import confirming_trials, screening_trials
from tasks.records import Exported, Made, Scored, Trained, Validated
from tasks.steps.score_files import save_scores
from tasks.steps.transfer_gate import behind_baselines, judge_transfer

ROWS = 200
VERDICT = Verdict(promote=True, reasons=("there is no champion yet",))
DATA = Validated("cache_path", "d" * 64, {"test": ROWS}, ROWS, 0, {}, None, ())
GRAPHS = Exported("cache_path", "g" * 64, 0.0)
BUNDLE = Built(Path("build"), "b" * 64, 1, {}, {}, {}, ())


def spec(**gate: object) -> Spec:
    heads = {"intent": {"kind": "class"}, "mood": {"kind": "class"}}
    return parse_spec({"name": "home", "data": [{"path": "rows.jsonl"}], "heads": heads, "gate": gate})


class StepCache:
    """Scores written to a home as the score step writes them."""

    def __init__(self, home: Path) -> None:
        self.cache = home / "cache"
        self.count = 0

    def scored(self, **shares: float) -> Scored:
        """A bundle whose heads are right on these shares of the rows."""
        self.count += 1
        folder = self.cache / "score" / str(self.count)
        folder.mkdir(parents=True)
        scores = Scores({head: right(share) for head, share in shares.items()}, ROWS)
        save_scores(folder, scores)
        return Scored(f"score/{self.count}", "b" * 64, "test", ROWS, scores.metrics(), 0.0, {})

    def net(self, *tables: Table) -> Trained:
        folder = self.cache / "train" / "0"
        folder.mkdir(parents=True)
        (folder / TABLES).write_text(json.dumps([asdict(table) for table in tables]))
        return Trained("train/0", "w" * 64, 1, 1.0, {})

    def tried(self, what: Spec, behind: tuple[str, ...], baseline: float, whole: float) -> dict[str, Made]:
        """All trials that the gate asks for: baselines right on `baseline` of the rows, other seeds on `whole`."""
        net = Trained("train/0", "w" * 64, 1, 1.0, {})  # one folder of tables serves all seeds
        found = {}
        for trial in (*screening_trials(what), *confirming_trials(what, behind)):
            shares = {trial.net: baseline} if trial.is_baseline else {"intent": whole, "mood": whole}
            found[trial.title] = Made(DATA, net, "run", GRAPHS, BUNDLE, self.scored(**shares))
        return found


def right(share: float) -> HeadScore:
    correct = np.arange(ROWS) < share * ROWS
    return score_head("class", ["a"] * ROWS, ["a" if each else "b" for each in correct])


@pytest.fixture
def step_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StepCache:
    monkeypatch.setenv("TRUNKLINE_HOME", str(tmp_path))
    return StepCache(tmp_path)


def judge(step_cache: StepCache, what: Spec, challenger: Scored, tried: dict[str, Made], *tables: Table) -> Verdict:
    return judge_transfer.fn(what, step_cache.net(*tables), challenger, tried, VERDICT)


def test_a_head_that_is_worse_than_alone_blocks_and_who_harms_it_is_named(step_cache: StepCache) -> None:
    what = spec(no_flagged_head=True)
    challenger = step_cache.scored(intent=0.9, mood=0.5)
    tried = step_cache.tried(what, ("mood",), baseline=0.8, whole=0.5)
    for title, made in tried.items():
        if title.startswith("challenger"):  # the net was good at intents in all seeds
            tried[title] = replace(made, scored=step_cache.scored(intent=0.9, mood=0.5))
    assert behind_baselines(what, challenger, tried) == ("mood",)
    heads = ("intent", "mood")
    table = Table("affinity", "", heads, heads, ((0.1, -0.02), (0.01, 0.1)))
    judged = judge(step_cache, what, challenger, tried, table)
    assert not judged.promote
    assert judged.reasons[:2] == (
        "there is no champion yet",
        "intent: 0.9000 is no worse than 0.8000 alone, mean of 2 seeds",
    )
    assert judged.reasons[2].startswith("mood: -0.3000 [-")
    assert judged.reasons[2].endswith(
        "negative transfer blocks (intent harms it, affinity -0.0200; --waive mood accepts it)"
    )


def test_nobody_is_named_where_no_affinity_was_measured(step_cache: StepCache) -> None:
    what = spec(no_flagged_head=True)
    tried = step_cache.tried(what, ("intent", "mood"), baseline=0.8, whole=0.5)
    judged = judge(step_cache, what, step_cache.scored(intent=0.5, mood=0.5), tried)
    assert not judged.promote
    assert all("no one head is shown to harm it" in reason for reason in judged.reasons[1:])


def test_an_unlucky_seed_does_not_block(step_cache: StepCache) -> None:
    what = spec(no_flagged_head=True)
    challenger = step_cache.scored(intent=0.9, mood=0.75)
    judged = judge(step_cache, what, challenger, step_cache.tried(what, ("mood",), baseline=0.8, whole=0.82))
    assert judged.promote
    assert judged.reasons[-1].endswith("not sure enough to be called harm")


def test_a_lucky_seed_of_a_harmed_head_does_not_pass_the_screen(step_cache: StepCache) -> None:
    what = spec(no_flagged_head=True)
    challenger = step_cache.scored(intent=0.9, mood=0.81)
    tried = step_cache.tried(what, (), baseline=0.8, whole=0.6)
    assert "mood" in behind_baselines(what, challenger, tried)


def test_a_waived_head_gets_no_baseline_and_does_not_block(step_cache: StepCache) -> None:
    what = spec(no_flagged_head=True, waive=["mood"])
    challenger = step_cache.scored(intent=0.9, mood=0.1)
    judged = judge(step_cache, what, challenger, step_cache.tried(what, (), baseline=0.8, whole=0.9))
    assert judged.promote
    assert judged.reasons[-1] == "mood: waived, it may be worse than alone"


def test_a_challenger_that_other_rules_refused_stays_refused(step_cache: StepCache) -> None:
    what = spec(no_flagged_head=True)
    refused = Verdict(promote=False, reasons=("intent: worse",))
    judged = judge_transfer.fn(
        what,
        step_cache.net(),
        step_cache.scored(intent=0.9, mood=0.9),
        step_cache.tried(what, (), baseline=0.8, whole=0.9),
        refused,
    )
    assert not judged.promote
