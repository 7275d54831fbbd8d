"""What the steps tell while they work; who listens (a terminal, or nobody) is not their concern."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class Skipped:
    """A step's output lies in the step cache already, so the step is skipped."""

    step: str
    finished_at: float
    """Seconds since the epoch."""


@dataclass(frozen=True)
class Started:
    """A step runs, because there is no finished output for its key."""

    step: str
    why: str


@dataclass(frozen=True)
class Advanced:
    """Part of a step is done."""

    step: str
    done: int
    total: int | None
    """None where the end is not known."""
    what: str
    """Unit and figures, as a person reads them."""


@dataclass(frozen=True)
class EpochEnded:
    """A training has an epoch behind it."""

    step: str
    epoch: int
    """From 1."""
    score: float
    """On valid rows."""


@dataclass(frozen=True)
class GivenUp:
    """A step was ended before its end, as it was not worth it or could not come to one."""

    step: str
    why: str


@dataclass(frozen=True)
class Finished:
    """A step is done."""

    step: str
    seconds: float


@dataclass(frozen=True)
class SourcedEvent:
    """What one of several told that work at once."""

    who: str
    event: Event
    last: str
    """The step that ends its work."""


@dataclass(frozen=True)
class Noticed:
    """Something that a person should know, whatever step is under way."""

    message: str


Event = Skipped | Started | Advanced | EpochEnded | GivenUp | Finished | Noticed | SourcedEvent
Listener = Callable[[Event], None]

_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


def tell(event: Event) -> None:
    """Pass an event to whoever listens."""
    listener = _listener.get()
    if listener is not None:
        listener(event)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Give the events of this block to `listener`."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


@contextmanager
def overheard_by(listener: Listener) -> Iterator[None]:
    """Let `listener` hear the events of this block too."""
    outer = _listener.get()

    def both(event: Event) -> None:
        listener(event)
        if outer is not None:
            outer(event)

    with listening(both):
        yield


@contextmanager
def reporting_as(who: str, last: str) -> Iterator[None]:
    """Pass on the events of this block as those of `who`, whose work the step `last` ends."""
    outer = _listener.get()
    with listening(lambda event: outer(SourcedEvent(who, event, last)) if outer else None):
        yield


def counting(step: str, total: int) -> Callable[[int], None]:
    """Return a function that hears how many more utterances are done and tells how many that makes."""
    done = 0

    def add(rows: int) -> None:
        nonlocal done
        done += rows
        tell(Advanced(step, done, total, f"{done:,} of {total:,} utterances"))

    return add
