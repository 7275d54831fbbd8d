"""Where the tasks of a flow run, by one setting: `TRUNKLINE_RUNNER=threads`, `dask[:ADDRESS]` or `ray[:ADDRESS]`.

Without an address, Dask and Ray start a cluster on this machine. Workers elsewhere need this checkout and the same
`TRUNKLINE_HOME`, on a disk that all of them reach; and those of Dask must be allowed to start processes of their own
(`DASK_DISTRIBUTED__WORKER__DAEMON=false`), as trials are.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, cast

from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

from schemas.errors import UserError

RAY, DASK = "ray", "dask"
_CLUSTERS = {DASK: ("prefect_dask", "DaskTaskRunner"), RAY: ("prefect_ray", "RayTaskRunner")}
_RAY_STORE_BYTES = 100_000_000
"""Ray takes a third of the memory, unless told; our tasks take and give no more than records."""


def cluster_of(setting: str) -> tuple[str, str]:
    """Return which kind of runner a setting names, and the address of its cluster; empty: none."""
    kind, _, address = setting.partition(":")
    return kind, address


def task_runner(setting: str, at_once: int | None = None) -> TaskRunner[Any]:
    """Return the runner that a setting names, for so many tasks at once unless its cluster is elsewhere.

    Raises `UserError` where there is none, or it is not installed.
    """
    kind, address = cluster_of(setting)
    if setting == "threads":
        return cast(TaskRunner[Any], ThreadPoolTaskRunner(max_workers=at_once))
    if kind not in _CLUSTERS:
        raise UserError(f"TRUNKLINE_RUNNER is {setting!r}; expected threads, dask, dask:ADDRESS, ray or ray:ADDRESS")
    module, name = _CLUSTERS[kind]
    try:
        cluster = getattr(import_module(module), name)
    except ImportError:
        needed = "prefect-dask" if kind == DASK else "-e '.[ray]'"
        raise UserError(f"TRUNKLINE_RUNNER is {setting!r}, which needs `pip install {needed}`") from None
    own = {} if address else _dask_here(at_once) if kind == DASK else _ray_here(at_once)
    runner: TaskRunner[Any] = cluster(address=address or None, **own)
    return runner


def _dask_here(at_once: int | None) -> dict[str, Any]:
    import_module("dask").config.set({"distributed.worker.daemon": False})
    return {"cluster_kwargs": {"n_workers": at_once, "threads_per_worker": 1}} if at_once else {}


def _ray_here(at_once: int | None) -> dict[str, Any]:
    return {
        "init_kwargs": {
            "num_cpus": at_once,
            "include_dashboard": False,
            "object_store_memory": _RAY_STORE_BYTES,
            "log_to_driver": False,
        }
    }
