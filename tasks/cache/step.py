"""A step: a Prefect task whose output lies in the step cache, so that it is done once.

The step cache is the only cache: Prefect keeps no results of its own, which could outlive the files that they name.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from prefect import Task, task

from tasks.cache.once import once
from tasks.cache.store import StepKey
from tasks.flow_run import say

P = ParamSpec("P")
R = TypeVar("R")


def step(key_of: Callable[..., StepKey]) -> Callable[[Callable[Concatenate[Path, P], R]], Task[P, R]]:
    """Make a task of a function whose first parameter is the folder that it fills; see `once`."""

    def decorate(body: Callable[Concatenate[Path, P], R]) -> Task[P, R]:
        run = once(key_of)(body)

        @wraps(run)
        def logged(*args: P.args, **kwargs: P.kwargs) -> R:
            record = run(*args, **kwargs)
            if in_short := getattr(record, "in_short", None):
                say(f"{body.__name__}: {in_short}")
            return record

        return task(name=body.__name__, persist_result=False)(logged)

    return decorate
