"""Who runs jobs for an event loop: the loop itself in turns, or threads of their own.

An answer takes half a millisecond, and waking a thread and being woken by it costs as much again; besides, both threads
want Python's lock at every graph that ends and every socket that is read. The loop's own thread has none of that, but
nothing else goes on while a job runs. A worker takes what has gathered meanwhile and hands all answers over at once:
under load a third less processor time a request than `run_in_executor` takes.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

TURN_S = 0.005
"""After which the loop looks at its sockets and timers again; a job that has begun is always finished."""
TOGETHER = 8
"""Most jobs whose answers wait for each other."""

T = TypeVar("T")
Job = tuple["asyncio.Future[Any]", Callable[[], Any]]


class Turns:
    """The event loop's own thread, for jobs of a few milliseconds."""

    def __init__(self) -> None:
        self._jobs: deque[Job] = deque()
        self._loop = asyncio.get_running_loop()

    def submit(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """Return what `work` will return or raise; a job that is cancelled before its turn is not run."""
        future: asyncio.Future[T] = self._loop.create_future()
        if not self._jobs:
            self._loop.call_soon(self._work)
        self._jobs.append((future, work))
        return future

    def _work(self) -> None:
        until = self._loop.time() + TURN_S
        while self._jobs:
            _hand_over([_run(self._jobs[0])])
            self._jobs.popleft()
            if self._jobs and self._loop.time() > until:
                # Not `call_soon`: timers that are due come first, so that nobody is answered who has been given up.
                self._loop.call_later(0, self._work)
                return


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
            answers = [_run(job)]
            try:
                while len(answers) < TOGETHER and (job := self._jobs.get_nowait()) is not None:
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
