"""From reports to evidence: which devices count for a rollout, and for what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from deploy.rollout.decide import Evidence
from deploy.rollout.reports import DeviceReport
from deploy.rollout.sequential import Rated, rise_of
from deploy.rollout.store import Answered
from trunkline_edge.update.decisions import BUCKETS, Rollout, bucket, is_lost, precisions_of

_Place = TypeVar("_Place", int, NDArray[np.int64])
Steps = Sequence[tuple[datetime, int]]
"""When a rollout went to how many buckets, oldest first."""


def evidence_of(
    rollout: Rollout,
    base: Collection[str],
    steps: Steps,
    reports: Iterable[DeviceReport],
    answers: Iterable[Answered],
    *,
    hours: float,
    min_answers: int,
) -> Evidence:
    """Gather what devices of the channel say of a rollout's candidate.

    base: ids of the bundle that the other devices run, in each of its precisions. answers: since the rollout began. A
    device outside the rollout's buckets that says it runs the candidate has it from elsewhere, or is lying; it does not
    count. One on which a precision failed has not failed while there is another.
    """
    stood, on_trial, codes, candidates = 0, 0, Counter[str](), precisions_of(rollout)
    for report in reports:
        if bucket(rollout.id, report.device) >= rollout.buckets:
            continue
        if is_lost(rollout, report.failed):
            codes[next(report.failed[each] for each in reversed(candidates) if each in report.failed)] += 1
        elif report.trying in candidates:
            on_trial += 1
        elif report.active in candidates:
            stood += 1
    return Evidence(
        hours=hours,
        stood=stood,
        on_trial=on_trial,
        failed=codes.total(),
        codes=dict(codes),
        rise=rise_of(rates(rollout, base, steps, answers, min_answers)),
    )


def rates(
    rollout: Rollout, base: Collection[str], steps: Steps, answers: Iterable[Answered], min_answers: int
) -> Iterator[Rated]:
    """Yield each device once, when it has answered often enough; its pace is of answers a report.

    Devices without the candidate are those of as many buckets from the other end: two groups of one size over one time.
    Else the first few of very many would be set beside the first few of a hundred, and they are another kind of
    household. Of either kind the first report since its stage began does not count: it is of part of the time between
    two reports, of unlike parts in the two groups, and would tell a wrong pace.
    """
    sums: dict[tuple[str, bool], tuple[int, int, int]] = {}
    done = set[str]()
    for each in answers:
        place, counts = bucket(rollout.id, each.device), each.counts
        has_candidate = place < rollout.buckets
        if each.device in done or counts.bundle_id not in (precisions_of(rollout) if has_candidate else base):
            continue
        turn = place if has_candidate else mirrored(place)
        if not any(each.received >= when and turn < buckets for when, buckets in steps):
            continue
        if (each.device, has_candidate) not in sums:
            sums[each.device, has_candidate] = 0, 0, 0
            continue
        answered, rejected, told = sums[each.device, has_candidate]
        answered, rejected, told = answered + counts.answered, rejected + counts.rejected, told + 1
        sums[each.device, has_candidate] = answered, rejected, told
        if answered >= min_answers:
            done.add(each.device)
            yield Rated(has_candidate, rejected / answered, (answered // told).bit_length())


def mirrored(place: _Place) -> _Place:
    """Return the bucket, or the array of buckets, as far from the other end."""
    return BUCKETS - 1 - place
