from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from mlflow import MlflowClient

from deploy.evaluation.details import Details
from model.training.reports import EpochReport
from schemas.spec.product import Spec
from tasks.cache.keys import training_key
from tasks.processes import this_process
from tasks.records import Validated
from tasks.steps.evaluate import report_scores, score
from tasks.steps.score_files import save_details
from tasks.steps.train import record
from tasks.tracking import runs as tracking

DATA = Validated("cache_path", "d" * 64, {"train": 3}, 4, 1, {"unparsable": 1}, None, ())


def status_of(run_id: str) -> str:
    return str(tracking.connect().get_run(run_id).info.status)


def dead_process() -> str:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    name = this_process(child.pid)
    child.kill()
    child.wait()
    return name


def test_a_store_that_was_half_made_when_its_maker_was_killed_is_made_anew(home: Path) -> None:
    (home / "mlflow.db").unlink()
    with closing(sqlite3.connect(home / ".mlflow.db.part")) as part:
        part.execute("create table datasets (name text)")
    tracking._client.cache_clear()
    assert [experiment.name for experiment in tracking.connect().search_experiments()] == ["Default"]
    assert not (home / ".mlflow.db.part").exists()


def test_a_key_has_one_run_however_often_it_is_opened(home: Path) -> None:
    with tracking.run_for("tiny", "k1") as first:
        assert status_of(first) == "RUNNING"
    with tracking.run_for("tiny", "k1") as again, tracking.run_for("tiny", "k2") as other:
        assert (again == first, other == first) == (True, False)
    assert status_of(first) == "FINISHED"


def test_what_a_short_training_takes_of_the_machine_is_logged_too(home: Path) -> None:
    with tracking.run_for("tiny", "k") as run_id, tracking.system_watched(run_id):
        time.sleep(0.2)  # its thread has looked once; an interval is not over
    metrics = tracking.connect().get_run(run_id).data.metrics
    assert metrics["system/system_memory_usage_megabytes"] > 0


def test_an_exception_leaves_the_run_failed(home: Path) -> None:
    with pytest.raises(ValueError, match="broken"), tracking.run_for("tiny", "k") as run_id:
        raise ValueError("broken")
    assert status_of(run_id) == "FAILED"


def test_a_page_shows_trainings_of_somebody_with_the_whole_spec(home: Path, tiny: Spec) -> None:
    with tracking.run_for("tiny", "k1") as run_id:
        tracking.log_params(run_id, tiny, {})
    run = tracking.connect().get_run(run_id)
    experiment = tracking.connect().get_experiment(run.info.experiment_id)
    assert experiment.tags["mlflow.experimentKind"] == "custom_model_development"  # not the pages of a chatbot
    assert run.data.tags["mlflow.user"] and run.data.tags["mlflow.source.name"] == "trunkline retrain (tiny)"
    assert not [name for name, value in run.data.params.items() if value in ("None", "null", "")]
    assert tracking.logged_spec(run_id) == tiny


def test_a_run_without_a_spec_that_can_be_read_has_none(home: Path) -> None:
    with tracking.run_for("tiny", "k1") as run_id:
        assert tracking.logged_spec(run_id) is None
        tracking.connect().log_dict(run_id, {"name": "tiny", "wheels": 4}, "spec.yaml")
    assert tracking.logged_spec(run_id) is None


def test_parameters_are_logged_once_and_never_change(home: Path, tiny: Spec) -> None:
    with tracking.run_for("tiny", "k") as run_id:
        tracking.log_params(run_id, tiny, {"device": "cpu"})
        tracking.log_params(run_id, tiny.model_copy(update={"name": "other"}), {"device": "cuda"})
    params = tracking.connect().get_run(run_id).data.params
    assert (params["name"], params["machine.device"], params["train.batch_size"]) == ("tiny", "cpu", "8")
    assert "train.seed" not in params and "gate.margin" not in params, "only what the spec says"
    whole = yaml.safe_load((home / "artifacts" / "tiny" / run_id / "artifacts" / "spec.yaml").read_text())
    assert whole["train"]["seed"] == tiny.train.seed


