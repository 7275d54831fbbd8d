from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
import pytest
from mlflow.models.utils import _enforce_schema

from deploy.bundle.built import Built
from deploy.evaluation.verdict import Verdict
from deploy.repository.channels import point, publish
from tasks.progress import listening
from tasks.records import Registered
from tasks.steps.register import promote, reconcile, register
from tasks.steps.ship import build
from tasks.steps.train import record
from tasks.tracking import runs as tracking
from tasks.tracking.champion import champion_of, open_champion
from tasks.tracking.promotions import intend, intended, read_history
from tasks.tracking.registry import describe_version
from trunkline_edge.understanding.result import Slot

# MLflow warns of the types of its own request classes when it is imported.
pytestmark = pytest.mark.filterwarnings("ignore:.*Any type hint:UserWarning")

PROMOTED = Verdict(promote=True, reasons=("there is no champion yet",))


def alias(name: str) -> int | None:
    found = tracking.connect().get_registered_model("tiny").aliases.get(name)
    return None if found is None else int(found)


def registered(chain: Any, bundle: Built) -> Registered:
    run_id = record.fn(chain.spec, chain.data, chain.trained)
    return register.fn(chain.spec, chain.data, bundle, run_id)


def second_bundle(chain: Any) -> Built:
    """Another bundle of the same graphs: it carries fewer golden utterances."""
    spec = chain.spec.model_copy(update={"export": chain.spec.export.model_copy(update={"golden": 3})})
    return build.fn(spec, chain.data, chain.trained, chain.exported, "run")


def assert_alias_and_pointer_agree(chain: Any, version: int, bundle: Built) -> None:
    champion = champion_of(chain.home / "repository", "tiny", "local")
    assert champion is not None
    assert (alias("champion"), champion.bundle_id) == (version, bundle.bundle_id)


def test_a_bundle_is_registered_once_and_answers_as_an_mlflow_model(chain: Any) -> None:
    first = registered(chain, chain.bundle)
    assert registered(chain, chain.bundle) == first
    assert (first.version, alias("challenger"), alias("champion")) == (1, 1, None)
    tags = tracking.connect().get_model_version("tiny", "1").tags
    assert tags["bundle_id"] == chain.bundle.bundle_id
    assert tags["data_digest"] == chain.data.digest
    assert {"spec_digest", "git_commit"} <= set(tags)
    (answer,) = mlflow.pyfunc.load_model(first.model_uri).predict(["turn on the lamp in the hall"])
    assert answer["bundle_id"] == chain.bundle.bundle_id
    assert answer["intents"][0]["name"] in ("on", "off")


def test_a_description_that_no_database_has_room_for_ends_with_where_the_rest_is(chain: Any) -> None:
    registered(chain, chain.bundle)
    for text, kept in (
        ("card", "card"),
        ("x" * 5_000, "x" * 5_000),
        ("x" * 5_001, "x" * 4973 + "\n\n(the rest: `report.html`)"),
    ):
        describe_version("tiny", "1", text, rest="`report.html`")
        assert tracking.connect().get_model_version("tiny", "1").description == kept
        assert len(kept) <= 5_000


def test_a_version_says_what_to_send_and_what_comes_back(chain: Any) -> None:
    model = mlflow.pyfunc.load_model(registered(chain, chain.bundle).model_uri)
    signature = model.metadata.signature
    assert [str(each.type) for each in signature.inputs] == ["DataType.string"]
    answers = model.predict([*model.input_example, "Lämp 👍 off", ""])
    assert len(answers) == len(model.input_example) + 2
    # MLflow's own check of a frame against a schema: no column is missing, and none has another type.
    checked = _enforce_schema(pd.DataFrame(answers), signature.outputs)
    assert list(checked) == list(answers[0])
    full = Slot("room", "hall", "hall", 1, 5, 0.5, "room", "s", is_name=True, id="h", candidates=("h", "g")).to_json()
    described = signature.outputs.input_dict()["intents"].type.dtype.properties
    (slots,) = (each for each in described if each.name == "slots")
    assert {each.name for each in slots.dtype.dtype.properties} == set(full)


def test_a_model_that_was_logged_before_a_kill_is_not_logged_again(chain: Any) -> None:
    first = registered(chain, chain.bundle)
    tracking.connect().delete_model_version("tiny", str(first.version))
    registered(chain, chain.bundle)
    models = tracking.connect().search_logged_models([tracking.experiment_of("tiny")])
    assert len(models) == 1


def test_promotion_moves_pointer_alias_and_log_together(chain: Any) -> None:
    promote.fn(chain.spec, chain.bundle, registered(chain, chain.bundle), PROMOTED)
    assert_alias_and_pointer_agree(chain, 1, chain.bundle)
    other = second_bundle(chain)
    promote.fn(
        chain.spec,
        other,
        registered(chain, other),
        replace(PROMOTED, reasons=("better", "by far"), against=chain.bundle.bundle_id),
    )
    assert_alias_and_pointer_agree(chain, 2, other)
    log = read_history(chain.home).promotions
    assert [(line.version, line.replaced_version, line.why) for line in log] == [
        (1, None, ("there is no champion yet",)),
        (2, 1, ("better", "by far")),
    ]
    assert all(line.who and line.when for line in log)
    tags = tracking.connect().get_model_version("tiny", "2").tags
    assert (tags["replaced"], tags["promoted_why"], tags["promoted_at"]) == ("1", "better; by far", log[1].when)
    assert intended(chain.home, "tiny") is None


