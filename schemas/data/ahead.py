"""Work on several chunks at once, in threads; what comes of them is wanted in order."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

THREADS = min(4, (os.cpu_count() or 1) + 1)
"""Chunks worked on at once: one more than cores, as now and then one waits for Python's lock, which the others hold."""

_In = TypeVar("_In")
_Out = TypeVar("_Out")


def ahead(
    pool: ThreadPoolExecutor,
    work: Callable[[_In], _Out],
    items: Iterable[_In],
    at_once: Callable[[_In], int] = lambda item: THREADS,
) -> Iterator[_Out]:
    """Yield what becomes of each item, in order, while `at_once` more are worked on."""
    begun: deque[Future[_Out]] = deque()
    for item in items:
        begun.append(pool.submit(work, item))
        while len(begun) > at_once(item):
            yield begun.popleft().result()
    while begun:
        yield begun.popleft().result()
