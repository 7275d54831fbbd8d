"""Several real processes and one: the same gradients, the same curve, also after a kill and on another number."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil
import pytest
import torch
import yaml
from safetensors.torch import load_file
from torch import multiprocessing

from model.training.finished import WEIGHTS, read_history
from model.training.launch import group_of_workers, train_in_workers
from model.training.loop import CHECKPOINT, SHARDS, Training, train
from model.training.reports import EpochReport, StepReport
from schemas.data.dataset import Dataset
from schemas.spec.bounded_yaml import SpecError
from schemas.spec.product import Spec
from tests.ray_cluster import RayCluster, ray_cluster

if TYPE_CHECKING:
    from tests.model.conftest import Workshop

TrainNet = Callable[..., Generator[StepReport | EpochReport]]

WORKERS = 2
BALANCES: tuple[dict[str, Any], ...] = (
    {"kind": "equal"},
    {"kind": "uncertainty"},
    {"kind": "imtl_l"},
    {"kind": "dwa"},
    {"kind": "famo"},
    {"kind": "gls"},
    {"kind": "scale_invariant"},
    {"kind": "stch"},
    {"kind": "cosmos"},
    {"kind": "pbi"},
)
SLUICE = {"kind": "sluice", "orthogonality": 0.1}
BATCHES = ([0, 1, 2, 3, 4, 5, 6], [0, 3], [2], [7, 8, 9, 10])
"""One worker reads more labels than the other; the two read different heads; one reads nothing."""


def rows_with_few_labels(workshop: Workshop) -> list[dict[str, Any]]:
    """Return the corpus with each row labelled by some heads: by turns, so that neighbours have different ones."""
    rows = workshop.rows()
    heads = (("intent",), ("slots", "urgency"), ("intent", "slots"), ("topics",))
    for number, row in enumerate(row for row in rows if row["split"] == "train"):
        row["labels"] = {name: row["labels"][name] for name in heads[number % 4]}
    return rows


@pytest.fixture(scope="module")
def spec(workshop: Workshop) -> Spec:
    return workshop.spec(epochs=3, batch_size=6, checkpoint_steps=2, learning_rate=0.005)


@pytest.fixture(scope="module")
def data(workshop: Workshop, spec: Spec) -> Dataset:
    return workshop.dataset(spec, rows_with_few_labels(workshop))


@pytest.fixture(scope="module")
def alone(workshop: Workshop, spec: Spec, data: Dataset) -> Path:
    """A training in one process."""
    return workshop.train(spec, data)


def in_workers(spec: Spec, workers: int = WORKERS) -> Spec:
    return spec.model_copy(update={"train": spec.train.model_copy(update={"workers": workers})})


def reading_windows(spec: Spec, rows: int) -> Spec:
    return spec.model_copy(update={"train": spec.train.model_copy(update={"window_rows": rows})})


def gradients(spec: Spec, data: Dataset, folder: Path) -> dict[str, torch.Tensor]:
    """Return what each batch leaves on the parameters, and the losses that it tells."""
    found = {}
    for number, rows in enumerate(BATCHES):
        training = Training(spec, data, folder / "nothing")
        batch = training.workers.gather(training.rows, np.asarray(rows), pin=False)
        torch.manual_seed(0)
        losses, weights, _ = training.forward_backward(batch)
        training.workers.sum_gradients(training.net)
        for module in (training.net, training.balance):
            for name, parameter in module.named_parameters():
                if parameter.grad is not None:
                    found[f"{number}/{type(module).__name__}/{name}"] = parameter.grad.clone()
        for name, loss in losses.items():
            found[f"{number}/loss/{name}"] = loss.detach().clone()
            found[f"{number}/weight/{name}"] = torch.tensor(weights[name])
    return found


def _save_gradients(rank: int, port: int, specs: list[Spec], data: Dataset, folder: Path) -> None:
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "RANK": str(rank), "WORLD_SIZE": str(WORKERS)}
    torch.set_num_threads(1)
    with group_of_workers(specs[0]):
        for number, spec in enumerate(specs):
            torch.save(gradients(spec, data, folder), folder / f"{number}-{rank}.pt")


def test_workers_with_unlike_labels_take_the_step_of_one_process(workshop: Workshop, spec: Spec, data: Dataset) -> None:
    raw = spec.model_dump(mode="json", by_alias=True)
    variants = [{"balance": balance} for balance in BALANCES] + [{"sharing": SLUICE}]
    specs = [Spec.model_validate(raw | variant) for variant in variants]
    folder = workshop.folder()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    multiprocessing.spawn(_save_gradients, (port, specs, data, folder), nprocs=WORKERS)
    for number, each in enumerate(specs):
        expected = gradients(each, data, folder)
        assert {key.split("/")[1] for key in expected} >= {"Net", "loss", "weight"}
        for rank in range(WORKERS):
            found = torch.load(folder / f"{number}-{rank}.pt")
            assert found.keys() == expected.keys(), each.balance.kind
            for name, value in expected.items():
                torch.testing.assert_close(found[name], value, rtol=2e-4, atol=2e-6, msg=lambda m, n=name: f"{n}: {m}")


def assert_same_curve(folder: Path, other: Path) -> None:
    ours, theirs = read_history(folder), read_history(other)
    assert len(ours) == len(theirs)
    for one, two in zip(ours, theirs, strict=True):
        assert one.losses.keys() == two.losses.keys()
        for head, loss in one.losses.items():
            assert loss == pytest.approx(two.losses[head], rel=2e-3, abs=1e-4), (one.epoch, head)
        assert one.score == pytest.approx(two.score, abs=0.05)


@pytest.fixture(scope="module")
def together(workshop: Workshop, spec: Spec, data: Dataset) -> tuple[Path, Path]:
    """A training by two workers, and a folder with nothing but their checkpoint after the first epoch."""
    folder, copy = workshop.folder(), workshop.folder()
    for report in train_in_workers(in_workers(spec), data, folder, {}, None):
        if isinstance(report, EpochReport) and report.epoch == 1:
            shutil.copy(folder / CHECKPOINT, copy)
            shutil.copy(folder / "best.safetensors", copy)
    return folder, copy


def test_two_workers_have_the_curve_of_one_process(alone: Path, together: tuple[Path, Path]) -> None:
    assert_same_curve(together[0], alone)
    assert sorted(path.name for path in together[0].iterdir()) == sorted(path.name for path in alone.iterdir())


def test_one_process_goes_on_from_the_checkpoint_of_two_workers(
    workshop: Workshop, spec: Spec, data: Dataset, alone: Path, together: tuple[Path, Path]
) -> None:
    workshop.train(spec, data, together[1])
    assert_same_curve(together[1], alone)


@pytest.mark.slow
def test_two_workers_read_files_of_rows_as_one_process_does(workshop: Workshop, spec: Spec, data: Dataset) -> None:
    on_files = reading_windows(spec, 20)
    folder = workshop.folder()
    for _ in train_in_workers(in_workers(on_files), data, folder, {}, None):
        pass
    assert_same_curve(folder, workshop.train(on_files, data))
    assert not (folder / SHARDS).exists()


@pytest.mark.long  # once in three runs the new workers did not meet before `JOIN` was over
@pytest.mark.parametrize("window_rows", [27, 20], ids=["in memory", "on files"])
def test_two_workers_go_on_from_one_process_and_when_one_of_them_is_killed(
    workshop: Workshop, spec: Spec, data: Dataset, window_rows: int
) -> None:
    spec = reading_windows(spec, window_rows)
    folder, alone = workshop.folder(), workshop.train(spec, data)
    begun = train(spec, data, folder)
    for report in begun:
        if isinstance(report, EpochReport):
            break
    begun.close()
    reports = train_in_workers(in_workers(spec), data, folder, {}, None)
    first = next(reports)
    assert first.epoch == 2, "the first epoch is in the checkpoint"
    killed = workers_of_this_process()
    assert len(killed) == WORKERS
    killed[1].send_signal(signal.SIGKILL)
    with ThreadPoolExecutor(1) as pool:
        delayed = pool.submit(delay_the_second, killed)  # a busy machine starts one long after the other
        rest = [report.epoch for report in reports if isinstance(report, EpochReport)]
        delayed.result()
    assert rest[-1] == 3
    assert_same_curve(folder, alone)
    assert not any(worker.is_running() and worker.status() != psutil.STATUS_ZOMBIE for worker in killed)


def delay_the_second(before: list[psutil.Process]) -> None:
    """Hold back the second of the workers that come after some, until the first has looked for it."""
    while len(after := [worker for worker in workers_of_this_process() if worker not in before]) < WORKERS:
        time.sleep(0.01)
    after[1].suspend()
    time.sleep(20)
    after[1].resume()


def workers_of_this_process() -> list[psutil.Process]:
    found = [child for child in psutil.Process().children(recursive=True) if is_worker(child)]
    return sorted(found, key=lambda child: child.create_time())


def is_worker(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):  # or dead, and not yet buried
        return any("spawn_main" in part for part in process.cmdline())
    return False


@pytest.mark.slow
def test_torchrun_trains_the_same_net(
    workshop: Workshop, spec: Spec, data: Dataset, together: tuple[Path, Path]
) -> None:
    folder = workshop.folder()
    path = written(spec, folder)
    command = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "model.training")
    done = subprocess.run(
        [sys.executable, *command, str(path), str(data.folder), str(folder / "net")],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"},
        capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert [line[:10] for line in done.stdout.splitlines()] == ["epoch 1 of", "epoch 2 of", "epoch 3 of"]
    assert_same_curve(folder / "net", together[0])


def written(spec: Spec, folder: Path) -> Path:
    path = folder / "spec.yaml"
    path.write_text(yaml.safe_dump(spec.model_dump(mode="json", by_alias=True, exclude_unset=True), sort_keys=False))
    return path


def with_a_teacher(spec: Spec) -> Spec:
    raw = spec.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return Spec.model_validate(raw | {"distill": {"teachers": {"big": {"trunk": {"dim": 128}}}}})


def test_a_worker_of_torchrun_says_in_a_sentence_what_it_refuses(workshop: Workshop) -> None:
    for spec, rows, told in (
        (workshop.spec(balance={"kind": "rlw"}), "rows", "cannot be trained by several workers: balance.kind is rlw"),
        (workshop.spec(), "nothing", "nothing: no validated data set, nothing/dataset.json is missing"),
        (workshop.spec(start_from="champion", freeze="trunk"), "rows", "is champion (with train.freeze trunk)"),
        (with_a_teacher(workshop.spec()), "rows", "distill.teachers names big, which torchrun does not train"),
    ):
        path = written(spec, workshop.folder())
        done = subprocess.run(
            [sys.executable, "-m", "model.training", str(path), rows, "net"],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "WORLD_SIZE": "2", "RANK": "0"},
            capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        assert done.returncode == 2
        assert told in done.stderr and "Traceback" not in done.stderr


@pytest.fixture(scope="module")
def ray_here() -> Iterator[RayCluster]:
    """A Ray cluster of this machine."""
    if find_spec("ray") is None:
        pytest.skip("the extra `ray` is not installed")
    with ray_cluster() as cluster, pytest.MonkeyPatch.context() as patch:
        for name, value in cluster.environment.items():  # Ray reads them when it is first imported
            patch.setenv(name, value)
        yield cluster


@pytest.fixture
def on_ray(ray_here: RayCluster) -> TrainNet:
    """Train on a Ray cluster."""
    from model.training.on_ray import train_on_ray

    return partial(train_on_ray, ray_here.address)


@pytest.mark.long
@pytest.mark.timeout(1_800)
def test_ray_trains_the_same_net(workshop: Workshop, spec: Spec, data: Dataset, alone: Path, on_ray: TrainNet) -> None:
    folder = workshop.folder()
    told = list(on_ray(in_workers(spec), data, folder, {}, None))
    assert [report.epoch for report in told if isinstance(report, EpochReport)] == [1, 2, 3]
    assert sorted(path.name for path in folder.iterdir()) == sorted(path.name for path in alone.iterdir())
    assert_same_curve(folder, alone)
    theirs = load_file(alone / WEIGHTS)
    for name, ours in load_file(folder / WEIGHTS).items():
        torch.testing.assert_close(ours, theirs[name], rtol=0.02, atol=0.002, msg=lambda m, n=name: f"{n}: {m}")


@pytest.mark.long
@pytest.mark.timeout(1_800)
def test_workers_on_ray_go_on_from_one_process_and_when_one_of_them_is_killed(
    workshop: Workshop, spec: Spec, data: Dataset, alone: Path, on_ray: TrainNet, ray_here: RayCluster
) -> None:
    folder = workshop.folder()
    begun = train(spec, data, folder)
    for report in begun:
        if isinstance(report, EpochReport):
            break
    begun.close()
    reports = on_ray(in_workers(spec), data, folder, {}, None)
    first = next(reports)
    assert first.epoch == 2, "the first epoch is in the checkpoint"
    killed = ray_here.workers("TrainWorker")
    assert len(killed) == WORKERS
    killed[1].send_signal(signal.SIGKILL)
    rest = [report.epoch for report in reports if isinstance(report, EpochReport)]
    assert rest[-1] == 3
    assert_same_curve(folder, alone)
    assert not ray_here.workers("TrainWorker"), "they end with the training"


@pytest.mark.long
@pytest.mark.timeout(1_800)
def test_workers_on_ray_end_when_nobody_listens_any_more(
    workshop: Workshop, spec: Spec, data: Dataset, on_ray: TrainNet, ray_here: RayCluster
) -> None:
    endless = spec.model_copy(update={"train": spec.train.model_copy(update={"epochs": 1000, "patience": 1000})})
    reports = on_ray(in_workers(endless), data, workshop.folder(), {}, None)
    next(reports)
    assert len(ray_here.workers("TrainWorker")) == WORKERS
    reports.close()
    _, alive = psutil.wait_procs(ray_here.workers("TrainWorker"), timeout=60)
    assert not alive


@pytest.mark.parametrize(
    ("sections", "told"),
    [
        ({"balance": {"kind": "mgda"}}, "balance.kind is mgda, which needs every head's own gradient"),
        ({"balance": {"kind": "gradnorm"}}, "balance.kind is gradnorm"),
        ({"balance": {"kind": "rlw"}}, "random weights"),
        ({"sharing": {"kind": "adaptive"}}, "a tree of its own"),
        ({"moments": "per_head"}, "train.moments is per_head"),
        ({"probe_steps": 10}, "train.probe_steps measures"),
    ],
)
def test_what_workers_cannot_share_is_refused_with_the_reason(
    workshop: Workshop, sections: dict[str, Any], told: str
) -> None:
    with pytest.raises(SpecError) as error:
        workshop.spec(workers=2, **sections)
    assert "train.workers is 2, but " in str(error.value) and told in str(error.value)


def test_the_number_of_workers_is_no_part_of_the_key(workshop: Workshop) -> None:
    one, two = workshop.spec(), workshop.spec(workers=2)
    assert one.training_digest() == two.training_digest()
    assert "workers" not in json.dumps(one.model_dump(mode="json"))
