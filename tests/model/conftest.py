from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from model.data.batches import Batch, Encoded, encode
from model.export.graphs import export_graphs
from model.layers.encoder import HEAD_WIDTH, AttentionLayer, Pretrained, save_pretrained
from model.net import Net
from model.training.finished import load_net, read_history
from model.training.loop import train
from model.training.reports import EpochReport, StepReport
from model.training.start import fit_featurizer
from schemas.artifacts.graphs import Graphs
from schemas.data.dataset import Dataset
from schemas.data.heads import HeadPlan, plan_heads
from schemas.data.validate import validate
from schemas.spec.load import parse_spec
from schemas.spec.product import Spec
from trunkline_edge.understanding.featurizer import Featurizer

HEADS: dict[str, dict[str, Any]] = {
    "intent": {"kind": "class"},
    "slots": {"kind": "tag"},
    "topics": {"kind": "multilabel"},
    "urgency": {"kind": "score"},
    "next_word": {"kind": "next_word", "auxiliary": True, "weight": 0.1},
}
TRUNK: dict[str, Any] = {
    "embedding_width": 16,
    "width": 16,
    "layers": 2,
    "dropout": 0.0,
    "word_dropout": 0.0,
    "featurizer": {"buckets": 64, "max_features": 8, "max_words": 12},
}
TRAIN: dict[str, Any] = {"epochs": 3, "batch_size": 4, "learning_rate": 0.02, "device": "cpu", "precision": "fp32"}

INTENTS = {"on": "turn on the", "off": "switch off the", "ask": "tell me about the"}
ROOMS = {"kitchen": 10.0, "hall": 50.0, "attic": 90.0, "cellar": 30.0}
THINGS = {"lamp": ["light"], "heater": ["climate", "power"], "fan": []}
BEFORE, AFTER = ("", "please ", "hey you now "), ("", " thanks")


def corpus_rows() -> list[dict[str, Any]]:
    """Return 36 rows of four to eleven words, every label of which can be read off the words; each fourth is valid."""
    rows = []
    for intent, words in INTENTS.items():
        for room, urgency in ROOMS.items():
            for thing, topics in THINGS.items():
                number = len(rows)
                text = f"{BEFORE[number % 3]}{words} {thing} in the {room}{AFTER[number % 2]}"
                spans = [
                    {"start": text.index(word), "end": text.index(word) + len(word), "label": label}
                    for word, label in ((thing, "thing"), (room, "room"))
                ]
                labels = {"intent": intent, "slots": spans, "topics": topics, "urgency": urgency}
                rows.append({"text": text, "split": "valid" if number % 4 == 3 else "train", "labels": labels})
    return rows


