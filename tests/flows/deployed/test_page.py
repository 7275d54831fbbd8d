from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from flows.deployed.changes import changes_between, to_deploy
from flows.deployed.page import Deployment, Schedule, read_page, rendered
from schemas.errors import UserError
from tasks.settings import ROOT

PLACES = {"TRUNKLINE_ROOT": "/srv/trunkline", "TRUNKLINE_HOME": "/srv/home"}


def wanted(**changed: object) -> Deployment:
    fields = {"entrypoint": "flows/a.py:a", "parameters": {"x": 1}, **changed}
    return Deployment("a/a", "v1", fields, {"nightly": Schedule("0 3 * * * UTC", {}, active=False)})


def told(known: Deployment) -> list[str]:
    return [str(each) for each in changes_between([wanted()], {"a/a": known})]


def test_our_own_page_is_read_with_its_variables_filled() -> None:
    page = read_page(ROOT / "prefect.yaml", PLACES)
    retrain = next(each for each in page.deployments if each.name == "retrain/retrain")
    assert page.pools == ("trunkline",)
    assert "/srv/trunkline" in str(retrain.fields["pull steps"])
    assert retrain.fields["job variables"] == {"env": {"TRUNKLINE_HOME": "/srv/home"}}
    assert not retrain.schedules["nightly"].active
    assert {each.name.partition("/")[0] for each in page.deployments} == {
        *("retrain", "ingest", "drift", "compare", "rollout", "refresh")
    }
    assert ("trunkline", "training", 1) in page.queues


def test_a_variable_that_is_not_set_is_named() -> None:
    with pytest.raises(UserError, match="TRUNKLINE_ROOT"):
        read_page(ROOT / "prefect.yaml", {})


@pytest.mark.parametrize(
    ("entry", "found"),
    [
        ({"name": "a", "entrypoint": "a.py:a"}, "'work_pool' is missing"),
        ({"name": "a", "entrypoint": "a.py", "work_pool": {"name": "p"}}, "deployment 1"),
        (
            {"name": "a", "entrypoint": "a.py:a", "work_pool": {"name": "p"}, "schedules": [{"cron": "0 3 * * *"}]},
            "'slug' is missing",
        ),
    ],
)
def test_a_bad_entry_is_named_with_what_it_lacks(tmp_path: Path, entry: dict[str, object], found: str) -> None:
    (tmp_path / "a.py").touch()
    (tmp_path / "prefect.yaml").write_text(yaml.safe_dump({"deployments": [entry]}))
    with pytest.raises(UserError, match=found):
        read_page(tmp_path / "prefect.yaml", {})


def test_what_is_equal_needs_no_change() -> None:
    assert told(wanted()) == []


def test_a_field_that_somebody_changed_on_the_server_is_changed_back() -> None:
    changes = changes_between([wanted()], {"a/a": wanted(parameters={"x": 2})})
    assert [str(each) for each in changes] == ["update deployment a/a: parameters {'x': 2} -> {'x': 1}"]
    assert to_deploy(changes) == ("a/a",)


def test_a_schedule_that_a_person_activated_is_kept_and_told() -> None:
    known = Deployment("a/a", "v1", wanted().fields, {"nightly": Schedule("0 3 * * * UTC")})
    assert told(known) == ["keep schedule nightly of a/a active"]


def test_stray_schedules_and_deployments_are_removed() -> None:
    stray = Deployment("b/b", "v1", {}, {})
    known = Deployment("a/a", "v1", wanted().fields, {**wanted().schedules, "1234": Schedule("* * * * * UTC")})
    changes = changes_between([wanted()], {"a/a": known, "b/b": stray})
    assert [str(each) for each in changes] == [
        "remove schedule 1234 of a/a: * * * * * UTC is not in the file",
        "remove deployment b/b: it is not in the file",
    ]
    assert to_deploy(changes) == ()


def test_a_newer_form_is_deployed_though_no_field_differs() -> None:
    known = Deployment("a/a", "v0", wanted().fields, wanted().schedules)
    assert told(known) == ["update deployment a/a: its entry or its form is newer"]


def test_what_prefect_deploys_keeps_a_persons_say() -> None:
    page = read_page(ROOT / "prefect.yaml", PLACES)
    there = {each.name: each for each in page.deployments}
    known = there["retrain/retrain"]
    nightly = Schedule(known.schedules["nightly"].when, {}, active=True)
    there["retrain/retrain"] = Deployment(known.name, "", known.fields, {"nightly": nightly}, paused=True)
    entries = {each["name"]: each for each in yaml.safe_load(rendered(page, there))["deployments"]}
    assert entries["retrain"]["paused"] and entries["retrain"]["schedules"][0]["active"]
    assert not entries["rollout"]["paused"] and not entries["rollout"]["schedules"][0]["active"]
