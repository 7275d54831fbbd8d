"""A bundle that was published in two precisions: which of them a device takes, by its own test, and what it fetches."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.edge.tests.tiny_bundle import HEADS, INTENT, Recipe
from deploy.edge.tests.update import evil
from deploy.edge.tests.update.fleet import Fleet
from deploy.repository import release
from deploy.repository.channels import OTHERWISE
from trunkline_edge.errors import HealthFailed
from trunkline_edge.update import decisions
from trunkline_edge.update.decisions import BUCKETS, Pointer, Rollout, assigned, decide
from trunkline_edge.update.progress import read_progress
from trunkline_edge.update.recovery import reject

FIRST, OTHER, NEXT, NEXT_OTHER = (digit * 64 for digit in "abcd")


def recipe(bias: float, *, is_bad: bool = False) -> Recipe:
    heads = (replace(INTENT, bias=(bias, 0.1, 0.0)), *HEADS[1:])
    return Recipe(heads=heads, replaced={INTENT.file: evil.not_a_number(heads[0])} if is_bad else {})


def released(fleet: Fleet, first: Recipe, other: Recipe) -> tuple[str, str]:
    """Publish a bundle in two precisions and point the channel at it; returns both ids."""
    fleet.versions += 1
    built = fleet.folder / f"built-{fleet.versions}"
    ids = first.write(built).bundle_id, other.write(built / OTHERWISE).bundle_id
    release.publish(fleet.repository, built)
    release.promote(fleet.repository, "stable", "tiny", ids[0], fleet.versions)
    return ids


@pytest.fixture(autouse=True)
def _no_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both precisions of these bundles are as quick; a busy machine must not decide."""
    monkeypatch.setattr(decisions, "QUICKER", 0.0)


def heads_fetched(fleet: Fleet) -> int:
    """Count the files of bundles that were fetched since the last call; manifests are none."""
    return sum(path.startswith("targets/m/") and not path.endswith(".json") for path in fleet.fetched())


def test_where_the_first_does_well_both_are_tried_once_and_the_other_is_never_fetched_again(fleet: Fleet) -> None:
    ids = released(fleet, recipe(0.1), recipe(0.2))
    fleet.agent().check()
    assert fleet.active() == ids[0]
    assert list(read_progress(fleet.home).prefers_other.values()) == [False]
    heads_fetched(fleet)
    ids = released(fleet, recipe(0.3), recipe(0.4))
    outcome = fleet.agent().check()
    assert (fleet.active(), heads_fetched(fleet)) == (ids[0], 2)  # the head and its golden answers
    assert outcome.fetched == ("intent.onnx", "golden.jsonl")


def test_where_the_first_fails_the_other_is_taken_at_once_and_alone_from_then_on(fleet: Fleet) -> None:
    first, other = released(fleet, recipe(0.1, is_bad=True), recipe(0.2))
    assert fleet.agent().check().did == "installed"
    assert fleet.active() == other
    assert set(read_progress(fleet.home).failed) == {first}
    assert fleet.agent().check().did == "kept"
    heads_fetched(fleet)
    ids = released(fleet, recipe(0.3, is_bad=True), recipe(0.4))
    fleet.agent().check()
    assert (fleet.active(), heads_fetched(fleet)) == (ids[1], 2)
    assert set(read_progress(fleet.home).failed) == {first}, "what is not meant for this device is not even tried"


def test_where_the_other_is_quicker_it_is_taken(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decisions, "QUICKER", 1_000.0)
    ids = released(fleet, recipe(0.1), recipe(0.2))
    outcome = fleet.agent().check()
    assert (fleet.active(), outcome.did) == (ids[1], "installed")
    assert outcome.reason == f"bundle {ids[1][:12]} is new ({ids[0][:12]} in another precision)"
    assert fleet.agent().check().did == "kept"


def test_where_the_one_that_it_takes_fails_a_device_takes_the_first_again(fleet: Fleet) -> None:
    released(fleet, recipe(0.1, is_bad=True), recipe(0.2))
    fleet.agent().check()
    ids = released(fleet, recipe(0.3), recipe(0.4, is_bad=True))
    fleet.agent().check()
    assert fleet.active() == ids[0]
    assert list(read_progress(fleet.home).prefers_other.values()) == [False]


def test_where_both_fail_the_bundle_before_stays(fleet: Fleet) -> None:
    before = fleet.release(recipe(0.5)).bundle_id
    fleet.agent().check()
    ids = released(fleet, recipe(0.1, is_bad=True), recipe(0.2, is_bad=True))
    with pytest.raises(HealthFailed):
        fleet.agent().check()
    assert fleet.active() == before
    assert set(read_progress(fleet.home).failed) == set(ids)
    assert fleet.agent().check().did == "kept"


def test_without_a_test_of_the_other_the_first_is_good_enough(fleet: Fleet) -> None:
    ids = released(fleet, recipe(0.1), recipe(0.2))
    (fleet.repository.folder / "targets" / "m").joinpath(  # as on a mirror that lags behind
        next(path.name for path in (fleet.repository.folder / "targets" / "m").glob(f"*.{ids[1]}.json"))
    ).unlink()
    fleet.agent().check()
    assert fleet.active() == ids[0]
    assert not read_progress(fleet.home).prefers_other


def test_what_a_person_has_sent_back_does_not_return_in_the_other_precision(fleet: Fleet) -> None:
    before = fleet.release(recipe(0.5)).bundle_id
    fleet.agent().check()
    ids = released(fleet, recipe(0.1), recipe(0.2))
    fleet.agent().check()
    assert fleet.active() == ids[0]
    reject(fleet.home, "it does not understand me")
    assert fleet.active() == before
    assert fleet.agent().check().did == "kept"
    assert fleet.active() == before


@given(
    failed=st.sets(st.sampled_from([FIRST, OTHER, NEXT, NEXT_OTHER])),
    buckets=st.integers(0, BUCKETS),
    has_other=st.tuples(st.booleans(), st.booleans()),
    prefers_other=st.booleans(),
)
def test_a_device_is_never_sent_to_what_failed_while_there_is_something_else(
    failed: set[str], buckets: int, has_other: tuple[bool, bool], prefers_other: bool
) -> None:
    rollout = Rollout("tiny-3", buckets, NEXT, 4, NEXT_OTHER if has_other[1] else None)
    pointer = Pointer("tiny", FIRST, 3, 2, rollout, OTHER if has_other[0] else None)
    codes = dict.fromkeys(failed, "health.golden")
    found = assigned(pointer, "0" * 32, codes, prefers_other=prefers_other)
    pair = decisions.precisions_of(pointer if found.bundle_id in (FIRST, OTHER) else rollout)
    assert found.rollout is None and found.bundle_id in pair
    assert found.bundle_id not in failed or not set(pair) - failed
    assert {found.bundle_id, found.otherwise} - {None} == set(pair) or not set(pair) - failed
    assert decide(found, active=None, failed=codes, seen=0).install == bool(set(pair) - failed)
