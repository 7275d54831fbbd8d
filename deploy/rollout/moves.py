"""What is done with a rollout: start, look, widen, stop. A move is in the record before it is in the pointer."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from deploy.repository.release import ReleaseRefused, move, pointer_of
from deploy.repository.signed import SignedRepository
from deploy.rollout.decide import Evidence, RolloutDecision, decide
from deploy.rollout.evidence import evidence_of
from deploy.rollout.plan import Plan, Stage
from deploy.rollout.records import Move, NoRecord, RolloutRecord, read_record, records_of, write_record
from deploy.rollout.store import ReportStore
from trunkline_edge.update.decisions import Pointer, Rollout, precisions_of


class RolloutRefused(ReleaseRefused):
    """The channel stands in a way that does not allow this step."""


@dataclass(frozen=True)
class Desk:
    """Where rollouts are steered from: the signed repository, their records, the reports of devices."""

    repository: SignedRepository
    records: Path
    reports: ReportStore


@dataclass(frozen=True)
class Standing:
    """How a rollout stands, and what follows from it."""

    record: RolloutRecord
    stage: int
    evidence: Evidence
    decision: RolloutDecision
    sequence: int
    """Of the pointer that this is about."""


def start(
    desk: Desk, channel: str, product: str, *, bundle_id: str, version: int, plan: Plan, who: str, why: str
) -> RolloutRecord:
    """Give a published bundle to the devices of the first stage; the others stay with what the channel points at.

    Raises `RolloutRefused` where there is nothing to stay with, nothing new, or a rollout already.
    """
    before = pointer_of(desk.repository, channel, product)
    if before is None:
        raise RolloutRefused(
            f"{channel} points at no bundle of {product} yet, so there is none to go back to; "
            f"`trunkline release promote {channel}` the first one"
        )
    if before.rollout is not None:
        raise RolloutRefused(
            f"rollout {before.rollout.id} is under way on {channel}; `trunkline rollout stop` it first"
        )
    if before.bundle_id == bundle_id:
        raise RolloutRefused(f"bundle {bundle_id[:12]} is what {channel} points at already")
    sequence = before.sequence + 1
    rollout = Rollout(_id_of(channel, product, sequence), plan.stages[0].buckets, bundle_id, version)
    record = RolloutRecord(
        rollout.id, channel, product, bundle_id, version, before.bundle_id, before.version, plan, moves=()
    ).plus(Move(sequence, "start", plan.stages[0].percent, desk.repository.now(), who, (why,)))
    pointer = Pointer(product, before.bundle_id, before.version, sequence, rollout)

    def note() -> None:
        with suppress(NoRecord):
            there = read_record(desk.records, record.id)
            if (there.channel, there.product) != (channel, product):
                raise RolloutRefused(
                    f"{desk.records / record.id}.json is the record of a rollout of {there.product} on "
                    f"{there.channel}; move it away and start again"
                )
        write_record(desk.records, record)

    move(desk.repository, channel, pointer, note)
    return record


def _id_of(channel: str, product: str, sequence: int) -> str:
    """Name a rollout as devices allow it, 128 letters at most.

    Names may hold `-`, so `beta-eu` with `tiny` reads as `beta` with `eu-tiny` does; the hash tells them apart.
    """
    mark = hashlib.sha256(f"{channel}/{product}".encode()).hexdigest()[:8]
    return f"{f'{channel}-{product}'[:100]}-{mark}-{sequence}"


def _record_of(desk: Desk, channel: str, pointer: Pointer, rollout: Rollout) -> RolloutRecord:
    """Return the record of the rollout that a pointer names, up to that pointer; raises `NoRecord`."""
    record = read_record(desk.records, rollout.id).as_of(pointer.sequence)
    found = record.channel, record.product, record.base, record.bundle_id
    if found != (channel, pointer.product, pointer.bundle_id, rollout.bundle_id):
        raise NoRecord(
            f"{desk.records / rollout.id}.json is of another rollout: bundle {record.bundle_id[:12]} in place of "
            f"{record.base[:12]} of {record.product} on {record.channel}; {channel} has {rollout.bundle_id[:12]} in "
            f"place of {pointer.bundle_id[:12]}; `trunkline rollout stop {channel} --product {pointer.product}`"
        )
    return record


def look(desk: Desk, channel: str, product: str) -> Standing | None:
    """Return how the rollout of a channel's product stands, None when none is under way; raises `NoRecord`."""
    pointer = pointer_of(desk.repository, channel, product)
    if pointer is None or pointer.rollout is None:
        return None
    record = _record_of(desk, channel, pointer, pointer.rollout)
    if not record.moves:
        raise NoRecord(f"the record of rollout {record.id} has no moves up to {pointer.sequence}; stop the rollout")
    began, since = record.moves[0].when, record.moves[-1].when
    steps = [(move.when, Stage(move.percent, 1, 0).buckets) for move in record.moves]
    evidence = evidence_of(
        pointer.rollout,
        precisions_of(pointer),
        steps,
        [heard.report for heard in desk.reports.devices(product, channel)],
        desk.reports.answers(product, channel, began),
        hours=(desk.repository.now() - since).total_seconds() / 3600,
        min_answers=record.plan.min_answers,
    )
    stage = record.plan.stage_of(pointer.rollout.buckets)
    return Standing(record, stage, evidence, decide(record.plan, stage, evidence), pointer.sequence)


def widen(desk: Desk, standing: Standing, *, who: str, why: tuple[str, ...]) -> Move:
    """Take a rollout to its next stage, after the last one to all devices; whether it may is the caller's decision.

    Raises `ReleaseRefused` where the channel was moved since `standing` was looked at.
    """
    record, number = standing.record, standing.stage + 1
    sequence = standing.sequence + 1
    if number == len(record.plan.stages):
        done = Move(sequence, "finish", 100.0, desk.repository.now(), who, why)
        pointer = Pointer(record.product, record.bundle_id, record.version, sequence)
    else:
        stage = record.plan.stages[number]
        done = Move(sequence, "widen", stage.percent, desk.repository.now(), who, why)
        rollout = Rollout(record.id, stage.buckets, record.bundle_id, record.version)
        pointer = Pointer(record.product, record.base, record.base_version, sequence, rollout)
    move(desk.repository, record.channel, pointer, lambda: write_record(desk.records, record.plus(done)))
    return done


def stop(desk: Desk, channel: str, product: str, *, who: str, why: tuple[str, ...]) -> Pointer:
    """Take all devices back to the bundle before, whatever the reports say; needs no record. Returns the pointer.

    Raises `RolloutRefused` where no rollout is under way.
    """
    before = pointer_of(desk.repository, channel, product)
    if before is None or before.rollout is None:
        raise RolloutRefused(
            f"no rollout of {product} is under way on {channel}; `trunkline release promote {channel} --version N` "
            "takes devices to any published version"
        )
    rollout, sequence = before.rollout, before.sequence + 1

    def note() -> None:
        with suppress(NoRecord):  # nothing may stand in the way of stopping
            record = _record_of(desk, channel, before, rollout)
            write_record(desk.records, record.plus(Move(sequence, "stop", 0.0, desk.repository.now(), who, why)))

    return move(desk.repository, channel, Pointer(product, before.bundle_id, before.version, sequence), note)


def last_record(desk: Desk, channel: str, product: str) -> RolloutRecord | None:
    """Return the newest rollout on record that has begun, also when it is over."""
    pointer = pointer_of(desk.repository, channel, product)
    begun = [record.as_of(pointer.sequence if pointer else 0) for record in records_of(desk.records, channel, product)]
    return next((record for record in reversed(begun) if record.moves), None)
