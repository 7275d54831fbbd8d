"""From reports to evidence: which devices count for a rollout, and for what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from deploy.rollout.decide import Evidence
from deploy.rollout.reports import DeviceReport
from deploy.rollout.sequential import rise_of
from deploy.rollout.store import Answered
from trunkline_edge.update.decisions import Rollout, bucket


def evidence_of(
    rollout: Rollout,
    base: str,
    reports: Iterable[DeviceReport],
    answers: Iterable[Answered],
    *,
    hours: float,
    min_answers: int,
) -> Evidence:
    """Gather what devices of the channel say of a rollout's candidate.

    base: bundle id that the other devices run. answers: since the rollout began. A device outside the rollout's buckets
    that says it runs the candidate has it from elsewhere, or is lying; it does not count.
    """
    stood, on_trial, codes = 0, 0, Counter[str]()
    for report in reports:
        if bucket(rollout.id, report.device) >= rollout.buckets:
            continue
        if (code := report.failed.get(rollout.bundle_id)) is not None:
            codes[code] += 1
        elif report.trying == rollout.bundle_id:
            on_trial += 1
        elif report.active == rollout.bundle_id:
            stood += 1
    return Evidence(
        hours=hours,
        stood=stood,
        on_trial=on_trial,
        failed=codes.total(),
        codes=dict(codes),
        rise=rise_of(rates(rollout, base, answers, min_answers)),
    )


def rates(rollout: Rollout, base: str, answers: Iterable[Answered], min_answers: int) -> Iterator[tuple[bool, float]]:
    """Yield (has the candidate, rejection rate) of each device once, when it has answered often enough."""
    sums: dict[tuple[str, str], tuple[int, int]] = {}
    done = set[str]()
    for each in answers:
        counts = each.counts
        has_candidate = counts.bundle_id == rollout.bundle_id
        in_turn = bucket(rollout.id, each.device) < rollout.buckets
        if each.device in done or has_candidate != in_turn or counts.bundle_id not in (rollout.bundle_id, base):
            continue
        answered, rejected = sums.get((each.device, counts.bundle_id), (0, 0))
        answered, rejected = answered + counts.answered, rejected + counts.rejected
        sums[each.device, counts.bundle_id] = answered, rejected
        if answered >= min_answers:
            done.add(each.device)
            yield has_candidate, rejected / answered
