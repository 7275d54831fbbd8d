"""A step: a Prefect task whose output lies in the step cache, so that Prefect may skip it.

Prefect keeps a step's result under the step's key, in the step's own folder. A cached result can thus not outlive the
files that it names; and where the files are damaged, the key function has the result dropped before Prefect looks.
"""

from __future__ import annotations

import inspect
import json
import time
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar, get_type_hints

from filelock import FileLock
from prefect import Task, task
from prefect.context import TaskRunContext
from prefect.settings import get_current_settings

from tasks.cache.store import RESULT, FinishedStep, StepKey, commit, lookup
from tasks.progress import Finished, Skipped, Started, tell
from tasks.settings import Settings

P = ParamSpec("P")
R = TypeVar("R")


def step(key_of: Callable[..., StepKey]) -> Callable[[Callable[Concatenate[Path, P], R]], Task[P, R]]:
    """Make a task of a function whose first parameter is the folder that it fills.

    `key_of` takes the other parameters, or those of them that matter, by name. Two flows that want the same step do it
    once: the second waits and takes what the first has committed. A killed step finds its folder as it left it.
    """

    def decorate(body: Callable[Concatenate[Path, P], R]) -> Task[P, R]:
        name = body.__name__
        record_type = get_type_hints(body)["return"]
        signature = inspect.signature(body)
        parameters = list(signature.parameters.values())[1:]
        matter = inspect.signature(key_of).parameters

        def key_from(arguments: dict[str, Any]) -> StepKey:
            return key_of(**{name: value for name, value in arguments.items() if name in matter})

        def cache_key(context: TaskRunContext, arguments: dict[str, Any]) -> str:
            key = key_from(arguments)
            found = lookup(Settings.from_environment().cache / key.cache_path, record_type)
            result = f"{key.cache_path}/{RESULT}"
            if isinstance(found, FinishedStep) and _is_whole(_kept(result)):
                tell(Skipped(name, found.finished_at))
            else:
                _kept(result).unlink(missing_ok=True)
            return result

        @wraps(body)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            settings = Settings.from_environment()
            key = key_from(signature.bind(None, *args, **kwargs).arguments)
            folder = settings.cache / key.cache_path
            settings.locks.mkdir(parents=True, exist_ok=True)
            with FileLock(settings.locks / f"{key.cache_path.replace('/', '-')}.lock"):
                found = lookup(folder, record_type)
                if isinstance(
                    found, FinishedStep
                ):  # killed between commit and Prefect's result, or done by another flow
                    tell(Skipped(name, found.finished_at))
                    return found.record  # type: ignore[no-any-return]
                tell(Started(name, found))
                folder.mkdir(parents=True, exist_ok=True)
                begun = time.monotonic()
                record = body(folder, *args, **kwargs)
                commit(folder, record, seconds=time.monotonic() - begun)
                tell(Finished(name, time.monotonic() - begun))
                return record

        run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
        return task(name=name, cache_key_fn=cache_key, persist_result=True, result_serializer="json")(run)

    return decorate


def _kept(result: str) -> Path:
    """Where Prefect keeps results: beside the step's files, unless the user's own settings say otherwise."""
    return Path(get_current_settings().results.local_storage_path) / result


def _is_whole(path: Path) -> bool:
    """Prefect writes results in place, so a kill may leave half of one."""
    with suppress(OSError, ValueError):
        return isinstance(json.loads(path.read_bytes()), dict)
    return False
