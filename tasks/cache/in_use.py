"""Who needs what lies in a home: whoever works in it until its process ends; who clears it away waits its turn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from filelock import ReadWriteLock, Timeout

from schemas.errors import UserError
from tasks.settings import Settings


class HomeInUse(UserError):
    """Something runs that may need what would be removed."""


def use_home(settings: Settings) -> None:
    """Keep everything in the home until this process ends. The kernel lets go when it is killed."""
    _hold(settings)


@cache
def _hold(settings: Settings) -> ReadWriteLock:
    lock = _lock(settings)
    lock.acquire_read()
    return lock


@contextmanager
def alone_in_home(settings: Settings) -> Iterator[None]:
    """Keep everybody else out for this block; raises `HomeInUse` when there is anybody."""
    try:
        with _lock(settings).write_lock(timeout=0, blocking=False):
            yield
    except Timeout:
        raise HomeInUse(f"a command works in {settings.home}; try again when it has ended") from None


def _lock(settings: Settings) -> ReadWriteLock:
    settings.locks.mkdir(parents=True, exist_ok=True)
    return ReadWriteLock(settings.locks / "home.lock")
