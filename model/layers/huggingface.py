"""Encoders of BERT's form out of a folder as Hugging Face's libraries write it, without these libraries.

Three files are read: `config.json` (sizes), `model.safetensors` (weights) and `tokenizer.json` (pieces). BERT, MiniLM
and E5 have this form under the model type `bert`, XLM-RoBERTa and multilingual E5 under `xlm-roberta`, MPNet under
`mpnet`. Weights in PyTorch's own files are pickles, which run code when they are read: they are refused.
"""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from model.layers.encoder import MOST_DISTANCE, Pretrained
from schemas.artifacts.vectors import ENCODER_FILES, VectorsInvalid, require_file

CONFIG, WEIGHTS, TOKENIZER = ENCODER_FILES
FIRST_POSITION = {"bert": 0, "xlm-roberta": 2, "mpnet": 2}
"""Model type -> the row of the position table that a text begins with; RoBERTa's numbers begin after its padding's."""
MOST_BYTES = {CONFIG: 1_000_000, TOKENIZER: 64_000_000, WEIGHTS: 4_000_000_000}
_LAYER = {
    "mix": "attention.output.dense",
    "mixed_norm": "attention.output.LayerNorm",
    "widen": "intermediate.dense",
    "narrow": "output.dense",
    "norm": "output.LayerNorm",
}
"""Our name of a layer's part -> the model's."""
_PREFIX = re.compile(r"^(bert|roberta|mpnet)\.")
_MPNET = {
    ".attention.attn.q.": ".attention.self.query.",
    ".attention.attn.k.": ".attention.self.key.",
    ".attention.attn.v.": ".attention.self.value.",
    ".attention.attn.o.": ".attention.output.dense.",
    ".attention.LayerNorm.": ".attention.output.LayerNorm.",
}
"""MPNet's name of a part -> BERT's."""
_DISTANCES = "encoder.relative_attention_bias.weight"


def read_folder(folder: Path) -> Pretrained:
    """Read an encoder; raises `VectorsInvalid` that names the file and what it has that this code does not know."""
    config = _json(folder / CONFIG)
    kind, act = config.get("model_type"), config.get("hidden_act", "gelu")
    if kind not in FIRST_POSITION:
        raise _invalid(folder / CONFIG, f"model_type is {kind!r}, expected one of {', '.join(FIRST_POSITION)}")
    if act != "gelu" or config.get("position_embedding_type", "absolute") != "absolute":
        raise _invalid(folder / CONFIG, f"hidden_act is {act!r}, or its positions are relative; expected BERT's own")
    pieces, marks, scores = _pieces(folder / TOKENIZER)
    tensors = _named(folder, FIRST_POSITION[kind])
    for name, part in (("hidden_size", "norm.bias"), ("intermediate_size", "layers.0.widen.bias")):
        if config.get(name) != len(tensors[part]):
            raise _invalid(folder / CONFIG, f"{name} is {config.get(name)}; its weights have {len(tensors[part])}")
    if len(tensors["pieces"]) < len(pieces):
        found = f"has {len(tensors['pieces'])} rows of word embeddings"
        raise _invalid(folder / WEIGHTS, f"{found}, and {TOKENIZER} has {len(pieces)} pieces")
    return Pretrained(pieces, tensors, marks, scores, config.get("num_attention_heads"))


def named(weights: dict[str, Tensor], first_position: int = 0) -> dict[str, Tensor]:
    """Return a model's tensors under the names that `model.layers.encoder` gives them; `KeyError`: one is missing."""
    positions = weights["embeddings.position_embeddings.weight"][first_position:]
    tensors = {"pieces": weights["embeddings.word_embeddings.weight"], "positions": positions}
    if _DISTANCES in weights:  # MPNet, whose texts are of one kind
        tensors["distances"] = weights[_DISTANCES][_buckets(len(weights[_DISTANCES]))]
    else:
        tensors["positions"] = positions + weights["embeddings.token_type_embeddings.weight"][0]
    layers = sum(name.endswith(".attention.self.query.weight") for name in weights)
    for part in ("weight", "bias"):
        tensors[f"norm.{part}"] = weights[f"embeddings.LayerNorm.{part}"]
        for layer in range(layers):
            ours, theirs = f"layers.{layer}", f"encoder.layer.{layer}"
            attention = [weights[f"{theirs}.attention.self.{name}.{part}"] for name in ("query", "key", "value")]
            tensors[f"{ours}.attention.{part}"] = torch.cat(attention)
            for name, source in _LAYER.items():
                tensors[f"{ours}.{name}.{part}"] = weights[f"{theirs}.{source}.{part}"]
    return tensors


