from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import onnx
import polars as pl
import pytest

from deploy.edge.tests.tiny_bundle import (
    FEATURIZER,
    HEADS,
    IR_VERSION,
    OPSET,
    TRUNK_ID,
    VOCABULARY,
    Recipe,
    TinyHead,
    head_model,
    trunk_model,
)
from model.export.quantise import quantise_embeddings, quantise_trunk
from schemas.artifacts.graphs import VOCABULARY as VOCABULARY_FILE
from schemas.artifacts.graphs import GraphFile, Graphs
from schemas.data.contract import LABEL_DTYPES
from schemas.data.dataset import Dataset, rows_file
from schemas.data.heads import HeadPlan
from schemas.spec.load import parse_spec
from schemas.spec.product import Spec
from trunkline_edge.understanding.session import Runtime, open_folder

Row = tuple[str, dict[str, Any]]


def span(start: int, end: int, label: str) -> dict[str, Any]:
    return {"start": start, "end": end, "label": label}


ROWS: tuple[Row, ...] = (
    ("turn on the lamp", {"intent": "turn_on", "domain": "home", "slots": [span(12, 16, "device")], "topics": []}),
    ("fan off please", {"intent": "turn_off", "slots": [span(0, 3, "device")], "topics": ["polite"], "urgency": 1.75}),
    ("on in the guest room", {"intent": "turn_on", "domain": "home", "slots": [span(10, 20, "room")]}),
    ("rain tomorrow?", {"intent": "weather", "domain": "sky", "slots": [], "topics": ["outside"], "urgency": 1.5}),
    ("off", {"intent": "turn_off", "urgency": 2.0}),
)
"""What the tiny bundle gets right, with labels of some heads on some rows."""


class Bench:
    """A place to put graphs, rows and specs together by hand."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def frame(self, rows: Sequence[Row] = ROWS, kinds: Mapping[str, str] | None = None) -> pl.DataFrame:
        """Return rows as a data set has them; `kinds` are those heads that are labelled at all."""
        dtypes = {
            name: LABEL_DTYPES[kind] for name, kind in (kinds or {head.name: head.kind for head in HEADS}).items()
        }
        labels = [{name: labels.get(name) for name in dtypes} for _, labels in rows]
        return pl.DataFrame(
            {"text": [text for text, _ in rows], "lang": ["de"] * len(rows), "labels": labels},
            schema={"text": pl.String(), "lang": pl.String(), "labels": pl.Struct(dtypes)},
        )

    def dataset(self, rows: Sequence[Row] = ROWS, split: str = "valid") -> Dataset:
        """Write a data set of one split."""
        folder = self.home / "dataset"
        path = rows_file(folder, split)
        path.parent.mkdir(parents=True, exist_ok=True)
        self.frame(rows).write_parquet(path)
        dataset = Dataset("d" * 64, folder, {split: len(rows)}, {head.name: head.labels for head in HEADS}, {}, {}, ())
        dataset.save()
        return dataset

    def graphs(
        self, *, int8: str = "good", even: bool = False, mixed: bool = False, heads: tuple[TinyHead, ...] = HEADS
    ) -> Graphs:
        """Write an export by hand. `int8`: good; broken, which loads and answers wrongly; or none."""
        folder = self.home / "graphs"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "trunk.onnx").write_bytes(trunk_model().SerializeToString())
        if int8 == "good":
            quantise_trunk(onnx.load(folder / "trunk.onnx"), folder / "trunk.int8.onnx")
        elif int8 == "broken":
            (folder / "trunk.int8.onnx").write_bytes(trunk_model(-1.0).SerializeToString())
        if even:
            quantise_trunk(onnx.load(folder / "trunk.onnx"), folder / "trunk.even.onnx")
        if mixed:
            quantise_embeddings(folder / "trunk.onnx", folder / "trunk.mixed.onnx")
        small = (
            None if int8 == "none" else "trunk.int8.onnx",
            "trunk.even.onnx" if even else None,
            "trunk.mixed.onnx" if mixed else None,
        )
        files = [GraphFile("trunk", "trunk", ("ids",), ("hidden",), "trunk.onnx", 0.0, *small)]
        for head in heads:
            (folder / head.file).write_bytes(head_model(head).SerializeToString())
            inputs = ("hidden",) if head.kind == "tag" else ("hidden", "mask")
            files.append(GraphFile(head.name, "head", inputs, (f"{head.name}.logits",), head.file, 0.0))
        (folder / VOCABULARY_FILE).write_bytes("\n".join(VOCABULARY).encode())
        graphs = Graphs(
            folder=folder,
            graphs=tuple(files),
            heads=tuple(HeadPlan(head.name, head.kind, head.labels, 1.0, False) for head in heads),
            trunk_id=TRUNK_ID,
            featurizer=FEATURIZER,
            opset=OPSET,
            ir_version=IR_VERSION,
        )
        graphs.save()
        return graphs

    def spec(self, **sections: Any) -> Spec:
        """Return a spec of the tiny heads."""
        heads = {head.name: {"kind": head.kind} for head in HEADS}
        return parse_spec({"name": "tiny", "data": [{"path": "rows.jsonl"}], "heads": heads, **sections})

    def bundle(self, recipe: Recipe) -> Path:
        """Write a bundle by hand, each in a folder of its own."""
        folder = self.home / f"bundle-{len(list(self.home.glob('bundle-*')))}"
        recipe.write(folder)
        return folder

    def runtime(self, *heads: TinyHead) -> Runtime:
        """Open a bundle of these heads."""
        return open_folder(self.bundle(Recipe(heads=heads or HEADS)))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)
