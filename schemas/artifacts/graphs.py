"""What an export hands to a bundle: graph files, their wiring, and what was proved of them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter

from schemas.data.heads import HeadPlan
from trunkline_edge.bundle.files import write_atomic
from trunkline_edge.bundle.manifest import FeaturizerConfig

INDEX = "graphs.json"
VOCABULARY = "vocabulary.txt"
HARD = "hard"
"""Folder inside an export: the same product under hard sharing, untrained, to measure what the sharing costs."""


@dataclass(frozen=True)
class GraphFile:
    """One exported graph in each precision, as file names inside the export's folder."""

    name: str
    role: Literal["trunk", "head"]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    fp32: str
    parity: float
    """Greatest absolute difference between torch and onnxruntime at fp32 over all parity inputs."""
    int8: str | None = None
    """None where there is nothing worth quantising."""
    even: str | None = None
    """int8 too, after what an encoder's matrices multiply was brought to one size; None where it is no encoder."""
    mixed: str | None = None
    """Embeddings in int8, matrices in fp32; None where there are none."""


@dataclass(frozen=True)
class Graphs:
    """One export. The folder also holds the vocabulary."""

    folder: Path
    graphs: tuple[GraphFile, ...]
    """In running order."""
    heads: tuple[HeadPlan, ...]
    """The main heads; logits of head `h` are the tensor `h.logits`."""
    trunk_id: str
    featurizer: FeaturizerConfig
    opset: int
    ir_version: int

    @property
    def hard(self) -> Graphs | None:
        """The hard-shared net to compare costs with; None when this is hard sharing itself."""
        folder = self.folder / HARD
        return Graphs.load(folder) if folder.exists() else None

    def save(self) -> None:
        """Write the index; written last, so a folder with an index is whole."""
        value = asdict(self) | {"folder": None}
        write_atomic(self.folder / INDEX, json.dumps(value, indent=1, ensure_ascii=False).encode())

    @classmethod
    def load(cls, folder: Path) -> Graphs:
        """Read the index of an export's folder."""
        value = json.loads((folder / INDEX).read_bytes())
        return TypeAdapter(Graphs).validate_python({**value, "folder": folder})
