"""What differs between the page and the server, as sentences; no I/O."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from flows.deployed.page import Deployment


@dataclass(frozen=True)
class Change:
    """One thing to do on the server."""

    do: Literal["create", "update", "remove", "keep"]
    """`keep` changes nothing: a person's say that differs from the file, told so that nobody wonders."""
    what: str
    deployment: str = ""
    """Name of the deployment that it belongs to."""
    why: str = ""

    def __str__(self) -> str:
        return f"{self.do} {self.what}{f': {self.why}' if self.why else ''}"


def changes_between(wanted: Sequence[Deployment], there: Mapping[str, Deployment]) -> tuple[Change, ...]:
    """Return what makes the server equal to the page.

    there: the deployments of the page's work pools, by name; others on the server are somebody else's.
    """
    return (
        *(change for each in wanted for change in _of(each, there.get(each.name))),
        *(
            Change("remove", f"deployment {name}", name, "it is not in the file")
            for name in there.keys() - {each.name for each in wanted}
        ),
    )


def to_deploy(changes: Sequence[Change]) -> tuple[str, ...]:
    """Return the deployments that Prefect has to deploy anew, in the order of the page."""
    return tuple(
        dict.fromkeys(each.deployment for each in changes if each.deployment and each.do in ("create", "update"))
    )


def _of(wanted: Deployment, known: Deployment | None) -> Iterator[Change]:
    if known is None:
        yield Change("create", f"deployment {wanted.name}", wanted.name)
        return
    told = [
        f"{name} {_short(known.fields.get(name))} -> {_short(value)}"
        for name, value in wanted.fields.items()
        if known.fields.get(name) != value
    ]
    schedules = list(_schedules(wanted, known))
    if told or (wanted.version != known.version and not to_deploy(schedules)):
        yield Change(
            "update", f"deployment {wanted.name}", wanted.name, "; ".join(told) or "its entry or its form is newer"
        )
    if known.paused:
        yield Change("keep", f"deployment {wanted.name} paused", wanted.name)
    yield from schedules


def _schedules(wanted: Deployment, known: Deployment) -> Iterator[Change]:
    for slug, schedule in wanted.schedules.items():
        what = f"schedule {slug} of {wanted.name}"
        before = known.schedules.get(slug)
        if before is None:
            yield Change("create", what, wanted.name)
            continue
        if (before.when, before.parameters) != (schedule.when, schedule.parameters):
            yield Change("update", what, wanted.name, f"{_when(before)} -> {_when(schedule)}")
        if before.active != schedule.active:
            yield Change("keep", f"{what} {'active' if before.active else 'paused'}", wanted.name)
    for slug in known.schedules.keys() - wanted.schedules.keys():
        why = f"{known.schedules[slug].when} is not in the file"
        yield Change("remove", f"schedule {slug} of {wanted.name}", wanted.name, why)


def _when(schedule: Any) -> str:
    return f"{schedule.when}{f' with {schedule.parameters}' if schedule.parameters else ''}"


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