class Workshop:
    """A place to make tiny specs, data sets and nets; every folder is fresh."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def folder(self) -> Path:
        """Return a new, empty folder."""
        return Path(mkdtemp(dir=self.home))

    def rows(self) -> list[dict[str, Any]]:
        """Return the corpus, to be changed at will."""
        return corpus_rows()

    def spec(
        self,
        heads: dict[str, dict[str, Any]] | Iterable[str] = HEADS,
        trunk: dict[str, Any] | None = None,
        sharing: dict[str, Any] | None = None,
        balance: dict[str, Any] | None = None,
        **train: Any,
    ) -> Spec:
        """Return a tiny spec; `heads` may be names of the corpus' heads, `train` are settings of the loop."""
        wanted = heads if isinstance(heads, dict) else {name: HEADS[name] for name in heads}
        return parse_spec(
            {
                "name": "tiny",
                "data": [{"path": "rows.jsonl"}],
                "heads": wanted,
                "trunk": {**TRUNK, **(trunk or {})},
                "sharing": sharing or {"kind": "hard"},
                "balance": balance or {"kind": "equal"},
                "train": {**TRAIN, **train},
                "validate": {"max_reject_share": 1},
            }
        )

    def dataset(self, spec: Spec, rows: list[dict[str, Any]] | None = None) -> Dataset:
        """Validate rows, the corpus by default, for the heads of a spec."""
        path = self.folder() / "rows.jsonl"
        known = self.rows() if rows is None else rows
        path.write_text("".join(json.dumps(_only(row, spec)) + "\n" for row in known), encoding="utf-8")
        raw = spec.model_dump(mode="json", by_alias=True) | {"data": [{"path": str(path)}]}
        outcome = validate(parse_spec(raw), cache=self.folder(), quarantine=self.folder(), scratch=self.folder())
        assert outcome.dataset is not None, outcome.refused
        assert outcome.quarantined == 0, outcome.reasons
        return outcome.dataset

    def encoded(self, spec: Spec, dataset: Dataset, split: str = "train") -> tuple[Encoded, Featurizer]:
        """Read a split as the training loop does."""
        featurizer = fit_featurizer(dataset, spec.trunk, None)
        return encode(dataset, split, featurizer, plan_heads(spec, dataset)), featurizer

    def net(self, spec: Spec, dataset: Dataset, *, seed: int = 0, plans: tuple[HeadPlan, ...] | None = None) -> Net:
        """Build an untrained net."""
        torch.manual_seed(seed)
        return Net(spec, plans or plan_heads(spec, dataset), fit_featurizer(dataset, spec.trunk, None).size)

    def train(self, spec: Spec, dataset: Dataset, folder: Path | None = None) -> Path:
        """Train to the end and return the folder."""
        folder = folder or self.folder()
        for _ in train(spec, dataset, folder):
            pass
        return folder

    def weights(self, spec: Spec, folder: Path) -> dict[str, Tensor]:
        """Return the weights of a finished training."""
        return load_net(spec, folder)[0].state_dict()

    def history(self, folder: Path) -> list[dict[str, Any]]:
        """Return the epochs of a finished training without what the clock decides."""
        clock = ("seconds", "utterances_per_s")
        return [{k: v for k, v in vars(epoch).items() if k not in clock} for epoch in read_history(folder)]

    def stop_after(self, reports: int, run: Iterator[StepReport | EpochReport]) -> StepReport | EpochReport:
        """Take so many reports of a training, then drop it."""
        report = next(run)
        for _ in range(reports - 1):
            report = next(run)
        run.close()
        return report

    def train_in_two(self, spec: Spec, dataset: Dataset, reports: int) -> Path:
        """Train, dropped after so many reports and then taken up again; returns the folder."""
        folder = self.folder()
        self.stop_after(reports, train(spec, dataset, folder))
        return self.train(spec, dataset, folder)

    def encoder(self, width: int = 32, layers: int = 2) -> dict[str, Any]:
        """Return the trunk of an encoder that starts from a file of random weights, which is written here."""
        torch.manual_seed(7)
        pieces = {piece: row for row, piece in enumerate(("[CLS]", "[SEP]", "[UNK]", *ROOMS, *THINGS))}
        tensors = {"pieces": torch.randn(len(pieces), width), "positions": 0.1 * torch.randn(16, width)}
        tensors |= {"norm.weight": torch.ones(width), "norm.bias": torch.zeros(width)}
        for number in range(layers):
            layer = AttentionLayer(width, max(1, width // HEAD_WIDTH), 0.0, 4 * width).state_dict()
            tensors |= {f"layers.{number}.{name}": tensor for name, tensor in layer.items()}
        path = self.folder() / "encoder.safetensors"
        save_pretrained(path, Pretrained(pieces, tensors))
        return {"kind": "encoder", "pretrained": str(path), "width": width, "layers": layers}

    def random_batch(self, featurizer: Featurizer, lengths: list[int], seed: int = 0) -> Batch:
        """Return utterances of random ids with the given numbers of words."""
        rng = np.random.default_rng(seed)
        mask = np.arange(max(lengths)) < np.asarray(lengths)[:, np.newaxis]
        ids = rng.integers(1, featurizer.size, (*mask.shape, featurizer.config.max_features)) * mask[..., np.newaxis]
        return Batch(np.arange(len(lengths)), torch.from_numpy(ids), torch.from_numpy(mask), {})


def _only(row: dict[str, Any], spec: Spec) -> dict[str, Any]:
    """Return the row with labels of the spec's heads alone."""
    return {**row, "labels": {head: label for head, label in row["labels"].items() if head in spec.heads}}


class Finished:
    """One finished training of all kinds of head, and its export."""

    def __init__(self, workshop: Workshop) -> None:
        self.spec = workshop.spec(epochs=12)
        self.dataset = workshop.dataset(self.spec)
        self.folder = workshop.train(self.spec, self.dataset)
        self.net, self.featurizer = load_net(self.spec, self.folder)


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    """Nets this small are slower on more threads."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="session")
def spec(workshop: Workshop) -> Spec:
    """All kinds of head."""
    return workshop.spec()


@pytest.fixture(scope="session")
def dataset(workshop: Workshop, spec: Spec) -> Dataset:
    """The corpus with labels of all heads."""
    return workshop.dataset(spec)


@pytest.fixture(scope="session")
def finished(workshop: Workshop) -> Finished:
    """A net that has learned the corpus; read it, never change it."""
    return Finished(workshop)


@pytest.fixture(scope="session")
def graphs(workshop: Workshop, finished: Finished) -> Graphs:
    """The export of `finished`: one a session, as it takes seconds."""
    return export_graphs(finished.folder, finished.dataset, finished.spec, workshop.folder())