def test_a_verdict_against_another_champion_than_the_one_in_force_promotes_nothing(chain: Any) -> None:
    other = second_bundle(chain)
    ours, theirs = registered(chain, chain.bundle), registered(chain, other)
    assert promote.fn(chain.spec, chain.bundle, ours, PROMOTED) is not None
    for against in (None, other.bundle_id, "f" * 64):
        assert promote.fn(chain.spec, other, theirs, replace(PROMOTED, against=against)) is None
    assert_alias_and_pointer_agree(chain, ours.version, chain.bundle)
    assert len(read_history(chain.home).promotions) == 1
    assert promote.fn(chain.spec, other, theirs, replace(PROMOTED, against=chain.bundle.bundle_id)) is not None
    assert_alias_and_pointer_agree(chain, theirs.version, other)


def test_the_promotion_that_another_process_left_half_done_is_not_lost_under_a_new_one(chain: Any) -> None:
    other = second_bundle(chain)
    ours, theirs = registered(chain, chain.bundle), registered(chain, other)
    publish(chain.home / "repository", chain.home / "cache" / other.folder)
    intend(
        chain.home, product="tiny", channel="local", bundle_id=other.bundle_id, version=theirs.version,
        replaced=None, replaced_version=None, why=("killed",), how="verdict",
    )  # fmt: skip
    assert promote.fn(chain.spec, chain.bundle, ours, PROMOTED) is None, "judged against no champion, but there is one"
    assert_alias_and_pointer_agree(chain, theirs.version, other)
    assert [line.why for line in read_history(chain.home).promotions] == [("killed",)]


@pytest.mark.parametrize("reached", ["intent", "pointer", "alias", "log", "torn log"])
def test_whatever_a_kill_left_of_a_promotion_the_next_run_completes(chain: Any, reached: str) -> None:
    promote.fn(chain.spec, chain.bundle, registered(chain, chain.bundle), PROMOTED)
    other = second_bundle(chain)
    version = registered(chain, other).version
    repository = chain.home / "repository"
    publish(repository, chain.home / "cache" / other.folder)
    intend(
        chain.home,
        product="tiny",
        channel="local",
        bundle_id=other.bundle_id,
        version=version,
        replaced=chain.bundle.bundle_id,
        replaced_version=1,
        why=("better",),
        how="verdict",
    )
    if reached != "intent":
        point(repository, "tiny", "local", other.bundle_id)
    if reached not in ("intent", "pointer"):
        tracking.connect().set_registered_model_alias("tiny", "champion", str(version))
    intent = chain.home / "promotions" / "tiny.json"
    if reached == "log":
        kept = intent.read_bytes()
        reconcile.fn(chain.spec)
        intent.write_bytes(kept)
    if reached == "torn log":
        with (chain.home / "promotions.jsonl").open("ab") as log:
            log.write(b'{"product": "tiny", "chan')
    champion = reconcile.fn(chain.spec)
    assert champion is not None and champion.bundle_id == other.bundle_id
    assert_alias_and_pointer_agree(chain, version, other)
    assert [line.version for line in read_history(chain.home).promotions] == [1, 2]
    assert not intent.exists()


def test_the_alias_follows_the_pointer_that_devices_follow(chain: Any) -> None:
    promote.fn(chain.spec, chain.bundle, registered(chain, chain.bundle), PROMOTED)
    other = second_bundle(chain)
    version = registered(chain, other).version
    tracking.connect().set_registered_model_alias("tiny", "champion", str(version))
    told: list[Any] = []
    with listening(told.append):
        reconcile.fn(chain.spec)
        reconcile.fn(chain.spec)
    assert_alias_and_pointer_agree(chain, 1, chain.bundle)
    (notice,) = told
    assert f"moved by hand to version {version}; devices on channel local run version 1" in notice.message
    assert f"`trunkline promote {version} --product tiny --reason TEXT`" in notice.message


def test_an_emptied_registry_is_healed_by_the_next_runs(chain: Any, empty_store: Path) -> None:
    promote.fn(chain.spec, chain.bundle, registered(chain, chain.bundle), PROMOTED)
    tracking._client.cache_clear()
    shutil.copy(empty_store, chain.home / "mlflow.db")
    reconcile.fn(chain.spec)
    version = registered(chain, chain.bundle).version
    reconcile.fn(chain.spec)
    assert_alias_and_pointer_agree(chain, version, chain.bundle)


def test_the_champion_answers_from_the_repository_alone(chain: Any) -> None:
    champion = promote.fn(chain.spec, chain.bundle, registered(chain, chain.bundle), PROMOTED)
    shutil.rmtree(chain.home / "cache")
    assert open_champion(chain.home / "repository", champion).parse("turn on the fan").intents
