"""A step: a Prefect task whose output lies in the step cache, so that it is done once.

The step cache is the only cache: Prefect keeps no results of its own, which could outlive the files that they name.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from prefect import Task, task

from tasks.cache.once import once
from tasks.cache.store import StepKey

P = ParamSpec("P")
R = TypeVar("R")


def step(key_of: Callable[..., StepKey]) -> Callable[[Callable[Concatenate[Path, P], R]], Task[P, R]]:
    """Make a task of a function whose first parameter is the folder that it fills; see `once`."""

    def decorate(body: Callable[Concatenate[Path, P], R]) -> Task[P, R]:
        return task(name=body.__name__, persist_result=False)(once(key_of)(body))

    return decorate
