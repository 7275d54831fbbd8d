"""Where a training runs."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from model.training.launch import train_in_workers
from model.training.loop import train
from schemas.errors import UserError
from tasks.steps.train import trainer

CLUSTER = "ray:127.0.0.1:6379"


@pytest.mark.parametrize("runner", ["", "threads", "dask", "dask:tcp://127.0.0.1:8786", "ray", CLUSTER])
def test_one_worker_is_this_process_wherever_tasks_run(runner: str) -> None:
    assert trainer(1, runner) is train


@pytest.mark.parametrize("runner", ["", "threads", "dask", "dask:tcp://127.0.0.1:8786", "ray"])
def test_workers_are_of_this_machine_unless_a_ray_cluster_is_named(runner: str) -> None:
    assert trainer(2, runner) is train_in_workers


@pytest.mark.skipif(find_spec("ray") is not None, reason="the extra `ray` is installed")
def test_a_ray_cluster_without_ray_tells_how_to_install_it() -> None:
    with pytest.raises(UserError, match=r"names a Ray cluster, which needs `pip install -e '.\[ray\]'`"):
        trainer(2, CLUSTER)
