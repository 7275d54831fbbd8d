from __future__ import annotations

import json
import random
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trunkline_edge.errors import ClockWrong, ContentRefused, Expired, RolledBack, Unreachable
from trunkline_edge.update.decisions import (
    BUCKETS,
    RELEASED,
    Pointer,
    Rollout,
    assigned,
    bucket,
    check_clock,
    checked_name,
    decide,
    pointer_from,
    wait_s,
)

ID = "a" * 64
GOOD = {"product": "tiny", "bundle_id": ID, "version": 3, "sequence": 2}
NEXT = "b" * 64
STAGED = {"id": "tiny-3", "buckets": 500, "bundle_id": NEXT, "version": 4}


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"[]", b"{}", b"[" * 5_000, b"\xff", b"null",
        *(json.dumps(GOOD | change).encode() for change in (
            {"bundle_id": "../" + ID}, {"bundle_id": ID.upper()}, {"bundle_id": 3}, {"product": "other"},
            {"sequence": 0}, {"sequence": True}, {"sequence": "2"}, {"sequence": 1.5}, {"version": None},
            {"rollout": 5}, {"rollout": {}}, {"rollout": STAGED | {"buckets": 0}}, {"rollout": STAGED | {"id": ""}},
            {"rollout": STAGED | {"bundle_id": "x"}}, {"rollout": STAGED | {"version": True}},
            {"rollout": STAGED | {"id": ["a"]}},
        )),
    ],
)  # fmt: skip
def test_what_is_no_pointer_of_this_product_is_refused(raw: bytes) -> None:
    with pytest.raises(ContentRefused, match="pointer"):
        pointer_from(raw, "tiny")


def test_a_pointer_may_say_more_than_this_version_reads() -> None:
    assert pointer_from(json.dumps(GOOD | {"share": 5}).encode(), "tiny") == Pointer("tiny", ID, 3, 2)


def test_a_pointer_without_a_rollout_is_for_every_device() -> None:
    pointer = pointer_from(json.dumps(GOOD).encode(), "tiny")
    assert all(assigned(pointer, str(device), {}) == pointer for device in range(100))


def test_a_rollout_gives_the_candidate_to_the_buckets_below_its_number_and_the_base_to_all_others() -> None:
    pointer = pointer_from(json.dumps(GOOD | {"rollout": STAGED}).encode(), "tiny")
    assert pointer.rollout == Rollout("tiny-3", 500, NEXT, 4)
    for device in map(str, range(500)):
        found = assigned(pointer, device, {})
        assert (found.rollout, found.sequence) == (None, 2)
        assert (found.bundle_id, found.version) == ((NEXT, 4) if bucket("tiny-3", device) < 500 else (ID, 3))


def test_a_device_on_which_the_candidate_failed_runs_what_the_others_do() -> None:
    pointer = Pointer("tiny", ID, 3, 2, Rollout("tiny-3", BUCKETS, NEXT, 4))
    assert assigned(pointer, "a", {}).bundle_id == NEXT
    assert assigned(pointer, "a", {NEXT: "health.golden"}).bundle_id == ID


@given(st.text(max_size=40), st.integers(1, BUCKETS), st.integers(0, BUCKETS))
def test_widening_never_takes_the_candidate_from_a_device(device: str, buckets: int, more: int) -> None:
    narrow, wide = (
        Pointer("tiny", ID, 3, 2, Rollout("tiny-3", each, NEXT, 4)) for each in (buckets, min(BUCKETS, buckets + more))
    )
    assert assigned(wide, device, {}).bundle_id == NEXT or assigned(narrow, device, {}).bundle_id == ID


def test_buckets_spread_devices_evenly_and_anew_in_every_rollout() -> None:
    first, second = ({device for device in range(5_000) if bucket(name, str(device)) < 1_000} for name in ("a", "b"))
    # Five standard deviations of a binomial with 5,000 draws of 10 and of 1 %.
    assert abs(len(first) - 500) < 107 and abs(len(first & second) - 50) < 36


@given(st.integers(1, 10**9), st.integers(0, 10**9), st.booleans(), st.booleans())
@settings(deadline=None)
def test_no_pointer_older_than_one_seen_is_ever_followed(sequence: int, seen: int, active: bool, failed: bool) -> None:
    pointer = Pointer("tiny", ID, 1, sequence)
    known = {"active": ID if active else None, "failed": {ID: "health.golden"} if failed else {}, "seen": seen}
    if sequence < seen:
        with pytest.raises(RolledBack):
            decide(pointer, **known)
    else:
        assert decide(pointer, **known).install == (not active and not failed)


@pytest.mark.parametrize("now", [datetime(1970, 1, 1, tzinfo=RELEASED.tzinfo), RELEASED - timedelta(days=1)])
def test_a_clock_before_the_release_of_the_package_is_wrong(now: datetime) -> None:
    with pytest.raises(ClockWrong, match="set the clock"):
        check_clock(now, RELEASED)


@given(st.timedeltas(timedelta(days=-900), timedelta(days=900)))
@settings(deadline=None)
def test_time_never_goes_back_behind_what_was_signed_and_seen(off: timedelta) -> None:
    known = RELEASED + timedelta(days=1_000)
    if off < -timedelta(hours=1):
        with pytest.raises(ClockWrong):
            check_clock(known + off, known)
    else:
        check_clock(known + off, known)


@given(st.integers(1, 100), st.floats(1, 10**6), st.integers())
@settings(deadline=None)
def test_waits_are_bounded_and_spread(failures: int, interval: float, seed: int) -> None:
    chance = random.Random(seed)
    assert 0 < wait_s(interval, failures, Unreachable(""), chance) <= min(interval, 6 * 3600)
    assert 0.9 * interval <= wait_s(interval, failures, Expired(""), chance) <= 1.1 * interval
    assert 0.9 * interval <= wait_s(interval, 0, None, chance) <= 1.1 * interval


def test_waits_after_failures_double() -> None:
    waits = [wait_s(10**6, failures, Unreachable(""), random.Random(1)) for failures in (1, 2, 3)]
    assert waits[1] == pytest.approx(2 * waits[0]) and waits[2] == pytest.approx(4 * waits[0])


@pytest.mark.parametrize("name", ["", "..", "a/b", "a\\b", ".a", "a b", "ä", "a" * 65, "a\n"])
def test_names_that_are_more_than_a_part_of_a_path_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="expected letters"):
        checked_name("channel", name)
