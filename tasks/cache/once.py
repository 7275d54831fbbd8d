"""Done once: a function whose output lies in the step cache. It knows nothing of Prefect: validating needs none."""

from __future__ import annotations

import inspect
import os
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar, get_type_hints

from filelock import FileLock

from tasks.cache.history import as_json, work_of
from tasks.cache.in_use import use_home
from tasks.cache.keys import wanted_by
from tasks.cache.store import FINISHED, FinishedStep, StepKey, commit, empty, lookup
from tasks.progress import Finished, Skipped, Started, tell
from tasks.settings import Settings

P = ParamSpec("P")
R = TypeVar("R")


def once(key_of: Callable[..., StepKey]) -> Callable[[Callable[Concatenate[Path, P], R]], Callable[P, R]]:
    """Let a function, whose first parameter is the folder that it fills, run once for each key.

    `key_of` takes the other parameters, or those of them that matter, by name. Two callers that want the same step do
    it once: the second waits and takes what the first has committed. A killed step finds its folder as it left it; a
    damaged one is emptied first. Only who holds the step's lock changes its folder. The lock is a file lock and not
    Prefect's, as trials run their steps without Prefect.
    """

    def decorate(body: Callable[Concatenate[Path, P], R]) -> Callable[P, R]:
        name = body.__name__
        record_type = get_type_hints(body)["return"]
        signature = inspect.signature(body)
        parameters = list(signature.parameters.values())[1:]

        @wraps(body)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            settings = Settings.from_environment()
            use_home(settings)
            given = signature.bind(None, *args, **kwargs).arguments
            key = key_of(**wanted_by(key_of, given))
            folder = settings.cache / key.cache_path
            settings.locks.mkdir(parents=True, exist_ok=True)
            with FileLock(settings.locks / f"{key.cache_path.replace('/', '-')}.lock"):
                found = lookup(folder, record_type)
                if isinstance(found, FinishedStep):
                    os.utime(folder / FINISHED)  # when it was last of use, for `trunkline clean`
                    tell(Skipped(name, found.finished_at))
                    return found.record  # type: ignore[no-any-return]  # read as `record_type`
                tell(Started(name, found.why))
                if found.is_damaged:
                    empty(folder)
                folder.mkdir(parents=True, exist_ok=True)
                begun = time.monotonic()
                record = body(folder, *args, **kwargs)
                # Of one that went on from where it was killed, this is the last part: it tells nothing of the whole.
                work = None if found.is_begun and not found.is_damaged else as_json(work_of(name, given, record))
                commit(folder, key, record, seconds=time.monotonic() - begun, work=work)
                tell(Finished(name, time.monotonic() - begun))
                return record

        run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]  # inspect reads it
        return run

    return decorate
