"""Ten thousand devices that follow a channel, in numbers: rollouts played through with the real decisions.

What a device and the server decide is not imitated: `assigned`, `decide`, `check_clock` and `is_over` are those of the
device, `decide` and `rise_of` those of the server. Simulated is the world around them: who is reachable when, how fast
files come, which processor a bundle breaks on, what clocks and disks are like. Time goes in steps of an hour.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache

import numpy as np

from deploy.repository.roles import rule_of
from deploy.rollout.decide import Evidence, RolloutDecision, decide
from deploy.rollout.devices import CHECK_HOURS, CPUS, NOWHERE, Devices
from deploy.rollout.evidence import mirrored
from deploy.rollout.plan import Plan
from deploy.rollout.sequential import Rated, rise_of
from trunkline_edge.bundle.manifest import Manifest
from trunkline_edge.errors import ClockWrong
from trunkline_edge.update import decisions
from trunkline_edge.update.agent import SPARE_BYTES
from trunkline_edge.update.decisions import RELEASED, Pointer, Rollout, assigned, check_clock, is_over

PROBATION = timedelta(hours=2)
START = RELEASED + timedelta(days=30)


@dataclass(frozen=True)
class Release:
    """A bundle of the history that is played."""

    name: str
    manifest: Manifest
    is_int8: bool = False
    other: Manifest | None = None
    """The same in fp32, for devices on which int8 fails."""
    fails_test_on: frozenset[str] = frozenset()
    """Kinds of devices whose own health test refuses it."""
    crashes_on: frozenset[str] = frozenset()
    """Kinds on which it passes the test and proves bad on probation."""
    rejects: float = 1.0
    """How many times as often as usual it rejects."""

    @property
    def files(self) -> Mapping[str, int]:
        """Bytes by hash, the manifest among them."""
        return _files_of(self.manifest)

    @property
    def other_files(self) -> Mapping[str, int]:
        """The same of the other precision; nothing where there is none."""
        return _files_of(self.other) if self.other else {}

    def refused_by(self, cpu: str, *, is_other: bool = False) -> bool:
        """Does the health test of such a device refuse it?"""
        return cpu in self.fails_test_on or (self.is_int8 and not is_other and cpu == "bad int8 kernel")


def _files_of(manifest: Manifest) -> dict[str, int]:
    files = {entry.sha256: entry.length for entry in manifest.files}
    return files | {manifest.bundle_id: len(manifest.to_bytes())}


@dataclass(frozen=True)
class Turn:
    """One move of the channel."""

    hour: int
    release: int
    percent: float
    """Of the devices with the candidate from then on."""
    decision: RolloutDecision


@dataclass(frozen=True)
class Played:
    """What came of it. Arrays go by hour, release, device."""

    releases: tuple[Release, ...]
    running: np.ndarray
    """Shape: (hours, releases). Devices by the bundle that they run."""
    on_trial: np.ndarray
    """Shape: (hours,)."""
    turns: tuple[Turn, ...]
    served: np.ndarray
    """Shape: (releases,). Bytes that devices fetched."""
    fetched: np.ndarray
    """Shape: (releases,). Devices that fetched it."""
    tried: np.ndarray
    """Shape: (releases,). Devices on which it was active for a while, at least on probation."""
    committed: np.ndarray
    """Shape: (releases,). Devices that ever ran it beyond probation."""
    left_behind: Mapping[str, int]
    """Why devices do not run the last good bundle -> how many. `no reason` is the one that must not be."""

    def widest(self, release: int) -> float:
        """Return the percent of devices that a release was ever offered to."""
        return max((turn.percent for turn in self.turns if turn.release == release), default=0.0)

    def ended(self, release: int) -> Turn:
        """Return the last turn of a release."""
        return [turn for turn in self.turns if turn.release == release][-1]


def play(
    releases: Sequence[Release], plan: Plan, *, devices: int = 10_000, seed: int = 0, pause: int = 48, tail: int = 600
) -> Played:
    """Roll out one release after the other; the first is what devices come with.

    pause: hours between two rollouts. tail: hours after the last one, in which those who were away come back.
    """
    world = _World(tuple(releases), plan, devices, np.random.default_rng(seed))
    for number in range(1, len(releases)):
        world.begin(number)
        while world.pointer.rollout is not None:
            world.hour()
            world.steer()
        for _ in range(pause):
            world.hour()
    for _ in range(tail):
        world.hour()
    return world.played()


class _World:
    """One history under way."""

    def __init__(self, releases: tuple[Release, ...], plan: Plan, count: int, rng: np.random.Generator) -> None:
        self.releases, self.plan, self.rng, self.count = releases, plan, rng, count
        self.d = Devices.drawn(count, len(releases), rng)
        self.ids = [release.manifest.bundle_id for release in releases]
        self.others = [release.other.bundle_id if release.other else None for release in releases]
        self.number = {
            bundle_id: number
            for number, pair in enumerate(zip(self.ids, self.others, strict=True))
            for bundle_id in pair
            if bundle_id
        }
        self.refused = np.array(
            [
                [[release.refused_by(cpu, is_other=other) for other in (False, True)] for cpu in CPUS]
                for release in releases
            ]
        )
        self.crashes = np.array([[cpu in release.crashes_on for cpu in CPUS] for release in releases])
        self.now, self.issued, self.stage_since = 0, 0, 0
        self.pointer = Pointer("home", self.ids[0], 1, 1, otherwise=self.others[0])
        self.base = self.candidate = 0
        # What the server has been told: the state of each device when it was last reachable.
        self.told_active, self.told_trying = self.d.active.copy(), self.d.trying.copy()
        self.told_failed = self.d.has_failed.copy()
        self.turns: list[Turn] = []
        self.history: list[np.ndarray] = []
        self.trials: list[int] = []
        self.served, self.fetched, self.tried = (np.zeros(len(releases), int) for _ in range(3))
        self.committed = np.zeros((count, len(releases)), bool)
        self.missing = cache(self._missing)

    # the server

    def begin(self, number: int) -> None:
        """Start a rollout."""
        stage = self.plan.stages[0]
        name = f"stable-home-{self.pointer.sequence + 1}"
        rollout = Rollout(name, stage.buckets, self.ids[number], number + 1, self.others[number])
        self.buckets = np.array([decisions.bucket(rollout.id, device) for device in self.d.ids])
        # Hour in which a device became one to compare with: after its first check, when others get the candidate.
        self.beside_since = np.full(self.count, np.inf)
        # An answer rate as the fleet's reports will show it, and the hours that a device takes to have answered enough.
        self.candidate, answers = number, self.plan.min_answers
        self.hours_to_answer = answers / self.d.per_hour
        self.pace = np.frexp(CHECK_HOURS * self.d.per_hour)[1]  # of answers a report, in powers of two
        self.usual = self.rng.binomial(answers, self.d.usual) / answers
        raised = np.minimum(1.0, self.d.usual * self.releases[number].rejects)
        self.raised = self.rng.binomial(answers, raised) / answers
        self.with_it = np.full(self.count, np.inf)  # hour in which a device got the candidate
        self.compared = np.full(self.count, np.inf)  # and in which its first rate was in
        self.compared_with_it = np.zeros(self.count, bool)
        self._point(rollout, stage.percent, RolloutDecision("wait", ("start",)))

    def steer(self) -> None:
        """Look at the reports and move the channel as the rules say."""
        rollout = self.pointer.rollout
        assert rollout is not None
        stage = self.plan.stage_of(rollout.buckets)
        decision = decide(self.plan, stage, self._evidence(rollout))
        if decision.action == "widen":
            wider = self.plan.stages[stage + 1]
            self._point(replace(rollout, buckets=wider.buckets), wider.percent, decision)
        elif decision.action == "finish":
            self.base = self.candidate
            self._point(None, 100.0, decision)
        elif decision.action in ("stop", "ask"):  # nobody is there to be asked: as a careful person would
            self._point(None, 0.0, decision)

    def _point(self, rollout: Rollout | None, percent: float, decision: RolloutDecision) -> None:
        base, sequence = self.base, self.pointer.sequence + 1
        self.pointer = Pointer("home", self.ids[base], base + 1, sequence, rollout, self.others[base])
        self.issued = self.stage_since = self.now
        self.turns.append(Turn(self.now, self.candidate, percent, decision))

    def _evidence(self, rollout: Rollout) -> Evidence:
        """What `evidence_of` gathers from reports, from arrays."""
        runs_it, tries_it = self.told_active == self.candidate, self.told_trying == self.candidate
        mine = self.buckets < rollout.buckets
        failed = mine & self.told_failed[:, self.candidate]
        on_trial = mine & ~failed & tries_it
        stood = mine & ~failed & ~tries_it & runs_it
        with_it = mine & runs_it & (self.with_it + self.hours_to_answer <= self.now)
        without = ~mine & (self.beside_since + self.hours_to_answer <= self.now)
        is_new = np.isinf(self.compared) & (with_it | without)
        self.compared[is_new], self.compared_with_it[is_new] = self.now, mine[is_new]
        order = np.argsort(self.compared, kind="stable")[: int(np.isfinite(self.compared).sum())]
        has_it = self.compared_with_it[order]
        rates = np.where(has_it, self.raised[order], self.usual[order])
        return Evidence(
            hours=self.now - self.stage_since,
            stood=int(stood.sum()),
            on_trial=int(on_trial.sum()),
            failed=int(failed.sum()),
            rise=rise_of(map(Rated, has_it.tolist(), rates.tolist(), self.pace[order].tolist())),
        )

    # the devices

    def hour(self) -> None:
        """Let an hour pass for all devices."""
        d, self.now = self.d, self.now + 1
        if self.now - self.issued >= rule_of("timestamp").days * 12:
            self.issued = self.now  # what the flow `refresh` does
        drop = self.rng.random(self.count) < 1 / 400
        d.off_until = np.where(
            drop, np.maximum(d.off_until, self.now + self.rng.geometric(1 / 18, self.count)), d.off_until
        )
        online = d.off_until <= self.now
        self._end_fetching(online)
        self._end_probations()
        due = np.flatnonzero(online & (d.next_check <= self.now))
        if (rollout := self.pointer.rollout) is not None:
            beside = due[(mirrored(self.buckets[due]) < rollout.buckets) & np.isinf(self.beside_since[due])]
            self.beside_since[beside] = self.now + 1
        d.next_check[due] = self.now + CHECK_HOURS * self.rng.uniform(0.9, 1.1, len(due))
        for device in due[(d.settled[due] != self.pointer.sequence) & (d.fetching[due] == NOWHERE)]:
            self._check(int(device))
        self.told_active[online], self.told_trying[online] = d.active[online], d.trying[online]
        self.told_failed[online] = d.has_failed[online]
        self.history.append(np.bincount(d.active, minlength=len(self.releases)))
        self.trials.append(int((d.trying == d.active).sum()))

    def _check(self, device: int) -> None:
        """What the agent does with the pointer, by the agent's own rules."""
        d = self.d
        skew = d.skew[device] if d.right_at[device] > self.now else 0.0
        clock = _at(self.now + skew)
        try:
            check_clock(clock, _at(self.issued))
        except ClockWrong:
            return
        if clock > _at(self.issued) + timedelta(days=rule_of("timestamp").days):
            return  # the TUF client finds the timestamp expired
        pointer = assigned(self.pointer, d.ids[device], d.failed[device], prefers_other=bool(d.prefers_other[device]))
        active = self._id(int(d.active[device]), bool(d.is_other[device]))
        decision = decisions.decide(pointer, active=active, failed=d.failed[device], seen=int(d.seen[device]))
        d.seen[device] = pointer.sequence
        if decision.install:
            number = self.number[pointer.bundle_id]
            missing = self._missing_on(device, number)
            if missing and missing + SPARE_BYTES > (d.free[device] if d.room_at[device] <= self.now else 0):
                return  # install.space
            d.fetching[device], d.done_at[device] = number, self.now + missing / d.speed[device]
        d.settled[device] = pointer.sequence

    def _id(self, number: int, is_other: bool) -> str:
        other = self.others[number]
        return other if is_other and other else self.ids[number]

    def _takes_other(self, device: int, number: int) -> bool:
        """Is the other precision of a release meant for this device? As `assigned` says."""
        other, failed = self.others[number], self.d.failed[device]
        return bool(other and other not in failed and (self.d.prefers_other[device] or self.ids[number] in failed))

    def _missing_on(self, device: int, number: int) -> int:
        d = self.d
        is_first = not d.has_compared[device] and self.others[number] is not None
        forms = (False, True) if is_first else (self._takes_other(device, number),)
        return self.missing(number, forms, int(d.active[device]), bool(d.is_other[device]), int(d.previous[device]))

    def _missing(self, number: int, forms: tuple[bool, ...], active: int, is_other: bool, previous: int) -> int:
        """Bytes of a bundle, in one precision or both, that a device with two others has not got."""
        have = set(self._files(active, is_other))
        have |= set(self._files(previous, is_other)) if previous != NOWHERE else set()
        wanted = {digest: length for form in forms for digest, length in self._files(number, form).items()}
        return sum(length for digest, length in wanted.items() if digest not in have)

    def _files(self, number: int, is_other: bool) -> Mapping[str, int]:
        release = self.releases[number]
        return release.other_files if is_other and release.other else release.files

    def _end_fetching(self, online: np.ndarray) -> None:
        d = self.d
        ready = np.flatnonzero((d.fetching != NOWHERE) & (d.done_at <= self.now))
        cut = ready[~online[ready]]  # files have no half: the next check begins anew
        d.fetching[cut], d.settled[cut] = NOWHERE, 0
        for device in ready[online[ready]]:
            number = int(d.fetching[device])
            missing, is_other = self._missing_on(int(device), number), self._takes_other(int(device), number)
            self.served[number] += missing
            self.fetched[number] += bool(missing)
            d.fetching[device] = NOWHERE
            d.has_compared[device] |= self.others[number] is not None
            if self.refused[number, d.cpu[device], int(is_other)]:
                self._fail(int(device), number, is_other, "health.golden")
                continue
            if self.others[number] is not None and self._id(number, not is_other) in d.failed[device]:
                d.prefers_other[device] = is_other
            d.is_other[device] = is_other
            d.previous[device], d.active[device] = d.active[device], number
            d.trying[device], d.since[device] = number, self.now
            self.tried[number] += 1
            if number == self.candidate:
                self.with_it[device] = self.now

    def _end_probations(self) -> None:
        d = self.d
        for device in np.flatnonzero((d.trying != NOWHERE) & (d.trying == d.active)):
            number = int(d.trying[device])
            if self.crashes[number, d.cpu[device]]:
                self._fail(int(device), number, bool(d.is_other[device]), "switch.probation")
                d.active[device], d.previous[device] = d.previous[device], NOWHERE
                d.is_other[device] &= self.others[d.active[device]] is not None
            elif is_over(_at(float(d.since[device])), _at(self.now), PROBATION):
                d.trying[device] = NOWHERE
                self.committed[device, number] = True

    def _fail(self, device: int, number: int, is_other: bool, code: str) -> None:
        d = self.d
        d.failed[device][self._id(number, is_other)] = code
        offer = Rollout("", 0, self.ids[number], number + 1, self.others[number])
        d.has_failed[device, number] = decisions.is_lost(offer, d.failed[device])
        d.trying[device], d.settled[device] = NOWHERE, 0  # it looks at the pointer anew: what now?
        if not d.has_failed[device, number]:
            d.next_check[device] = self.now  # at once: the other precision

    # the end

    def played(self) -> Played:
        """Sum up."""
        return Played(
            releases=self.releases,
            running=np.array(self.history),
            on_trial=np.array(self.trials),
            turns=tuple(self.turns),
            served=self.served,
            fetched=self.fetched,
            tried=self.tried,
            committed=self.committed.sum(axis=0),
            left_behind=self._left_behind(),
        )

    def _left_behind(self) -> Counter[str]:
        d, found = self.d, Counter[str]()
        for device in np.flatnonzero(d.active != self.base):
            if self.refused[self.base, d.cpu[device], : 1 + (self.others[self.base] is not None)].all():
                found["its processor cannot run it"] += 1
            elif d.off_until[device] > self.now - 2 * CHECK_HOURS:
                found["not reachable"] += 1
            elif d.right_at[device] > self.now - 2 * CHECK_HOURS:
                found["clock wrong"] += 1
            elif d.room_at[device] > self.now - 2 * CHECK_HOURS:
                found["disk full"] += 1
            elif d.fetching[device] != NOWHERE:
                found["still fetching"] += 1
            else:
                found["no reason"] += 1
        return found


def _at(hour: float) -> datetime:
    return START + timedelta(hours=hour)
