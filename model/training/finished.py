"""What a finished training leaves in its folder, and how it is read again."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from pydantic import TypeAdapter

from model.net import Net
from model.training.checkpoint import load_tensors
from model.training.reports import EpochReport
from schemas.artifacts.graphs import VOCABULARY
from schemas.data.heads import HeadPlan
from schemas.evaluation.matrix import Table
from schemas.spec.product import Spec
from trunkline_edge.bundle.manifest import FeaturizerConfig
from trunkline_edge.understanding.featurizer import Featurizer

WEIGHTS, INDEX, HISTORY, TABLES = "net.safetensors", "net.json", "history.json", "tables.json"
"""`INDEX` is written last: a folder that has it is done."""


def digest_of(folder: Path) -> str:
    """Return the sha256 of a finished training's net: its weights, how it reads a text, and what its heads answer."""
    index = json.loads((folder / INDEX).read_bytes())
    total = hashlib.sha256(json.dumps([index["featurizer"], index["heads"]]).encode())
    for file in (WEIGHTS, VOCABULARY):
        total.update(hashlib.sha256((folder / file).read_bytes()).digest())
    return total.hexdigest()


def read_history(folder: Path) -> list[EpochReport]:
    """Return the epochs of a finished training."""
    return TypeAdapter(list[EpochReport]).validate_python(json.loads((folder / HISTORY).read_bytes()))


def read_tables(folder: Path) -> list[Table]:
    """Return what sharing and prior learned, at the epoch whose weights were kept, and how heads related all along."""
    return TypeAdapter(list[Table]).validate_python(json.loads((folder / TABLES).read_bytes()))


def read_form(folder: Path) -> tuple[tuple[HeadPlan, ...], Featurizer]:
    """Return the heads and the featurizer of a finished training."""
    index = json.loads((folder / INDEX).read_bytes())
    vocabulary = (folder / VOCABULARY).read_text(encoding="utf-8").split("\n")
    featurizer = Featurizer(FeaturizerConfig.from_json(index["featurizer"]), [word for word in vocabulary if word])
    return TypeAdapter(tuple[HeadPlan, ...]).validate_python(index["heads"]), featurizer


def load_net(spec: Spec, folder: Path) -> tuple[Net, Featurizer]:
    """Rebuild a trained net and its featurizer from a finished training's folder, on the CPU and in eval mode."""
    plans, featurizer = read_form(folder)
    net = Net(spec, plans, featurizer.size)
    net.load_state_dict(load_tensors(folder / WEIGHTS)[0])
    return net.eval(), featurizer