def test_a_kill_between_two_writes_leaves_the_whole_spec(
    home: Path, tiny: Spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tracking.run_for("tiny", "k") as run_id:
        for write in ("log_batch", "log_dict"):
            with monkeypatch.context() as patch, suppress(KeyboardInterrupt):
                patch.setattr(MlflowClient, write, _killed)
                tracking.log_params(run_id, tiny, {})
        tracking.log_params(run_id, tiny, {})
    assert tracking.logged_spec(run_id) == tiny
    assert tracking.connect().get_run(run_id).data.params["name"] == "tiny"


def _killed(*_: Any, **__: Any) -> None:
    raise KeyboardInterrupt


def test_the_data_set_is_an_input_with_our_digest(home: Path) -> None:
    with tracking.run_for("tiny", "k") as run_id:
        tracking.log_dataset(run_id, "tiny", DATA)
        tracking.log_dataset(run_id, "tiny", DATA)
    (found,) = tracking.connect().get_run(run_id).inputs.dataset_inputs
    assert {tag.key: tag.value for tag in found.tags}["sha256"] == DATA.digest


def test_runs_of_dead_processes_are_closed_and_live_ones_are_left(home: Path) -> None:
    with tracking.run_for("tiny", "dead") as dead, tracking.run_for("tiny", "alive") as alive:
        tracking.connect().set_tag(dead, tracking.PROCESS, dead_process())
        tracking.connect().set_tag(alive, "colour", "green")
        assert tracking.close_stale_runs() == [dead]
        assert (status_of(dead), status_of(alive)) == ("KILLED", "RUNNING")


def test_a_run_of_another_tool_is_never_touched(home: Path) -> None:
    client = tracking.connect()
    run_id = client.create_run(tracking.experiment_of("tiny")).info.run_id
    assert tracking.close_stale_runs() == []
    assert status_of(run_id) == "RUNNING"


def test_an_emptied_store_gets_the_whole_history_back(chain: Any) -> None:
    run_id = record.fn(chain.spec, chain.data, chain.trained)
    client = tracking.connect()
    for metric in ("loss.intent", "weight.slots", "valid.intent.accuracy", "learning_rate", "valid.score"):
        assert [point.step for point in client.get_metric_history(run_id, metric)] == [1, 2, 3, 4], metric
    assert [file.path for file in client.list_artifacts(run_id)] == [
        "learning_curves.png",
        "quarantine.json",
        "spec.yaml",
    ]


def test_epochs_that_a_killed_process_logged_are_not_logged_twice(chain: Any) -> None:
    key = training_key(chain.spec, chain.data).digest
    with tracking.run_for(chain.spec.name, key) as run_id:
        from model.training.finished import read_history

        first, *_ = read_history(chain.home / "cache" / chain.trained.cache_path)
        tracking.log_epoch(run_id, first)
    assert record.fn(chain.spec, chain.data, chain.trained) == run_id
    steps = [point.step for point in tracking.connect().get_metric_history(run_id, "loss.intent")]
    assert steps == [1, 2, 3, 4]
    assert record.fn(chain.spec, chain.data, replace(chain.trained)) == run_id


def test_the_run_shows_precisions_and_confusions_of_the_bundle(chain: Any) -> None:
    run_id = record.fn(chain.spec, chain.data, chain.trained)
    scored = score.fn(chain.bundle, chain.data)
    report_scores.fn(chain.bundle, scored, run_id)
    report_scores.fn(chain.bundle, scored, run_id)
    client = tracking.connect()
    files = {file.path for file in client.list_artifacts(run_id)}
    assert files == {
        "learning_curves.png",
        "confusion_intent.png",
        "calibration_intent.png",
        "precisions.json",
        "shipped.json",
        "spec.yaml",
        "labels.json",
        "worst_errors.json",
        "quarantine.json",
    }
    table = client.load_table(tracking.experiment_of("tiny"), "precisions.json")
    assert len(table) == sum(len(metrics) for heads in chain.bundle.scores.values() for metrics in heads.values())
    labels = client.load_table(tracking.experiment_of("tiny"), "labels.json")
    assert set(labels[labels["head"] == "intent"]["label"]) == {"on", "off"}, "each once, however often it is reported"
    assert len(labels) == len({*zip(labels["head"], labels["label"], strict=True)})
    errors = client.load_table(tracking.experiment_of("tiny"), "worst_errors.json")
    assert all("on " in each and "off " in each for each in errors[errors["head"] == "intent"]["why"])
    assert list(errors["p"]) == sorted(errors["p"], reverse=True) and all(errors["labelled"] != errors["answered"])
    assert "test.sentence_accuracy" in client.get_run(run_id).data.metrics


def test_the_run_shows_the_tables_of_the_bundle_that_was_reported_last(chain: Any) -> None:
    run_id = record.fn(chain.spec, chain.data, chain.trained)
    scored = score.fn(chain.bundle, chain.data)
    report_scores.fn(chain.bundle, scored, run_id)
    scores = {"fp32": chain.bundle.scores["fp32"]}
    later = shutil.copytree(chain.home / "cache" / scored.cache_path, chain.home / "cache" / "score" / "later")
    save_details(later, Details())
    report_scores.fn(replace(chain.bundle, scores=scores), replace(scored, cache_path="score/later"), run_id)
    client = tracking.connect()
    tables = {name: client.load_table(tracking.experiment_of("tiny"), name)
              for name in ("precisions.json", "labels.json", "worst_errors.json")}  # fmt: skip
    assert set(tables["precisions.json"]["precision"]) == {"fp32"}
    assert tables["labels.json"].empty and tables["worst_errors.json"].empty


def test_affinities_and_the_end_of_harmful_heads_are_figures_of_their_epoch(home: Path) -> None:
    epoch = EpochReport(2, 4, 1.0, 9.0, 0.1, {"intent": 1.0}, {}, {"intent": 1.0}, {}, 0.5, True)
    with tracking.run_for("tiny", "k") as run_id:
        tracking.log_epoch(run_id, replace(epoch, affinities={"topic": -0.25}, stopped=("topic",)))
    metrics = tracking.connect().get_run(run_id).data.metrics
    assert (metrics["affinity.topic"], metrics["stopped.topic"]) == (-0.25, 1.0)
