"""Who runs an event loop's jobs: the loop itself, or threads beside it; many jobs in a row either way.

An answer takes half a millisecond. In the caches that reading and writing have filled it takes half as long again, so
jobs gather and are run together. And waking a thread and being woken by it costs as much as an answer, as does a
thread's quarrel with the loop over the interpreter's lock; so what is short the loop runs itself.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

TOGETHER = 32
"""Most jobs of a thread whose answers wait for each other."""
TURN_S = 0.02
"""For which a loop runs jobs before it reads and writes again, and a thread before it hands over what it has."""

T = TypeVar("T")
Job = tuple["asyncio.Future[Any]", Callable[[], Any]]


class Turns:
    """Jobs that the event loop which made this runs itself, many in one of its turns."""

    def __init__(self) -> None:
        self._jobs: deque[Job] = deque()
        self._loop = asyncio.get_running_loop()

    def submit(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """Return what `work` will return or raise; a job that is cancelled before its turn is not run."""
        future: asyncio.Future[T] = self._loop.create_future()
        if not self._jobs:
            self._loop.call_soon(self._take_turn)
        self._jobs.append((future, work))
        return future

    def _take_turn(self) -> None:
        until = time.perf_counter() + TURN_S
        while self._jobs:
            _hand_over([_run(self._jobs.popleft())])
            if time.perf_counter() > until:
                break
        if self._jobs:
            self._loop.call_soon(self._take_turn)


class Workers:
    """A few threads with one queue; made, asked and closed by one event loop."""

    def __init__(self, threads: int) -> None:
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._threads = [threading.Thread(target=self._work, name=f"engine-{n}") for n in range(threads)]
        for thread in self._threads:
            thread.start()

    def submit(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """Return what `work` will return or raise; a job that is cancelled before its turn is not run."""
        future: asyncio.Future[T] = self._loop.create_future()
        self._jobs.put((future, work))
        return future

    def close(self) -> None:
        """Run what is queued and let the threads go."""
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        job = self._jobs.get()
        while job is not None:
            until = time.perf_counter() + TURN_S
            answers = [_run(job)]
            try:
                while (
                    len(answers) < TOGETHER
                    and time.perf_counter() < until
                    and (job := self._jobs.get_nowait()) is not None
                ):
                    answers.append(_run(job))
            except queue.Empty:
                pass
            self._loop.call_soon_threadsafe(_hand_over, answers)
            if job is not None:
                job = self._jobs.get()


def _run(job: Job) -> tuple[asyncio.Future[Any], Any, BaseException | None]:
    future, work = job
    if future.cancelled():
        return future, None, None
    try:
        return future, work(), None
    except Exception as error:
        return future, None, error


def _hand_over(answers: list[tuple[asyncio.Future[Any], Any, BaseException | None]]) -> None:
    for future, answer, error in answers:
        if future.done():  # cancelled meanwhile
            continue
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(answer)
