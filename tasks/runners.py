"""Where the tasks of a flow run, by one setting: `TRUNKLINE_RUNNER=threads`, `dask[:ADDRESS]` or `ray[:ADDRESS]`.

Without an address, Dask and Ray start a cluster on this machine. Workers elsewhere need this checkout and the same
`TRUNKLINE_HOME`, on a disk that all of them reach.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

from schemas.errors import UserError

_CLUSTERS = {"dask": ("prefect_dask", "DaskTaskRunner"), "ray": ("prefect_ray", "RayTaskRunner")}


def task_runner(setting: str) -> TaskRunner[Any]:
    """Return the runner that a setting names; raises `UserError` where there is none, or it is not installed."""
    kind, _, address = setting.partition(":")
    if setting == "threads":
        return ThreadPoolTaskRunner()
    if kind not in _CLUSTERS:
        raise UserError(f"TRUNKLINE_RUNNER is {setting!r}; expected threads, dask, dask:ADDRESS, ray or ray:ADDRESS")
    module, name = _CLUSTERS[kind]
    try:
        cluster = getattr(import_module(module), name)
    except ImportError:
        package = module.replace("_", "-")
        raise UserError(f"TRUNKLINE_RUNNER is {setting!r}, which needs `pip install {package}`") from None
    runner: TaskRunner[Any] = cluster(address=address or None)
    return runner
