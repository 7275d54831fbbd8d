from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np

from deploy.rollout.decide import Evidence
from deploy.rollout.evidence import evidence_of, rates
from deploy.rollout.reports import AnswerCounts, DeviceReport
from deploy.rollout.sequential import rise_of
from deploy.rollout.store import Answered, ReportStore
from tests.deploy.rollout.conftest import NOW, device, devices_in, report
from trunkline_edge.update.decisions import BUCKETS, Rollout, bucket

BASE, NEXT = "a" * 64, "b" * 64
ROLLOUT = Rollout("stable-tiny-2", 2_500, NEXT, 2)
STEPS = [(NOW, 1_000), (NOW + timedelta(hours=24), 2_500)]


def devices_between(low: int, high: int, count: int = 6) -> list[int]:
    return [number for number in devices_in(ROLLOUT.id, high, 400) if bucket(ROLLOUT.id, device(number)) >= low][:count]


IN = devices_between(0, 1_000)
BESIDE = devices_between(9_000, BUCKETS)
OUT = devices_between(2_500, 7_500)
LATER = devices_between(7_500, 9_000)


def told(number: int, bundle_id: str, answered: int, rejected: int, hours: float = 25) -> Answered:
    return Answered(device(number), NOW + timedelta(hours=hours), AnswerCounts(bundle_id, answered, rejected))


def test_devices_count_as_stood_only_after_their_probation() -> None:
    found = evidence_of(
        ROLLOUT,
        (BASE,),
        STEPS,
        [
            report(IN[0], active=NEXT),
            report(IN[1], active=NEXT, trying=NEXT),
            report(IN[2], active=BASE, trying=NEXT),
            report(IN[3], active=BASE, failed={NEXT: "health.golden"}),
            report(IN[4], active=BASE, failed={"c" * 64: "health.golden"}),
        ],
        [],
        hours=1,
        min_answers=20,
    )
    assert (found.stood, found.on_trial, found.failed, found.codes) == (1, 2, 1, {"health.golden": 1})


def test_a_device_has_failed_when_every_precision_has_failed_on_it() -> None:
    other = "d" * 64
    heard = [
        report(IN[0], active=other, failed={NEXT: "health.golden"}),
        report(IN[1], active=other, trying=other, failed={NEXT: "health.latency"}),
        report(IN[2], active=BASE, failed={NEXT: "health.golden"}),  # the other one is still to be tried
        report(IN[3], active=BASE, failed={NEXT: "health.golden", other: "health.load"}),
    ]
    rollout = replace(ROLLOUT, otherwise=other)
    found = evidence_of(rollout, (BASE,), STEPS, heard, [], hours=1, min_answers=20)
    assert (found.stood, found.on_trial, found.codes) == (1, 1, {"health.load": 1})
    answers = [told(*each, *counts) for counts in ((9, 9), (25, 5)) for each in ((IN[0], other), (BESIDE[0], BASE))]
    assert list(rates(rollout, (BASE,), STEPS, answers, 20)) == [(True, 0.2, 5), (False, 0.2, 5)]


def test_who_was_never_given_the_candidate_does_not_count() -> None:
    liars = [report(number, active=NEXT) for number in OUT] + [report(OUT[0], failed={NEXT: "health.load"})]
    found = evidence_of(ROLLOUT, (BASE,), STEPS, liars, [], hours=1, min_answers=20)
    assert (found.stood, found.failed) == (0, 0)


def test_a_device_counts_once_when_it_has_answered_often_enough() -> None:
    answers = [
        told(BESIDE[0], BASE, 9, 9),  # of part of the time between two reports
        told(IN[0], NEXT, 9, 9),
        told(BESIDE[3], BASE, 9, 9),
        told(IN[0], NEXT, 15, 3),
        told(BESIDE[0], BASE, 25, 5),
        told(IN[0], NEXT, 5, 1),
        told(IN[0], NEXT, 500, 500),  # it has had its say
        told(IN[1], BASE, 500, 0),  # not switched yet: neither with it nor a device without
        told(BESIDE[1], NEXT, 500, 500),  # has it from elsewhere
        told(BESIDE[2], "c" * 64, 500, 500),  # another bundle altogether
        told(BESIDE[3], BASE, 19, 19),
        told(OUT[0], BASE, 500, 500),  # in no group
    ]
    assert list(rates(ROLLOUT, (BASE,), STEPS, answers, 20)) == [(False, 0.2, 5), (True, 0.2, 4)]


