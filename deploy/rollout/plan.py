"""The plan of a rollout: how many devices when, and what stops it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from schemas.errors import UserError
from trunkline_edge.update.decisions import BUCKETS

MAX_STAGES = 20


class PlanRefused(UserError):
    """A plan contradicts itself."""


@dataclass(frozen=True)
class Stage:
    """One step of a rollout."""

    percent: float
    """Of the channel's devices run the candidate."""
    min_reports: int
    """Devices that must have said how they fare with it."""
    min_hours: float
    """The stage lasts no less."""

    def __post_init__(self) -> None:
        """Raise `PlanRefused` where the numbers make no stage."""
        if not (0.01 <= self.percent <= 100 and self.min_reports >= 1 and self.min_hours >= 0):
            raise PlanRefused(
                f"stage {self.percent:g}:{self.min_reports}:{self.min_hours:g}: expected 0.01 to 100 percent, at least "
                "1 report, and no negative hours"
            )

    @property
    def buckets(self) -> int:
        """How many of the device's buckets that is."""
        return round(self.percent * BUCKETS / 100)


@dataclass(frozen=True)
class Plan:
    """Stages and the rules for stopping."""

    stages: tuple[Stage, ...] = (Stage(1, 10, 24), Stage(5, 50, 24), Stage(25, 200, 24), Stage(100, 500, 24))
    max_failed: int = 500
    """Devices on which the candidate fails."""
    max_failed_percent: float = 5.0
    """Of the devices that try it."""
    false_alarm: float = 0.01
    """Chance, over the whole rollout, that a test stops a candidate which is no worse: of each of the two tests."""
    min_answers: int = 20
    """Answers after which a device's rejection rate counts."""
    max_hours: float = 168.0
    """A stage that has not come to its reports by then waits for a person."""

    def __post_init__(self) -> None:
        """Raise `PlanRefused` where the numbers make no plan."""
        percents = [stage.percent for stage in self.stages]
        if not 1 <= len(percents) <= MAX_STAGES or any(later <= before for before, later in pairwise(percents)):
            raise PlanRefused(f"stages of {percents} percent: expected 1 to {MAX_STAGES} stages, each wider")
        longest = max(stage.min_hours for stage in self.stages)
        if not longest < self.max_hours:
            raise PlanRefused(f"a stage of {longest:g} hours, and at most {self.max_hours:g} until a person is asked")
        if not (0 < self.false_alarm < 0.5 and 0 < self.max_failed_percent < 100):
            raise PlanRefused(
                f"false alarm {self.false_alarm:g} and {self.max_failed_percent:g} percent of failures: expected "
                "above 0, and below 0.5 and 100"
            )
        if self.max_failed < 1 or self.min_answers < 1:
            raise PlanRefused(f"{self.max_failed} failures, {self.min_answers} answers: expected at least 1 of each")

    def stage_of(self, buckets: int) -> int:
        """Return the number of the widest stage that has no more buckets than these; 0 where none has."""
        return max((number for number, stage in enumerate(self.stages) if stage.buckets <= buckets), default=0)

    def starved(self, devices: int) -> tuple[Stage, ...]:
        """Return the stages that a channel of so many devices is too small for."""
        return tuple(stage for stage in self.stages if devices * stage.percent / 100 < stage.min_reports)


def stages_from(texts: Sequence[str]) -> tuple[Stage, ...]:
    """Read stages as `PERCENT:REPORTS:HOURS`; raises `PlanRefused`."""
    found = []
    for text in texts:
        try:
            percent, reports, hours = text.split(":")
            found.append(Stage(float(percent), int(reports), float(hours)))
        except ValueError:
            raise PlanRefused(
                f"stage {text!r}: expected PERCENT:REPORTS:HOURS, for example 5:50:24 (5 percent of the devices, until "
                "50 have reported and 24 hours are over)"
            ) from None
    return tuple(found)
