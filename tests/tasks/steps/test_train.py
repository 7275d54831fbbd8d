"""Where a training runs."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from model.training.finished import WEIGHTS
from model.training.launch import train_in_workers
from model.training.loop import train
from schemas.errors import UserError
from schemas.spec.load import load_spec
from tasks.rows import validate
from tasks.steps.ship import export
from tasks.steps.train import train as train_step
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


def test_equal_weights_that_read_text_in_another_way_are_another_net_and_other_graphs(home: Path) -> None:
    here = Path(__file__).parents[1]
    specs = [
        load_spec(here / "tiny.yaml", data=[here / "tiny.jsonl"], overrides=[f"trunk.featurizer.max_words={most}"])
        for most in (30, 31)
    ]
    data = validate(specs[0])
    nets = [train_step.fn(spec, data) for spec in specs]
    assert len({(home / "cache" / net.cache_path / WEIGHTS).read_bytes() for net in nets}) == 1
    assert len({net.weights for net in nets}) == 2
    assert len({export.fn(spec, data, net).digest for spec, net in zip(specs, nets, strict=True)}) == 2
