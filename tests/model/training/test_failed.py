from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from model.layers.encoder import load_pretrained
from model.training.failed import TrainingDiverged, unusual
from schemas.artifacts.vectors import VectorsInvalid, WordVectors, file_digest, load_vectors, save_vectors
from schemas.data.dataset import Dataset
from tests.model.conftest import HEADS

if TYPE_CHECKING:
    from tests.model.conftest import Workshop

HERE = Path(__file__).parents[2]
TOO_LARGE = """
import resource, sys
from pathlib import Path
from model.training.loop import train
from tests.model.conftest import Workshop
workshop = Workshop(Path(sys.argv[1]))
spec = workshop.spec(["intent", "slots"], {"width": 2048, "layers": 12}, batch_size=65_536)
dataset = workshop.dataset(spec)
used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 2**29, -1))
for _ in train(spec, dataset, workshop.folder()):
    pass
"""


def test_usual_settings_are_not_suspected(workshop: Workshop) -> None:
    assert list(unusual(workshop.spec(balance={"kind": "uncertainty"}))) == []


def test_the_largest_departure_from_what_is_usual_comes_first(workshop: Workshop) -> None:
    heads = {"intent": {"kind": "class", "weight": 5_000}, "slots": {"kind": "tag"}}
    spec = workshop.spec(heads, sharing={"kind": "sluice", "rate_factor": 1e4, "subspaces": 1}, learning_rate=1)
    assert list(unusual(spec)) == [
        "sharing.rate_factor (10000)",
        "train.learning_rate (1)",
        "heads.intent.weight (5000)",
    ]


def test_a_training_that_diverges_names_the_settings_and_says_what_to_try(workshop: Workshop) -> None:
    rows = workshop.rows()
    for row in rows:
        row["labels"] = {"urgency": 3e38 if row["labels"]["intent"] == "on" else -3e38}
    spec = workshop.spec({"urgency": HEADS["urgency"] | {"weight": 1e4}}, learning_rate=1, clip_norm=1e6)
    with pytest.raises(TrainingDiverged) as caught:
        workshop.train(spec, workshop.dataset(spec, rows))
    said = str(caught.value)
    assert caught.value.exit_code == 2
    assert said.startswith("epoch 1: the ")
    assert "lower train.clip_norm (1e+06), heads.urgency.weight (10000), train.learning_rate (1)" in said


def test_a_net_that_does_not_fit_is_told_with_its_sizes(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", TOO_LARGE, str(tmp_path)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(HERE), str(HERE / "deploy/edge/src")])},
        capture_output=True,
        text=True,
        timeout=300,
    )
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("model.training.failed.OutOfMemory: the memory is full"), done.stderr
    assert "trunk.width 2048" in last and "Lower train.batch_size" in last


@pytest.mark.parametrize("read", [file_digest, load_vectors, load_pretrained])
def test_vectors_that_are_no_file_are_refused_and_never_waited_for(tmp_path: Path, read) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, what in ((tmp_path / "pipe", "a named pipe"), (tmp_path, "a folder"), (Path("/dev/zero"), "a device")):
        with pytest.raises(VectorsInvalid, match=f"found {what}, expected a file"):
            read(path)


def test_vectors_narrower_than_the_embedding_are_refused(workshop: Workshop, dataset: Dataset, tmp_path: Path) -> None:
    save_vectors(tmp_path / "v", WordVectors(("lamp",), np.ones((1, 8), dtype=np.float32)))
    spec = workshop.spec(trunk={"vectors": str(tmp_path / "v")})
    with pytest.raises(VectorsInvalid, match=r"trunk\.embedding_width is 16, but the vectors of .* have 8 dimensions"):
        workshop.train(spec, dataset)


@pytest.mark.parametrize("matrix", [[[np.nan]], [[np.inf]], [1.0]])
def test_vectors_that_are_no_matrix_of_numbers_are_refused(tmp_path: Path, matrix: list[float]) -> None:
    save_vectors(tmp_path / "v", WordVectors(("lamp",), np.asarray(matrix, dtype=np.float32)))
    with pytest.raises(VectorsInvalid, match="expected finite ones"):
        load_vectors(tmp_path / "v")