def test_both_groups_are_of_one_size_and_count_from_when_their_stage_began() -> None:
    answers = [told(number, BASE, 30, 6, hours=hours) for hours in (22, 23) for number in (LATER[0], BESIDE[0])]
    assert list(rates(ROLLOUT, (BASE,), STEPS, answers, 20)) == [(False, 0.2, 5)]
    answers += [told(LATER[0], BASE, 30, 3, hours=hours) for hours in (25, 31)]
    assert list(rates(ROLLOUT, (BASE,), STEPS, answers, 20)) == [(False, 0.2, 5), (False, 0.1, 5)]


def test_of_many_devices_on_equal_bundles_neither_group_has_more_of_those_who_talk_little() -> None:
    half, rng, check = Rollout("half", BUCKETS // 2, NEXT, 2), np.random.default_rng(5), 6.0  # hours
    answers = list[Answered]()
    for number in range(10_000):
        has_it, first = bucket(half.id, device(number)) < half.buckets, rng.uniform(0, check)
        per_hour = rng.gamma(2.0, 2.0) + 0.05
        usual = min(1.0, rng.beta(1.0, 11.5) * 3 / (0.5 + per_hour))  # who talks more is understood
        ready = (
            first + rng.exponential(6.0) if has_it else 0.0
        )  # with its first check it begins to fetch, some take long
        for turn in range(8):
            hours = min(check, first + turn * check - ready) if turn or not has_it else 0.0
            if hours > 0 and (answered := int(rng.poisson(per_hour * hours))):
                rejected = int(rng.binomial(answered, usual))
                answers.append(told(number, NEXT if has_it else BASE, answered, rejected, hours=first + turn * check))
    answers.sort(key=lambda each: each.received)
    rise = rise_of(rates(half, (BASE,), [(NOW, half.buckets)], answers, 20))
    assert rise.pairs > 3_000
    assert rise.p_value > 0.05, rise


def test_a_device_that_was_compared_without_it_is_not_compared_with_it_again() -> None:
    wide, steps = Rollout(ROLLOUT.id, BUCKETS, NEXT, 2), [*STEPS, (NOW + timedelta(hours=48), BUCKETS)]
    answers = [told(BESIDE[0], BASE, *counts) for counts in ((9, 9), (30, 3))]
    answers += [told(BESIDE[0], NEXT, 30, 30, hours=hours) for hours in (50, 56)]
    assert list(rates(ROLLOUT, (BASE,), STEPS, answers, 20)) == [(False, 0.1, 5)]
    assert list(rates(wide, (BASE,), steps, answers, 20)) == [(True, 1.0, 5)]


def test_reports_that_come_again_change_no_evidence(tmp_path: Path) -> None:
    store = ReportStore(tmp_path / "reports.db")
    sent = [
        replace(report(number, active=bundle_id, answers=AnswerCounts(bundle_id, *counts)), time=when)
        for number, bundle_id in ((IN[0], NEXT), (IN[1], NEXT), (BESIDE[0], BASE), (BESIDE[1], BASE))
        for when, counts in ((NOW, (12, 3)), (NOW + timedelta(hours=1), (24, 6)), (NOW + timedelta(hours=2), (30, 9)))
    ]

    def evidence(reports: Sequence[DeviceReport]) -> Evidence:
        for each in reports:
            store.add(each, each.time)
        heard = [each.report for each in store.devices("tiny", "stable")]
        answers = store.answers("tiny", "stable", NOW)
        assert sum(each.counts.answered for each in answers) == 4 * 30
        return evidence_of(ROLLOUT, (BASE,), STEPS, heard, answers, hours=2, min_answers=20)

    once = evidence(sent)
    assert once.stood == 2
    assert evidence([sent[-1], *sent, *reversed(sent), *sent]) == once
