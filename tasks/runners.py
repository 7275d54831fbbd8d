"""Where the tasks of a flow run, by one setting: `TRUNKLINE_RUNNER=threads`, `dask[:ADDRESS]` or `ray[:ADDRESS]`.

Without an address, Dask and Ray start a cluster on this machine. Workers elsewhere need this checkout and the same
`TRUNKLINE_HOME`, on a disk that all of them reach; and those of Dask must be allowed to start processes of their own
(`DASK_DISTRIBUTED__WORKER__DAEMON=false`), as trials are.
"""

from __future__ import annotations

import logging
from importlib import import_module
from typing import Any, cast

from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

from schemas.errors import UserError

THREADS, DASK, RAY = "threads", "dask", "ray"
_CLUSTERS = {
    DASK: ("prefect_dask", "DaskTaskRunner", "prefect-dask"),
    RAY: ("prefect_ray", "RayTaskRunner", "-e '.[ray]'"),
}


def cluster_of(setting: str) -> tuple[str, str]:
    """Return which kind of runner a setting names, and the address of its cluster; empty: one of this machine."""
    kind, _, address = setting.partition(":")
    return kind, address


def task_runner(setting: str, at_once: int | None = None) -> TaskRunner[Any]:
    """Return the runner that a setting names; on this machine for `at_once` tasks, elsewhere for as many as fit.

    Raises `UserError` where there is none, or it is not installed.
    """
    kind, address = cluster_of(setting)
    if setting == THREADS:
        return cast(TaskRunner[Any], ThreadPoolTaskRunner(max_workers=at_once))
    if kind not in _CLUSTERS:
        raise UserError(f"TRUNKLINE_RUNNER is {setting!r}; expected threads, dask, dask:ADDRESS, ray or ray:ADDRESS")
    module, name, package = _CLUSTERS[kind]
    try:
        cluster = getattr(import_module(module), name)
    except ImportError:
        raise UserError(f"TRUNKLINE_RUNNER is {setting!r}, which needs `pip install {package}`") from None
    settings = _of_dask(address, at_once) if kind == DASK else _of_ray(address, at_once)
    runner: TaskRunner[Any] = cluster(**settings)
    return runner


def _of_dask(address: str, at_once: int | None) -> dict[str, Any]:
    if address:
        return {"address": address}
    import_module("dask").config.set({"distributed.worker.daemon": False})
    return {"cluster_kwargs": {"n_workers": at_once, "threads_per_worker": 1}} if at_once else {}


def _of_ray(address: str, at_once: int | None) -> dict[str, Any]:
    quiet = {"log_to_driver": False, "logging_level": logging.ERROR}  # else workers write to this terminal
    if address:
        return {"address": address, "init_kwargs": quiet}
    return {"address": "local", "init_kwargs": {**quiet, "num_cpus": at_once}}