def _buckets(count: int) -> Tensor:
    """Return the row of MPNet's table for each distance that `EncoderTrunk.distances` has (T5's, arXiv 1910.10683).

    Half of the `count` rows are for places before: near ones have a row each, farther ones share rows whose width grows
    as the distance does.
    """
    half, near = count // 2, count // 4
    apart = torch.arange(-MOST_DISTANCE, MOST_DISTANCE + 1)
    far = apart.abs().clamp(min=1)
    shared = near + ((far / near).log() / math.log(MOST_DISTANCE / near) * (half - near)).long()
    rows = torch.where(far < near, apart.abs(), shared.clamp(max=half - 1))
    return rows + half * (apart > 0)


def _named(folder: Path, first_position: int) -> dict[str, Tensor]:
    path = folder / WEIGHTS
    if not path.exists() and (pickles := sorted(folder.glob("*.bin"))):
        raise _invalid(path, f"missing; {pickles[0].name} is a pickle, which could run code: save it as safetensors")
    _check_size(path)
    try:
        weights = {_bert_name(name): tensor.float() for name, tensor in load_file(path).items()}
        return named(weights, first_position)
    except (SafetensorError, OSError, KeyError, IndexError, RuntimeError) as error:
        raise _invalid(path, f"no weights of BERT's form ({error})") from None


def _bert_name(name: str) -> str:
    for theirs, berts in _MPNET.items():
        name = name.replace(theirs, berts)
    return _PREFIX.sub("", name)


def _pieces(path: Path) -> tuple[dict[str, int], tuple[str, str, str], tuple[float, ...] | None]:
    """Return pieces with their rows, the marks that begin and end a text and stand for the unknown, and scores."""
    file = _json(path)
    try:
        model, marks = file["model"], _ends(file["post_processor"])
        match model["type"]:
            case "WordPiece":
                vocabulary = {str(piece): int(row) for piece, row in model["vocab"].items()}
                return vocabulary, (*marks, model["unk_token"]), None
            case "Unigram":
                names = [str(piece) for piece, _ in model["vocab"]]
                scores = tuple(float(score) for _, score in model["vocab"])
                return {name: row for row, name in enumerate(names)}, (*marks, names[model["unk_id"]]), scores
            case other:
                raise _invalid(path, f"its model is {other}, expected WordPiece or Unigram")
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise _invalid(path, f"no tokenizer of BERT's form ({type(error).__name__}: {error})") from None


def _ends(processor: dict[str, Any]) -> tuple[str, str]:
    """Return what is put before and after a text."""
    if processor["type"] == "TemplateProcessing":
        first, *_, last = processor["single"]
        return first["SpecialToken"]["id"], last["SpecialToken"]["id"]
    return processor["cls"][0], processor["sep"][0]


def _json(path: Path) -> dict[str, Any]:
    _check_size(path)
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise _invalid(path, f"not readable as JSON ({error})") from None
    if not isinstance(value, dict):
        raise _invalid(path, "no JSON object")
    return value


def _check_size(path: Path) -> None:
    require_file(path)
    try:
        size = path.stat().st_size
    except OSError as error:
        raise _invalid(path, error.strerror or str(error)) from None
    if size > MOST_BYTES[path.name]:
        raise _invalid(path, f"{size:,} bytes, more than {MOST_BYTES[path.name]:,}")


def _invalid(path: Path, what: str) -> VectorsInvalid:
    return VectorsInvalid(f"{path}: {what}; `trunk.pretrained` takes a folder of {CONFIG}, {WEIGHTS} and {TOKENIZER}")
